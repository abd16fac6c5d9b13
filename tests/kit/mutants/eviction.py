"""What goes wrong where there is one too many."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from axon.spi import Filter, Health, Hit, MemoryEntry, Page, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Haunted
from mutants.registration import mutant


class Ranking(InMemoryAdapter):
    """Ranks entries in its own way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ranked = self._store._rank
        self._store._rank = self.rank

    def rank(self, entry: MemoryEntry) -> Any:
        return self.ranked(entry)


@mutant("There may be one more than the limit.", caught_by="eviction_is_never_too_late_by_oldest")
class OneMore(InMemoryAdapter):
    def __init__(self, *, max_entries: int | None = None, **options: Any) -> None:
        super().__init__(max_entries=None if max_entries is None else max_entries + 1, **options)


@mutant("At the limit, not above it, something goes.", caught_by="eviction_takes_none_while_there_is_room")
class OneLess(InMemoryAdapter):
    def __init__(self, *, max_entries: int | None = None, **options: Any) -> None:
        super().__init__(max_entries=None if max_entries is None else max_entries - 1, **options)


@mutant("The newest goes first.", caught_by="eviction_takes_first_by_oldest")
class NewestGoes(Ranking):
    def rank(self, entry: MemoryEntry) -> Any:
        return -entry.created_at.timestamp() if self.eviction == "oldest" else super().rank(entry)


@mutant(
    "The oldest is who was saved first, whatever `created_at` says.", caught_by="eviction_of_equals_takes_the_older"
)
class FirstSavedGoes(Ranking):
    def rank(self, entry: MemoryEntry) -> Any:
        return next(self._store._uses) if self.eviction == "oldest" else super().rank(entry)


@mutant("The most important goes first.", caught_by="eviction_takes_first_by_importance")
class MostImportantGoes(Ranking):
    def rank(self, entry: MemoryEntry) -> Any:
        return (-entry.importance, 0.0) if self.eviction == "importance" else super().rank(entry)


@mutant("What never ends goes before what ends.", caught_by="eviction_goes_on_in_order_by_ttl")
class EndlessGoes(Ranking):
    def rank(self, entry: MemoryEntry) -> Any:
        if self.eviction != "ttl":
            return super().rank(entry)
        return (0.0 if entry.expires_at is None else entry.expires_at.timestamp()), 0.0


@mutant("Of equals the newer goes.", caught_by="eviction_of_equals_takes_the_older")
class NewerOfEquals(Ranking):
    def rank(self, entry: MemoryEntry) -> Any:
        if self.eviction != "importance":
            return super().rank(entry)
        return entry.importance, -entry.created_at.timestamp()


@mutant("A query is no use of what it finds.", caught_by="eviction_by_lru_counts_every_read")
class QueryIsNoUse(InMemoryAdapter):
    async def query(self, query: Query) -> Sequence[Hit]:
        self._store.use = lambda _: None
        try:
            return await super().query(query)
        finally:
            del self._store.use


@mutant("`get` is no use: lru is by the last save.", caught_by="eviction_takes_first_by_lru")
class ReadsAreNoUse(InMemoryAdapter):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        self._store.expire()
        return self._store.entries.get(entry_id)


@mutant("A scan is a use of everything.", caught_by="eviction_by_lru_counts_every_read")
class ScanIsAUse(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        for entry in reversed(page.entries):
            self._store.use(entry.id)
        return page


@mutant(
    "An overwrite keeps the rank of the entry before.", caught_by="eviction_ranks_an_entry_anew_when_it_is_saved_again"
)
class OldRank(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        ranks = self._store._ranks
        old = None if ranks is None else ranks._keys.get(entry.id)
        await super().save(entry)
        if ranks is not None and old is not None and entry.id in self._store.entries:
            ranks.set(entry.id, old)


@mutant("A batch does not look at the limit.", caught_by="eviction_is_never_too_late_by_oldest")
class BatchWithoutLimit(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        evict, self._store._evict = self._store._evict, lambda _: None
        await super().save_many(entries)
        self._store._evict = evict


@mutant("An overwrite evicts another one.", caught_by="eviction_is_not_caused_by_saving_again_by_oldest")
class OverwriteEvicts(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        store = self._store
        full = store._ranks is not None and len(store.entries) >= (self.max_entries or 0)
        lowest = store._ranks.lowest() if full and entry.id in store.entries else None
        if lowest is not None:
            store.remove(lowest[1])
        await super().save(entry)


@mutant("The new entry is never the one that goes.", caught_by="eviction_does_not_keep_a_new_one_that_ranks_lowest")
class NewStays(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        store = self._store
        full = store._ranks is not None and entry.id not in store.entries
        while full and len(store.entries) >= (self.max_entries or 1) and (lowest := store._ranks.lowest()) is not None:
            store.remove(lowest[1])
        await super().save(entry)


@mutant(
    "What has expired counts for the limit until it is swept.",
    caught_by="eviction_takes_what_has_expired_before_what_lives",
)
class ExpiredTakeRoom(Haunted):
    async def save(self, entry: MemoryEntry) -> None:
        limit = self._store._max_entries
        self._store._max_entries = None if limit is None else max(1, limit - len(self.ghosts()))
        await super().save(entry)
        self._store._max_entries = limit


@mutant("What was evicted stays in the tag index.", caught_by="eviction_leaves_nothing_of_what_went_by_oldest")
class EvictedStaysIndexed(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        before = dict(self._store.entries)
        await super().save(entry)
        for gone in before.keys() - self._store.entries.keys():
            for tag in before[gone].tags:
                self._store.tags[tag][gone] = before[gone]


@mutant(
    "When it is full, a tenth more than needed goes, to have rest for a while.",
    caught_by="eviction_takes_only_what_it_must",
)
class EvictsAhead(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        new = entry.id not in self._store.entries
        full = self.max_entries is not None and len(self._store.entries) >= self.max_entries >= 20
        await super().save(entry)
        if new and full and self._store._ranks is not None:
            for _ in range((self.max_entries or 0) // 10):
                self._store.remove(self._store._ranks.lowest()[1])


@mutant("A full store is an error, and nothing goes.", caught_by="eviction_takes_first_by_oldest")
class FullIsAnError(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        from axon.core.errors import StoreFull

        if self.max_entries is not None and len(self._store.entries) >= self.max_entries:
            raise StoreFull("no room")
        await super().save(entry)


@mutant("What was deleted still counts for the limit.", caught_by="eviction_takes_none_while_there_is_room")
class DeletedTakeRoom(InMemoryAdapter):
    deleted = 0

    async def delete(self, entry_id: str) -> bool:
        found = await super().delete(entry_id)
        self.deleted += found
        return found

    async def save(self, entry: MemoryEntry) -> None:
        limit = self._store._max_entries
        self._store._max_entries = None if limit is None else max(1, limit - self.deleted)
        await super().save(entry)
        self._store._max_entries = limit


@mutant("`count` with a filter notes a use of what it counts.", caught_by="eviction_by_lru_counts_every_read")
class CountIsAUse(InMemoryAdapter):
    async def count(self, filter: Filter | None = None) -> int:
        if filter is not None:
            for entry_id in self._store.admitted(filter):
                self._store.use(entry_id)
        return await super().count(filter)


@mutant("Importance is ranked in tenths.", caught_by="eviction_tells_small_differences_apart")
class RanksInTenths(Ranking):
    def rank(self, entry: MemoryEntry) -> Any:
        if self.eviction != "importance":
            return super().rank(entry)
        return round(entry.importance, 1), entry.created_at.timestamp()


@mutant(
    "The entry is written, and what is too much evicted after an await.", caught_by="eviction_shows_nobody_one_too_many"
)
class EvictsAfterAnAwait(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        most = self._store._max_entries
        self._store._max_entries = None
        try:
            await super().save(entry)
            await asyncio.sleep(0)
        finally:
            self._store._max_entries = self.max_entries if most is None else most
            if self._store._ranks is not None:
                self._store._evict(self._store._ranks)


class _Settled(Ranking):
    """Refreshes an entry behind the back of the order of eviction."""

    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        ranks, self._store._ranks = self._store._ranks, None
        try:
            return super()._read(entry)
        finally:
            self._store._ranks = ranks


@mutant(
    "A refresh leaves an entry where its old end had put it.", caught_by="eviction_goes_by_what_a_refresh_moved_by_ttl"
)
class RefreshedAndStillNext(_Settled):
    """With `ttl`."""


@mutant(
    "After a `clear` the number that the limit goes by is not 0.",
    caught_by="eviction_gives_the_whole_room_back_after_clear",
)
class ClearedAndCounted(InMemoryAdapter):
    async def clear(self) -> int:
        cleared = await super().clear()
        if self._store._max_entries is not None and cleared:
            self._store._max_entries = max(1, self._store._max_entries - 1)
        return cleared


@mutant(
    "What `delete_where` deletes still takes room.", caught_by="eviction_gives_the_whole_room_back_after_delete_where"
)
class DeletedAndCounted(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        deleted = await super().delete_where(filter)
        if self._store._max_entries is not None and deleted and not filter.is_empty:
            self._store._max_entries = max(1, self._store._max_entries - deleted)
        return deleted


@mutant("`health` saves a probe, for which an entry has to go.", caught_by="eviction_is_not_moved_by_health")
class HealthSaves(InMemoryAdapter):
    async def health(self) -> Health:
        await self.save(MemoryEntry(id="probe", text="probe", importance=1.0))
        await self.delete("probe")
        return await super().health()


@mutant(
    "An update of the importance does not move an entry in the order of eviction.",
    caught_by="sequences_of_verbs_agree_with_a_model_that_evicts_what_matters_least",
)
class UpdatedAndStillNext(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        ranks = self._store._ranks
        rank = None if ranks is None else ranks._keys.get(entry_id)
        changed = await super().update(entry_id, **changes)
        if ranks is not None and rank is not None and entry_id in self._store.entries:
            ranks.set(entry_id, rank)
        return changed
