"""The text index: which entries share a word with a query or have a tag that it names, and how well each fits.

It is written like a log in segments. What is overwritten, deleted or expired is masked at once, and
counts for nothing from then on; its space comes back when its segment is empty. A full segment of
which less than half is alive is moved, a few entries with every write, so that no single call pays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from axon.ranking import bm25
from axon_inmemory.segment import Segment, Weights, tag_term

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer, QueryTerms
    from axon.spi import MemoryEntry

_SMALLEST_SEGMENT = 4096
_MOVES_PER_WRITE = 8


class WordIndex:
    """BM25 over the words of entries, and their tags; ``entry_of`` gives an entry that is in it by its id."""

    def __init__(self, analyzer: Analyzer, entry_of: Callable[[str], MemoryEntry]) -> None:
        self._analyzer = analyzer
        self._entry_of = entry_of
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
        """The words that :meth:`add` and :meth:`remove` take: made before anything is changed, since it may fail."""
        return self._analyzer.terms(text)

    def add(self, entry: MemoryEntry, words: list[str]) -> None:
        """Index a new entry, whose text has these ``words``."""
        self._append(entry, words)
        if self._sparse:
            self._move_some(self._sparse[-1])

    def remove(self, entry: MemoryEntry, words: list[str]) -> None:
        """Take out an entry that was added with ``words``."""
        segment, slot = self._place.pop(entry.id)
        self._mask(segment, slot, entry, words)
        if not self._place:
            self.clear()

    def weights(self, terms: QueryTerms) -> Weights:
        """How much the words of a query weigh, and those of its tags that an entry has."""
        documents = len(self._place)
        having = {tag: frequency for tag in terms.tags if (frequency := self._frequency(tag_term(tag)))}
        return Weights(
            {word: bm25.idf(self._frequency(word), documents) for word in terms.words},
            {tag: bm25.idf(frequency, documents) for tag, frequency in having.items()},
        )

    def search(self, weights: Weights, limit: int | None) -> Iterator[tuple[str, float]]:
        """The ids that share a word or a tag with the query, with their scores: the best first, then the newer.

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

    def score(self, weights: Weights, ids: Collection[str]) -> dict[str, float]:
        """The score of each of ``ids`` that shares a word or a tag with the query, looked up one by one."""
        average = self._average_length()
        scores: dict[str, float] = {}
        for entry_id in ids:
            segment, slot = self._place[entry_id]
            if score := segment.score_slot(slot, weights, average):
                scores[entry_id] = score
        return scores

    def _average_length(self) -> float:
        return max(1.0, self._total_length / len(self._place)) if self._place else 1.0

    def _frequency(self, term: str) -> int:
        return sum(segment.frequency(term) for segment in (*self._full, self._open))

    def _append(self, entry: MemoryEntry, words: list[str]) -> None:
        segment = self._open
        if len(segment.ids) >= _SMALLEST_SEGMENT and len(segment.ids) >= len(self._place) // 2:
            self._open = Segment()
            self._full.append(segment)
            self._sort_out(segment)
            segment = self._open
        self._place[entry.id] = segment, segment.add(entry.id, words, entry.tags, entry.created_at.timestamp())
        self._total_length += len(words)

    def _mask(self, segment: Segment, slot: int, entry: MemoryEntry, words: list[str]) -> None:
        segment.remove(slot, words, entry.tags)
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
                entry = self._entry_of(segment.ids[slot])
                words = self._analyzer.terms(entry.text)
                self._mask(segment, slot, entry, words)
                self._append(entry, words)
