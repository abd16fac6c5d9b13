"""What goes wrong where vectors are compared."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs

from axon.core.embeddings import as_embedding
from axon.spi import Filter, Hit, MemoryEntry, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding


def _dot(one: Embedding, other: Embedding) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _length(vector: Embedding) -> float:
    return math.sqrt(_dot(vector, vector))


class Scoring(InMemoryAdapter):
    """Scores vectors in its own way."""

    def scored(self, hit: Hit, vector: Embedding) -> float:
        return hit.score

    async def query(self, query: Query) -> Sequence[Hit]:
        if query.vector is None or query.text is not None:
            return await super().query(query)
        hits = await super().query(attrs.evolve(query, limit=10**6, min_score=None))
        scored = [attrs.evolve(hit, score=self.scored(hit, query.vector)) for hit in hits]
        best = sorted(scored, key=lambda hit: (hit.score, hit.entry.created_at), reverse=True)
        return [hit for hit in best if query.min_score is None or hit.score >= query.min_score][: query.limit]


@mutant("The score is the dot product.", caught_by="vectors_count_only_by_direction")
class DotProduct(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        return hit.score if hit.entry.embedding is None else _dot(vector, hit.entry.embedding)


@mutant("The vector of the query is not divided by its length.", caught_by="vectors_count_only_by_direction")
class LongQueries(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        return hit.score * _length(vector)


@mutant("The score is a distance, the nearest is 0.", caught_by="vectors_are_ranked_by_their_cosine")
class CosineDistance(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        bare = query.vector is not None and query.text is None
        return [attrs.evolve(hit, score=1 - hit.score) for hit in hits] if bare else hits


@mutant("The score is brought from -1..1 to 0..1.", caught_by="vectors_are_ranked_by_their_cosine")
class Halved(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        return (1 + hit.score) / 2


@mutant("Scores below 0 become 0.", caught_by="vectors_count_only_by_direction")
class Clipped(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        return max(0.0, hit.score)


@mutant("The score is made of the Euclidean distance.", caught_by="vectors_count_only_by_direction")
class Euclidean(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        return hit.score if hit.entry.embedding is None else 1 / (1 + math.dist(vector, hit.entry.embedding))


@mutant("The older an entry is, the lower its score.", caught_by="vectors_are_ranked_by_their_cosine")
class Decaying(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        age = self._store._clock() - hit.entry.created_at.timestamp()
        return hit.score * 0.5 ** (age / 86_400)


@mutant("A vector of zeros gives NaN.", caught_by="vectors_of_zero_are_no_error")
class ZeroGivesNan(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        if hit.entry.embedding is None:
            return hit.score
        lengths = _length(vector) * _length(hit.entry.embedding)
        return hit.score if lengths else math.nan


@mutant("Vectors are compared in bytes (scalar quantisation).", caught_by="vectors_are_ranked_by_their_cosine")
class Quantised(Scoring):
    def scored(self, hit: Hit, vector: Embedding) -> float:
        return round(hit.score * 127) / 127


@mutant("The nearest are looked for where the first numbers have one sign.", caught_by="vectors_are_cut_after_ranking")
class Approximate(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.vector is None or query.text is not None or query.filter is not None:
            return await super().query(query)
        hits = await super().query(attrs.evolve(query, limit=10**6))
        near = [hit for hit in hits if (hit.entry.embedding[0] > 0) == (query.vector[0] > 0)]
        return (near + [hit for hit in hits if hit not in near])[: query.limit]


@mutant("The 64 nearest are looked at, whatever the limit (ef_search).", caught_by="vectors_are_cut_after_ranking")
class SixtyFourNearest(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return hits[:64] if query.vector is not None and query.filter is None else hits


@mutant("Vectors of another dimension are filled up with zeros.", caught_by="vectors_of_another_dimension_are_refused")
class FilledUp(InMemoryAdapter):
    def fitting(self, vector: Embedding) -> Embedding:
        there = self._store.vectors._matrix.shape[1] or len(vector)
        return as_embedding(([*vector] + [0.0] * there)[:there])

    async def save(self, entry: MemoryEntry) -> None:
        if entry.embedding is not None and self._store.vectors._ids:
            entry = attrs.evolve(entry, embedding=self.fitting(entry.embedding))
        await super().save(entry)


@mutant("The dimension of a query is not checked.", caught_by="vectors_of_another_dimension_are_refused")
class QueryOfAnyDimension(FilledUp):
    async def save(self, entry: MemoryEntry) -> None:
        await InMemoryAdapter.save(self, entry)

    async def query(self, query: Query) -> Sequence[Hit]:
        if query.vector is not None and self._store.vectors._ids:
            query = attrs.evolve(query, vector=self.fitting(query.vector))
        return await super().query(query)


@mutant(
    "A deleted entry leaves its vector, which takes a place among the nearest.",
    caught_by="vectors_of_the_deleted_take_no_place",
)
class DeadVectors(InMemoryAdapter):
    deleted = 0

    async def delete(self, entry_id: str) -> bool:
        found = await super().delete(entry_id)
        self.deleted += found
        return found

    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return hits[: max(0, query.limit - self.deleted)] if query.vector is not None else hits


@mutant("An entry that loses its vector is still found by it.", caught_by="vectors_follow_what_is_written")
class VectorsStay(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        if (
            old is not None
            and old.embedding is not None
            and entry.embedding is None
            and entry.id in self._store.entries
        ):
            self._store.vectors.set(entry.id, old.embedding)


@mutant(
    "An update changes the vector of the entry and not that of the index.", caught_by="vectors_follow_what_is_written"
)
class UpdateLeavesVector(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: object) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        changed = await super().update(entry_id, **changes)
        if old is not None and changed is not None and old.embedding is not None and changed.embedding is not None:
            self._store.vectors.set(entry_id, old.embedding)
        return changed


@mutant("An entry without a vector is a hit with a score of 0.", caught_by="vectors_that_are_missing_are_no_candidates")
class MissingIsZero(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.vector is not None and query.text is None and query.filter is None:
            query = attrs.evolve(query, filter=Filter())
        return await super().query(query)


@mutant("The nearest are chosen first and filtered then.", caught_by="vectors_only_order_what_a_filter_admits")
class FilteredAfterwards(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.vector is None or query.filter is None or query.text is not None:
            return await super().query(query)
        hits = await super().query(attrs.evolve(query, filter=None))
        return [hit for hit in hits if query.filter.matches(hit.entry)]


@mutant("With a filter, what has no vector is left out.", caught_by="vectors_only_order_what_a_filter_admits")
class VectorsSelect(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return [hit for hit in hits if hit.entry.embedding] if query.vector is not None and not query.text else hits


@mutant("A `min_score` below 0 is passed over.", caught_by="vectors_respect_the_least_score")
class MinScoreAboveZero(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        low = query.min_score is not None and query.min_score <= 0
        return await super().query(attrs.evolve(query, min_score=None) if low else query)


@mutant("Where no `min_score` is given, it is 0.", caught_by="vectors_respect_the_least_score")
class MinScoreOfZero(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, min_score=0.0) if query.min_score is None else query)


@mutant("Of two as near, the one that was saved first comes first.", caught_by="vectors_give_ties_to_the_newer")
class TiesAsSaved(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(attrs.evolve(query, limit=10**6))
        order = {name: number for number, name in enumerate(self._store.entries)}
        if query.vector is not None and query.text is None:
            hits = sorted(hits, key=lambda hit: (-hit.score, order[hit.entry.id]))
        return hits[: query.limit]


@mutant("The vector is scaled to the length 1, and kept so.", caught_by="vectors_come_back_as_they_were")
class KeptScaled(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many([_scaled(entry) for entry in entries])


def _scaled(entry: MemoryEntry) -> MemoryEntry:
    if entry.embedding is None or not (length := _length(entry.embedding)):
        return entry
    return attrs.evolve(entry, embedding=[number / length for number in entry.embedding])


@mutant("Vectors are kept in half precision.", caught_by="fields_come_back_embedding")
class HalfPrecision(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        if entry.embedding is not None:
            import numpy as np

            halved = np.clip(np.asarray(entry.embedding, np.float32), -60000, 60000).astype(np.float16)
            entry = attrs.evolve(entry, embedding=array("f", halved.astype(np.float32).tolist()))
        await super().save(entry)


@mutant("With a text and a vector an entry has to answer both.", caught_by="vectors_and_words_together")
class BothAreNeeded(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.text is None or query.vector is None or query.filter is not None:
            return hits
        words = {hit.entry.id for hit in await super().query(attrs.evolve(query, vector=None))}
        return [hit for hit in hits if hit.entry.id in words and hit.entry.embedding is not None]


@mutant("Where there is a vector, the text is passed over.", caught_by="vectors_and_words_together")
class TextIgnored(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, text=None) if query.vector is not None else query)


@mutant("Where there is a text, the vector is passed over.", caught_by="vectors_and_words_together")
class VectorIgnored(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, vector=None) if query.text is not None else query)


@mutant("With a text and a vector the scores of both are added.", caught_by="vectors_and_words_are_fused_as_everywhere")
class ScoresAdded(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.text is None or query.vector is None:
            return hits
        every = {hit.entry.id: hit.score for hit in await super().query(attrs.evolve(query, text=None))}
        return [attrs.evolve(hit, score=(hit.score + max(0.0, every.get(hit.entry.id, 0.0))) / 2) for hit in hits]


@mutant("With a text and a vector `min_score` is passed over.", caught_by="vectors_and_words_are_fused_as_everywhere")
class MinScoreOfOneKind(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        both = query.text is not None and query.vector is not None
        return await super().query(attrs.evolve(query, min_score=None) if both else query)


@mutant(
    "With a text and a vector the limit is for each of them.", caught_by="vectors_and_words_are_fused_as_everywhere"
)
class LimitOfEachKind(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        both = query.text is not None and query.vector is not None
        return await super().query(attrs.evolve(query, limit=2 * query.limit) if both else query)


@mutant("An explanation tells no cosine.", caught_by="vectors_are_explained_where_asked")
class ExplainsNoCosine(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if not query.explain:
            return hits
        return [attrs.evolve(hit, explanation=attrs.evolve(hit.explanation, cosine=None)) for hit in hits]


@mutant("The length of a vector overflows in single precision.", caught_by="vectors_of_any_length_are_compared")
class ShortLengths(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.vector is None or query.text is not None:
            return hits
        lengths = [math.inf if (one := _length(hit.entry.embedding or ())) > 1e19 else one for hit in hits]
        return [hit if length < math.inf else Hit(hit.entry, 0.0) for hit, length in zip(hits, lengths, strict=True)]


@mutant(
    "A delete moves the last row into the gap, and a filtered search reads that row at its old place.",
    caught_by="vectors_are_found_exactly_after_any_writes",
)
class MovedRows(InMemoryAdapter):
    """Who was moved is found with the vector that has its old place by now."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.rows: list[str] = []
        self.moved: dict[str, int] = {}

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        if entry.embedding is not None and entry.id in self._store.entries:
            self.moved.pop(entry.id, None)
            self.rows = [*self.rows, entry.id] if entry.id not in self.rows else self.rows

    async def delete(self, entry_id: str) -> bool:
        if entry_id in self.rows:
            place, last = self.rows.index(entry_id), self.rows.pop()
            self.moved.pop(entry_id, None)
            if last != entry_id:
                self.rows[place] = last
                self.moved[last] = len(self.rows)
        return await super().delete(entry_id)

    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.vector is None or query.filter is None or query.text is not None:
            return hits
        scores = {hit.entry.id: hit.score for hit in hits}
        at = {i: self.rows[row] for i, row in self.moved.items() if row < len(self.rows)}
        return [attrs.evolve(hit, score=scores.get(at.get(hit.entry.id, hit.entry.id), hit.score)) for hit in hits]


@mutant("A least score of 0 is none.", caught_by="vectors_respect_the_least_score")
class NoLeastAtZero(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, min_score=query.min_score or None))


@mutant("The filter comes after the nearest ten times the limit.", caught_by="vectors_only_order_what_a_filter_admits")
class FiltersTenfold(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.filter is None or query.vector is None or query.text is not None or query.limit > 10:
            return await super().query(query)
        wide = await super().query(attrs.evolve(query, filter=None, limit=10 * query.limit))
        return [hit for hit in wide if query.filter.matches(hit.entry)][: query.limit]


@mutant("Without a filter the first 1,000 vectors are searched.", caught_by="vectors_of_thousands_are_all_compared")
class SearchesAThousand(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if query.vector is None or query.filter is not None:
            return hits
        first = dict.fromkeys(islice((i for i, e in self._store.entries.items() if e.embedding is not None), 1000))
        return [hit for hit in hits if hit.entry.id in first or hit.entry.embedding is None]


@mutant(
    "The first batch is not compared with itself: vectors of another dimension than its first one are dropped.",
    caught_by="vectors_of_two_dimensions_in_one_batch_are_refused",
)
class DropsOtherDimensions(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        first = next((len(entry.embedding) for entry in entries if entry.embedding is not None), None)
        if first is not None and not self._store.entries:
            entries = [
                attrs.evolve(e, embedding=None) if e.embedding is not None and len(e.embedding) != first else e
                for e in entries
            ]
        await super().save_many(entries)
