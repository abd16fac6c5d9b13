"""The word index: which entries share a word with a query, and how well each fits.

It is written like a log in segments. What is overwritten, deleted or expired is masked at once, and
counts for nothing from then on; its space comes back when its segment is empty. A full segment of
which less than half is alive is moved, a few entries with every write, so that no single call pays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from axon.ranking import bm25

from axon_inmemory.segment import Segment

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer

_SMALLEST_SEGMENT = 1024
_MOVES_PER_WRITE = 8
_FEW = 1000


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
        self._total_length = 0
        self._moving: tuple[Segment, int] | None = None

    def add(self, entry_id: str, text: str, created: float) -> None:
        """Index a new entry."""
        self._append(entry_id, self._analyzer.terms(text), created)
        if self._full:
            self._tidy()

    def remove(self, entry_id: str, text: str) -> None:
        """Take out an entry that was added with ``text``."""
        segment, slot = self._place.pop(entry_id)
        self._mask(segment, slot, self._analyzer.terms(text))
        if not self._place:
            self.clear()

    def weights(self, words: Collection[str]) -> dict[str, float]:
        """The idf of each word."""
        segments = [*self._full, self._open]
        documents = len(self._place)
        return {word: bm25.idf(sum(segment.frequency(word) for segment in segments), documents) for word in words}

    def search(self, weights: dict[str, float], limit: int) -> dict[str, float]:
        """The ``limit`` best ids with their scores, the newer first among equals."""
        ids: list[tuple[Segment, Any]] = []
        for segment in (*self._full, self._open):
            scores = segment.scores(weights, self._average_length())
            slots = np.flatnonzero(scores)
            if len(slots) > limit:
                slots = slots[scores[slots] >= np.partition(scores[slots], -limit)[-limit]]
            ids.append((segment, (slots, scores[slots], segment.created(slots))))
        slots, scores, created = (np.concatenate(parts) for parts in zip(*(part for _, part in ids), strict=True))
        owner = np.repeat(np.arange(len(ids)), [len(part[0]) for _, part in ids])
        best = np.lexsort((created, scores))[::-1][:limit]
        return {
            ids[segment][0].ids[slot]: score
            for segment, slot, score in zip(
                owner[best].tolist(), slots[best].tolist(), scores[best].tolist(), strict=True
            )
        }

    def score(self, weights: dict[str, float], ids: Collection[str]) -> dict[str, float]:
        """The score of each of ``ids`` that shares a word with the query."""
        average = self._average_length()
        if len(ids) <= _FEW:
            places = ((entry_id, *self._place[entry_id]) for entry_id in ids)
            few = {entry_id: segment.score_slot(slot, weights, average) for entry_id, segment, slot in places}
            return {entry_id: score for entry_id, score in few.items() if score}
        by_segment = {id(segment): segment.scores(weights, average) for segment in (*self._full, self._open)}
        scored: dict[str, float] = {}
        for entry_id in ids:
            segment, slot = self._place[entry_id]
            if score := by_segment[id(segment)][slot]:
                scored[entry_id] = float(score)
        return scored

    def _average_length(self) -> float:
        return max(1.0, self._total_length / len(self._place)) if self._place else 1.0

    def _append(self, entry_id: str, terms: list[str], created: float) -> None:
        segment = self._open
        if len(segment.ids) >= _SMALLEST_SEGMENT and len(segment.ids) >= len(self._place) // 2:
            self._full.append(segment)
            self._open = segment = Segment()
        self._place[entry_id] = segment, segment.add(entry_id, terms, created)
        self._total_length += len(terms)

    def _mask(self, segment: Segment, slot: int, terms: list[str]) -> None:
        segment.remove(slot, terms)
        self._total_length -= segment.length(slot)
        if not segment.live and segment is not self._open:
            self._full.remove(segment)

    def _tidy(self) -> None:
        """Move the next few entries of a full segment that is less than half alive."""
        segment, start = self._moving or (None, 0)
        if segment is None or not segment.live:
            segment = min(self._full, key=lambda full: full.live / len(full.ids))
            start = 0
            if 2 * segment.live > len(segment.ids):
                self._moving = None
                return
        end = min(start + _MOVES_PER_WRITE, len(segment.ids))
        for slot in range(start, end):
            if segment.is_alive(slot):
                entry_id = segment.ids[slot]
                terms = self._analyzer.terms(self._text_of(entry_id))
                created = float(segment.created(slot))
                self._mask(segment, slot, terms)
                self._append(entry_id, terms, created)
        self._moving = (segment, end) if segment.live else None
