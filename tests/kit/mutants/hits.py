"""What goes wrong with how many hits a query gives, in which order and with which scores."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from axon.spi import Filter, Hit, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


@mutant("The limit cuts before the filter.", caught_by="filters_apply_before_the_limit")
class LimitFirst(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.filter is None:
            return await super().query(query)
        hits = await super().query(attrs.evolve(query, filter=Filter()))
        return [hit for hit in hits if query.filter.matches(hit.entry)]


@mutant("Twice as many as the limit are looked at, and filtered then.", caught_by="filters_apply_before_the_limit")
class OverFetched(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if query.filter is None or not query.filter.metadata:
            return await super().query(query)
        hits = await super().query(
            attrs.evolve(query, filter=attrs.evolve(query.filter, metadata={}), limit=2 * query.limit)
        )
        return [hit for hit in hits if query.filter.matches(hit.entry)][: query.limit]


@mutant("A query gives 500 hits at the most, whatever its limit.", caught_by="filters_admit_all_that_are_there")
class FiveHundredHits(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return (await super().query(query))[:500]


@mutant("A query without a limit gives ten hits.", caught_by="filters_give_no_more_than_the_limit")
class TenHits(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return hits[:10] if query.limit == 100 else hits


@mutant(
    "A query gives one more than its limit (to see whether there are more).",
    caught_by="filters_give_no_more_than_the_limit",
)
class OneTooMany(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        return await super().query(attrs.evolve(query, limit=query.limit + 1))


@mutant("Hits of one score come the oldest first.", caught_by="filters_give_the_newest_first")
class OldestFirst(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(attrs.evolve(query, limit=10**6))
        return sorted(hits, key=lambda hit: (-hit.score, hit.entry.created_at))[: query.limit]


@mutant("Hits of one score come in the order of saving.", caught_by="filters_give_the_newest_first")
class InOrderOfSaving(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        order = {name: number for number, name in enumerate(self._store.entries)}
        hits = await super().query(attrs.evolve(query, limit=10**6))
        return sorted(hits, key=lambda hit: (-hit.score, -order[hit.entry.id]))[: query.limit]


@mutant("Moments of creation are compared in whole seconds.", caught_by="filters_give_the_newest_first")
class OrderInSeconds(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(attrs.evolve(query, limit=10**6))
        return sorted(hits, key=lambda hit: (-hit.score, -int(hit.entry.created_at.timestamp()), hit.entry.id))[
            : query.limit
        ]


@mutant("With a filter alone every hit has a score of 1.", caught_by="filters_score_zero_where_nothing_is_asked")
class ScoreOfOne(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        return hits if query.text or query.vector else [Hit(hit.entry, 1.0) for hit in hits]


@mutant("With a filter alone `min_score` is passed over.", caught_by="filters_score_zero_where_nothing_is_asked")
class MinScoreNeedsWords(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        bare = query.text is None and query.vector is None
        return await super().query(attrs.evolve(query, min_score=None) if bare else query)
