"""The word index: which entries share a word with a query, and how well each fits.

It is written like a log in segments. What is overwritten, deleted or expired is masked at once, and
counts for nothing from then on; its space comes back when its segment is empty. A full segment of
which less than half is alive is moved, a few entries with every write, so that no single call pays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from axon.ranking import bm25
from axon_inmemory.segment import Segment

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer

_SMALLEST_SEGMENT = 4096
_MOVES_PER_WRITE = 8


class WordIndex:
    """BM25 over the words of entries; ``text_of`` gives the text of an entry that is in it."""

    def __init__(self, analyzer: Analyzer, text_of: Callable[[str], str]) -> None:
        self._analyzer = analyzer
        self._text_of = text_of
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._place: dict[str, tuple[Segment, int]] = {}
        self._open = Segment()
        self._full: list[Segment] = []
        self._sparse: list[Segment] = []
        self._total_length = 0

    @property
    def places(self) -> int:
        """How many places are taken, also by what is masked."""
        return len(self._place) + sum(segment.places for segment in (*self._full, self._open))

    def terms(self, text: str) -> list[str]:
        """What :meth:`add` and :meth:`remove` take: made before anything is changed, since it alone may fail."""
        return self._analyzer.terms(text)

    def add(self, entry_id: str, terms: list[str], created: float) -> None:
        """Index a new entry."""
        self._append(entry_id, terms, created)
        if self._sparse:
            self._move_some(self._sparse[-1])

    def remove(self, entry_id: str, terms: list[str]) -> None:
        """Take out an entry that was added with ``terms``."""
        segment, slot = self._place.pop(entry_id)
        self._mask(segment, slot, terms)
        if not self._place:
            self.clear()

    def weights(self, words: Collection[str]) -> dict[str, float]:
        """The idf of each word."""
        segments = [*self._full, self._open]
        documents = len(self._place)
        frequencies = {word: sum(segment.frequency(word) for segment in segments) for word in words}
        return {word: bm25.idf(frequency, documents) for word, frequency in frequencies.items()}

    def search(self, weights: dict[str, float], limit: int | None) -> Iterator[tuple[str, float]]:
        """The ids that share a word with the query, with their scores: the best first, then the newer.

        With a ``limit`` no more than so many are looked for, and more only if they are equal.
        """
        segments = [segment for segment in (*self._full, self._open) if segment.ids]
        found: list[tuple[Any, Any, Any, Any]] = []
        for number, segment in enumerate(segments):
            scores = segment.scores(weights, self._average_length())
            slots = np.flatnonzero(scores)
            if limit is not None and len(slots) > limit:
                slots = slots[scores[slots] >= np.partition(scores[slots], -limit)[-limit]]
            found.append((scores[slots], segment.created(slots), slots, np.full(len(slots), number)))
        if not found:
            return
        scores, created, slots, owners = map(np.concatenate, zip(*found, strict=True))
        for best in np.lexsort((created, scores))[::-1][:limit].tolist():
            yield segments[owners[best]].ids[slots[best]], float(scores[best])

    def score(self, weights: dict[str, float], ids: Collection[str]) -> dict[str, float]:
        """The score of each of ``ids`` that shares a word with the query, looked up one by one."""
        average = self._average_length()
        scores: dict[str, float] = {}
        for entry_id in ids:
            segment, slot = self._place[entry_id]
            if score := segment.score_slot(slot, weights, average):
                scores[entry_id] = score
        return scores

    def _average_length(self) -> float:
        return max(1.0, self._total_length / len(self._place)) if self._place else 1.0

    def _append(self, entry_id: str, terms: list[str], created: float) -> None:
        segment = self._open
        if len(segment.ids) >= _SMALLEST_SEGMENT and len(segment.ids) >= len(self._place) // 2:
            self._open = Segment()
            self._full.append(segment)
            self._sort_out(segment)
            segment = self._open
        self._place[entry_id] = segment, segment.add(entry_id, terms, created)
        self._total_length += len(terms)

    def _mask(self, segment: Segment, slot: int, terms: list[str]) -> None:
        segment.remove(slot, terms)
        self._total_length -= segment.length(slot)
        if segment is not self._open:
            self._sort_out(segment)

    def _sort_out(self, segment: Segment) -> None:
        """Throw a full segment away if it is empty; put it on the list if less than half of it is alive."""
        sparse = segment in self._sparse
        if not segment.live:
            self._full.remove(segment)
            if sparse:
                self._sparse.remove(segment)
        elif not sparse and 2 * segment.live < len(segment.ids):
            self._sparse.append(segment)

    def _move_some(self, segment: Segment) -> None:
        """Move the next few entries of a sparse segment to the open one."""
        for slot in segment.next_slots(_MOVES_PER_WRITE):
            if segment.is_alive(slot):
                entry_id = segment.ids[slot]
                terms = self._analyzer.terms(self._text_of(entry_id))
                created = float(segment.created(slot))
                self._mask(segment, slot, terms)
                self._append(entry_id, terms, created)
