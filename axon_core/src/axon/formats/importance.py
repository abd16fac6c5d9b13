"""How much a turn of a conversation matters, guessed from its words alone."""

from __future__ import annotations

import re

DOCUMENT = 0.8
"""Documents are written to be kept: above every turn."""

_HIGHEST_TURN = 0.79
_SMALL_TALK = 6
_LONG = 25

_NUMBER = re.compile(r"\d")
_DATE = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}[:.]\d\d\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    r"|\b(?:january|february|march|april|june|july|august|september|october|november|december)\b"
    r"|\b(?:\d{1,2}(?:st|nd|rd|th)?|in|early|late) may\b|\bmay \d",
    re.IGNORECASE,
)
# A capital letter in the middle of a sentence, but not the English "I".
_NAME = re.compile(r"(?<=[\w,;:)] )(?!I\b)[A-Z\u00c0-\u00de][\w\u2019'-]*")
_DECISION = re.compile(
    r"\b(?:agree[ds]?|allerg\w+|always|book(?:ed|ing)|bought|call(?:ed|s)?|cancel\w*|chose|chosen|confirm\w*"
    r"|deadline|decid\w+|decision|favou?rite|final\w*|hate[sd]?|instead|moved?|must|name[ds]?|never|order(?:ed|s)?"
    r"|paid|picked|plan(?:ned|s)?|prefer\w*|promis\w+|remember|sign(?:ed|s)?|switch\w*|vegan|vegetarian"
    r"|we.?ll go with|we.?re going with)\b",
    re.IGNORECASE,
)


def importance(text: str) -> float:
    """0.1 to 0.79 for a turn with this text.

    A turn starts at 0.1. Length adds up to 0.2, reached at 25 words. A number adds 0.15, a date or a time
    0.1, a name 0.15, a word of decision or of lasting preference (booked, agreed, allergic, prefer) 0.25.
    Fewer than six words with none of these are small talk and stay at 0.1. The words are English.
    """
    length = len(text.split())
    facts = (
        0.15 * bool(_NUMBER.search(text))
        + 0.1 * bool(_DATE.search(text))
        + 0.15 * bool(_NAME.search(text))
        + 0.25 * bool(_DECISION.search(text))
    )
    if length < _SMALL_TALK and not facts:
        return 0.1
    return round(min(0.1 + 0.2 * min(length / _LONG, 1.0) + facts, _HIGHEST_TURN), 3)
