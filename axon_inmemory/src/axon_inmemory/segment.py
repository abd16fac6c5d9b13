"""A part of the word index: postings of up to some thousands of entries, written in order."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from axon.ranking import bm25

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FREQUENCY_BITS = 8
_MOST_OFTEN = 2**_FREQUENCY_BITS - 1


class Segment:
    """Entries have slots, which grow; a posting is ``slot * 256 + frequency`` in an array a term.

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

    def add(self, entry_id: str, terms: list[str], created: float) -> int:
        """Append an entry; its slot."""
        slot = len(self.ids)
        self.ids.append(entry_id)
        self.live += 1
        self._alive.append(1)
        self._lengths.append(len(terms))
        self._created.append(created)
        base = slot << _FREQUENCY_BITS
        entry_postings: dict[str, int] = {}
        so_far = entry_postings.get
        for term in terms:  # a plain loop: it beats Counter on texts of some dozen words
            entry_postings[term] = so_far(term, base) + 1
        if len(terms) > _MOST_OFTEN:
            entry_postings = {term: min(posting, base + _MOST_OFTEN) for term, posting in entry_postings.items()}
        postings = self._postings
        for term, posting in entry_postings.items():
            postings[term].append(posting)
        return slot

    def remove(self, slot: int, terms: Iterable[str]) -> None:
        """Mask the entry in ``slot``, which was added with ``terms``."""
        self._alive[slot] = 0
        self.live -= 1
        self._removed.update(set(terms))

    def next_slots(self, count: int) -> range:
        """The slots after those of the last call: what is to be moved next."""
        start = self._moved
        self._moved = min(start + count, len(self.ids))
        return range(start, self._moved)

    def is_alive(self, slot: int) -> bool:
        """Whether the entry in ``slot`` is still there."""
        return bool(self._alive[slot])

    def length(self, slot: int) -> int:
        """How many terms the entry in ``slot`` has."""
        return self._lengths[slot]

    def frequency(self, term: str) -> int:
        """How many entries hold ``term``."""
        postings = self._postings.get(term)
        return len(postings) - self._removed[term] if postings else 0

    def score_slot(self, slot: int, weights: dict[str, float], average_length: float) -> float:
        """The BM25 score of one entry; ``weights`` are the idfs of the terms."""
        score = 0.0
        base = slot << _FREQUENCY_BITS
        for term, weight in weights.items():
            postings = self._postings.get(term)
            if postings:
                position = bisect_left(postings, base)
                if position < len(postings) and postings[position] >> _FREQUENCY_BITS == slot:
                    frequency = postings[position] & _MOST_OFTEN
                    score += weight * bm25.saturation(frequency, self._lengths[slot], average_length)
        return score

    def scores(self, weights: dict[str, float], average_length: float) -> NDArray[np.float64]:
        """The BM25 scores of all slots; 0 for those that hold no term or are masked."""
        scores = np.zeros(len(self.ids))
        lengths = np.frombuffer(self._lengths, np.uint32)
        for term, weight in weights.items():
            if term in self._postings:
                postings: Any = np.frombuffer(self._postings[term], np.uint32)
                slots = postings >> _FREQUENCY_BITS
                scores[slots] += weight * bm25.saturation(postings & _MOST_OFTEN, lengths[slots], average_length)
        scores *= np.frombuffer(self._alive, np.uint8)
        return scores

    def created(self, slots: Any) -> NDArray[np.float64]:
        """When the entries in ``slots`` were created, in seconds."""
        created: NDArray[np.float64] = np.frombuffer(self._created, np.float64)[slots]
        return created


class _Postings(dict[str, "array[int]"]):
    """Term to postings; an unknown term gets empty ones when it is written to."""

    def __missing__(self, term: str) -> array[int]:
        self[term] = postings = array("I")
        return postings
