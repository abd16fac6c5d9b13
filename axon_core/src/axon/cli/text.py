"""Stored text on a screen: it must neither steer the terminal nor break a line of a table."""

from __future__ import annotations

import re

# Control characters, and those that turn the direction of writing, which can make text read as another.
_STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE = re.compile(r"[\s\x85\u2028\u2029]+")


def visible(text: str) -> str:
    """``text`` on one line, every run of white space one blank, control characters as escapes."""
    return legible(_SPACE.sub(" ", text).strip())


def legible(text: str) -> str:
    """``text`` with its lines, control characters as escapes."""
    return _STEERING.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def shortened(text: str, length: int) -> str:
    """``text`` if it has at most ``length`` characters, else its beginning and an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
