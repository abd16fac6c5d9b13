"""What goes wrong where reading prolongs a life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs

from axon.spi import Filter, Hit, MemoryEntry, Page, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Ending, Haunted
from mutants.registration import mutant


@mutant("A refresh is by an hour, whatever the TTL of the entry.", caught_by="refresh_prolongs_by_get")
class FixedTtl(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        return super()._read(attrs.evolve(entry, ttl=timedelta(hours=1)) if entry.expires_at else entry)


@mutant("The renewed end is given and not written.", caught_by="refresh_prolongs_by_get")
class NotWritten(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        self._store.use(entry.id)
        now = datetime.fromtimestamp(self._store._clock(), UTC)
        return entry.refreshed(now) if self.refresh_on_read else entry


@mutant("The timer is renewed and the entry keeps its old end.", caught_by="refresh_prolongs_by_get")
class TimerAlone(Ending):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        self._store.use(entry.id)
        if self.refresh_on_read and entry.lifetime is not None:
            self.ends.end(entry.id, self._store._clock() + entry.lifetime.total_seconds())
        return entry


@mutant("A query does not refresh what it finds.", caught_by="refresh_prolongs_by_query")
class QueryIsNoRead(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        self._refresh_on_read, asked = False, self._refresh_on_read
        try:
            return await super().query(query)
        finally:
            self._refresh_on_read = asked


@mutant("`get_many` does not refresh.", caught_by="refresh_prolongs_by_get_many")
class GetManyIsNoRead(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        self._store.expire()
        return [self._store.entries.get(entry_id) for entry_id in entry_ids]


@mutant("A scan refreshes what it gives.", caught_by="refresh_is_not_caused_by_scan")
class ScanIsARead(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        return attrs.evolve(page, entries=[self._read(entry) for entry in page.entries])


@mutant("A count with a filter refreshes what it counts.", caught_by="refresh_is_not_caused_by_count_with_a_filter")
class CountIsARead(InMemoryAdapter):
    async def count(self, filter: Filter | None = None) -> int:
        return await super().count() if filter is None else len(await self.query(Query(filter=filter, limit=10**6)))


@mutant(
    "`delete_where` reads, and so refreshes, whatever it looks at.", caught_by="refresh_is_not_caused_by_delete_where"
)
class DeleteWhereIsARead(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        await self.query(Query(filter=Filter(tags=filter.tags), limit=10**6))
        return await super().delete_where(filter)


@mutant(
    "The TTL is worked out from creation and end, so that every refresh makes it longer.",
    caught_by="refresh_keeps_each_entrys_own_ttl",
)
class GrowingTtl(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        self._store.use(entry.id)
        if not self.refresh_on_read:
            return entry
        read = self._store.refresh(attrs.evolve(entry, ttl=None))
        if read.expires_at is not None:
            self._store.entries[entry.id] = read = attrs.evolve(read, ttl=None)
            self._store._index_fields(read)
        return read


@mutant("Only what has less than 60 % of its life left is refreshed.", caught_by="refresh_keeps_each_entrys_own_ttl")
class RefreshedLate(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        if entry.expires_at is not None and entry.lifetime is not None:
            left = entry.expires_at.timestamp() - self._store._clock()
            if left > 0.6 * entry.lifetime.total_seconds():
                return entry
        return super()._read(entry)


@mutant("A refresh takes the end away.", caught_by="refresh_ends_after_the_new_end")
class RefreshForEver(Ending):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        read = super()._read(entry)
        if self.refresh_on_read:
            self.ends.end(entry.id, None)
        return read


@mutant("A read gives an end to what has none.", caught_by="refresh_gives_no_end_to_what_has_none")
class EndForAll(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        if self.refresh_on_read and entry.expires_at is None:
            now = datetime.fromtimestamp(self._store._clock(), UTC)
            entry = attrs.evolve(entry, expires_at=now + timedelta(hours=1), ttl=timedelta(hours=1))
        return super()._read(entry)


@mutant("A read revives what has expired.", caught_by="refresh_brings_nobody_back")
class Revives(Haunted):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        for ghost in self.ghosts() if self.refresh_on_read else ():
            if ghost.id == entry_id:
                await self.save(ghost.refreshed(datetime.fromtimestamp(self._store._clock(), UTC)))
        return await super().get(entry_id)


@mutant("A refresh moves `created_at` too.", caught_by="refresh_changes_nothing_else")
class MovesCreation(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        read = super()._read(entry)
        if self.refresh_on_read and read.expires_at is not None:
            read = attrs.evolve(read, created_at=datetime.fromtimestamp(self._store._clock(), UTC))
            self._store.entries[read.id] = read
            self._store._index_fields(read)
        return read


@mutant("A refresh writes the entry without its vector.", caught_by="refresh_changes_nothing_else")
class LosesTheVector(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        return super()._read(attrs.evolve(entry, embedding=None) if self.refresh_on_read else entry)


@mutant("A query by words or a vector does not refresh.", caught_by="refresh_prolongs_by_a_search_by_words")
class SearchIsNoRead(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        asked = self._refresh_on_read
        self._refresh_on_read = asked and query.text is None and query.vector is None
        try:
            return await super().query(query)
        finally:
            self._refresh_on_read = asked


@mutant("A query refreshes all that it looks at, before the limit cuts.", caught_by="refresh_is_of_nothing_else")
class RefreshesCandidates(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        if self.refresh_on_read:
            await super().query(attrs.evolve(query, limit=10**6))
        return await super().query(query)


@mutant(
    "A query refreshes its first ten hits, as many as one pipeline takes.",
    caught_by="refresh_is_of_exactly_what_is_given_by_words",
)
class RefreshesTen(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        asked, self._refresh_on_read = self._refresh_on_read, False
        try:
            hits = await super().query(query)
        finally:
            self._refresh_on_read = asked
        return [attrs.evolve(hit, entry=self._read(hit.entry)) if n < 10 else hit for n, hit in enumerate(hits)]


@mutant(
    "What `min_score` leaves out is refreshed with the rest.",
    caught_by="refresh_is_of_exactly_what_is_given_by_a_vector_and_a_least_score",
)
class RefreshesBeforeTheScore(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(attrs.evolve(query, min_score=None))
        return [hit for hit in hits if query.min_score is None or hit.score >= query.min_score]


@mutant(
    "A query that asks for explanations is no read.",
    caught_by="refresh_is_of_exactly_what_is_given_by_a_vector_explained",
)
class ExplainingIsNoRead(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        asked = self._refresh_on_read
        self._refresh_on_read = asked and not query.explain
        try:
            return await super().query(query)
        finally:
            self._refresh_on_read = asked


@mutant(
    "A batch of reads renews all by the longest TTL among them.",
    caught_by="refresh_is_of_exactly_what_is_given_by_get_many",
)
class OneTtlForAll(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        found = await super().get_many(entry_ids)
        ends = [entry.expires_at for entry in found if entry is not None and entry.expires_at is not None]
        if self.refresh_on_read and len(ends) > 9:
            for entry in found:
                if entry is not None:
                    await self.update(entry.id, expires_at=max(ends))
        return found


@mutant("A refresh never brings an end nearer.", caught_by="refresh_may_bring_the_end_nearer_by_get")
class LaterOfTwoEnds(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        refreshed = entry.refreshed(datetime.fromtimestamp(self._store._clock(), UTC))
        nearer = None not in (entry.expires_at, refreshed.expires_at) and refreshed.expires_at < entry.expires_at
        return entry if nearer else super()._read(entry)
