"""A part of the text index: postings of up to some thousands of entries, written in order."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from axon.ranking import bm25

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FREQUENCY_BITS = 8
_MOST_OFTEN = 2**_FREQUENCY_BITS - 1


class Weights(NamedTuple):
    """How much each term of a query weighs: the idfs of its words, and of the tags that it meets."""

    words: dict[str, float]
    tags: dict[str, float]

    @property
    def whole(self) -> float:
        """What a text would score that holds all of it."""
        return sum(self.words.values()) + sum(self.tags.values())


def tag_term(tag: str) -> str:
    """The term of a tag, which is none of a word."""
    return f"\0{tag}"


class Segment:
    """Entries have slots, which grow; a posting is ``slot * 256 + frequency`` in an array a term.

    Numpy reads the arrays in expressions only: an array of which a variable holds a view cannot grow, and a profiler or
    a traceback may keep the variables of a call.

    A removed entry leaves its postings behind and is masked when slots are read; a segment with no
    entries left is thrown away whole.
    """

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.live = 0
        self._moved = 0
        self._alive = bytearray()
        self._lengths = array("I")
        self._created = array("d")
        self._postings: dict[str, array[int]] = _Postings()
        self._removed: Counter[str] = Counter()

    @property
    def places(self) -> int:
        """How many places are taken, also by what is masked: slots, postings and the terms of what was removed."""
        return len(self.ids) + sum(map(len, self._postings.values())) + len(self._removed)

    def add(self, entry_id: str, words: list[str], tags: Iterable[str], created: float) -> int:
        """Append an entry; its slot."""
        slot = len(self.ids)
        self.ids.append(entry_id)
        self.live += 1
        self._alive.append(1)
        self._lengths.append(len(words))
        self._created.append(created)
        base = slot << _FREQUENCY_BITS
        entry_postings: dict[str, int] = {}
        so_far = entry_postings.get
        for word in words:  # a plain loop: it beats Counter on texts of some dozen words
            entry_postings[word] = so_far(word, base) + 1
        if len(words) > _MOST_OFTEN:
            entry_postings = {term: min(posting, base + _MOST_OFTEN) for term, posting in entry_postings.items()}
        postings = self._postings
        for term, posting in entry_postings.items():
            postings[term].append(posting)
        for tag in tags:
            postings[tag_term(tag)].append(base + 1)
        return slot

    def remove(self, slot: int, words: Iterable[str], tags: Iterable[str]) -> None:
        """Mask the entry in ``slot``, which was added with ``words`` and ``tags``."""
        self._alive[slot] = 0
        self.live -= 1
        self._removed.update({*words, *map(tag_term, tags)})

    def next_slots(self, count: int) -> range:
        """The slots after those of the last call: what is to be moved next."""
        start = self._moved
        self._moved = min(start + count, len(self.ids))
        return range(start, self._moved)

    def is_alive(self, slot: int) -> bool:
        """Whether the entry in ``slot`` is still there."""
        return bool(self._alive[slot])

    def length(self, slot: int) -> int:
        """How many words the entry in ``slot`` has."""
        return self._lengths[slot]

    def frequency(self, term: str) -> int:
        """How many entries hold ``term``."""
        postings = self._postings.get(term)
        return len(postings) - self._removed[term] if postings else 0

    def score_slot(self, slot: int, weights: Weights, average_length: float) -> float:
        """The score of one entry, as :meth:`scores` gives those of all."""
        score = 0.0
        for word, weight in weights.words.items():
            if frequency := self._frequency_in(slot, word):
                score += weight * bm25.saturation(frequency, self._lengths[slot], average_length)
        for tag, weight in weights.tags.items():
            if self._frequency_in(slot, tag_term(tag)):
                score += weight * bm25.TAG_WEIGHT
        return score

    def scores(self, weights: Weights, average_length: float) -> NDArray[np.float64]:
        """Of all slots: BM25 by words, and what their tags weigh; 0 for those that hold no term or are masked."""
        scores = np.zeros(len(self.ids))
        for word, weight in weights.words.items():
            if postings := self._postings.get(word):
                slots = np.frombuffer(postings, np.uint32) >> _FREQUENCY_BITS
                frequencies = np.frombuffer(postings, np.uint32) & _MOST_OFTEN
                lengths = np.frombuffer(self._lengths, np.uint32)[slots]
                scores[slots] += weight * bm25.saturation(frequencies, lengths, average_length)
        for tag, weight in weights.tags.items():
            if postings := self._postings.get(tag_term(tag)):
                scores[np.frombuffer(postings, np.uint32) >> _FREQUENCY_BITS] += weight * bm25.TAG_WEIGHT
        scores *= np.frombuffer(self._alive, np.uint8)
        return scores

    def created(self, slots: Any) -> NDArray[np.float64]:
        """When the entries in ``slots`` were created, in seconds."""
        created: NDArray[np.float64] = np.frombuffer(self._created, np.float64)[slots]
        return created

    def _frequency_in(self, slot: int, term: str) -> int:
        postings = self._postings.get(term)
        if postings:
            base = slot << _FREQUENCY_BITS
            position = bisect_left(postings, base)
            if position < len(postings) and postings[position] >> _FREQUENCY_BITS == slot:
                frequency: int = postings[position] & _MOST_OFTEN
                return frequency
        return 0


class _Postings(dict[str, "array[int]"]):
    """Term to postings; an unknown term gets empty ones when it is written to."""

    def __missing__(self, term: str) -> array[int]:
        self[term] = postings = array("I")
        return postings
