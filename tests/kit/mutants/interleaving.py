"""What goes wrong when one call runs in the middle of another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from axon.core.errors import LockUnavailable
from axon.spi import Allowance, Hit, Lock, MemoryEntry, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Awaiting
from mutants.registration import mutant


@mutant(
    "Whether there was one to delete is known before the delete.",
    caught_by="interleaving_of_writes_is_as_if_in_turn_delete_and_delete",
)
class KnownBeforeTheDelete(Awaiting):
    async def delete(self, entry_id: str) -> bool:
        found = entry_id in self._store.entries
        await super().delete(entry_id)
        return found


@mutant(
    "A query selects by its index, and reads the entries later.",
    caught_by="interleaving_of_a_read_and_a_write_is_as_if_in_turn_query_by_a_tag_and_save",
)
class SelectsThenReads(Awaiting):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        there = self._store.entries
        return [attrs.evolve(hit, entry=there[hit.entry.id]) for hit in hits if hit.entry.id in there]


class RefreshesByWriting(Awaiting):
    """Refreshes what it gives by saving it as it was read."""

    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        return entry

    async def refreshed(self, entry: MemoryEntry) -> MemoryEntry:
        now = self._store._clock()
        later = entry.refreshed(datetime.fromtimestamp(now, UTC))
        await InMemoryAdapter.save(self, later)
        return later


@mutant(
    "A read that refreshes saves what it has read: a deleted entry is there again.",
    caught_by="interleaving_of_a_refresh_and_a_write_is_as_if_in_turn_get_and_delete",
)
class RefreshRevives(RefreshesByWriting):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        entry = await super().get(entry_id)
        return entry if entry is None or not self._refresh_on_read else await self.refreshed(entry)


@mutant(
    "A query that refreshes saves its hits: what was written meanwhile is undone.",
    caught_by="interleaving_of_a_refresh_and_a_write_is_as_if_in_turn_query_by_words_and_another_save",
)
class RefreshOfHitsUndoes(RefreshesByWriting):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = await super().query(query)
        if not self._refresh_on_read:
            return hits
        return [attrs.evolve(hit, entry=await self.refreshed(hit.entry)) for hit in hits]


@mutant(
    "Room is made where there was none before an await.", caught_by="interleaving_of_writes_keeps_to_max_entries_save"
)
class LooksForRoomFirst(Awaiting):
    async def save(self, entry: MemoryEntry) -> None:
        room = self._max_entries is not None and len(self._store.entries) < self._max_entries
        await asyncio.sleep(0)
        if self._max_entries is not None and not room and len(self._store.entries) >= self._max_entries:
            self._store.remove(next(iter(self._store.entries)))
        await asyncio.sleep(0)
        evict, self._store._evict = self._store._evict, lambda _: None
        await InMemoryAdapter.save(self, entry)
        self._store._evict = evict


@mutant(
    "An increment adds to what it read before an await.",
    caught_by="interleaving_of_counters_is_as_if_in_turn_increment_and_increment",
)
class AddsToWhatItRead(Awaiting):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().counter(name)
        await super().increment(name, by, ttl=ttl)
        self._counters._things[name] = value + by
        return value + by


@mutant(
    "A reset tells what it knew before an await.",
    caught_by="interleaving_of_counters_is_as_if_in_turn_reset_and_reset",
)
class KnownBeforeTheReset(Awaiting):
    async def reset(self, name: str) -> bool:
        found = name in self._counters._things
        await super().reset(name)
        return found


@mutant(
    "What fits is worked out before an await.",
    caught_by="interleaving_of_limits_is_as_if_in_turn_allow_and_allow_the_rest",
)
class FitsBefore(Awaiting):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        fits = await super().used(name, per=per) + weight <= limit
        return await super().allow(name, limit=2**40 if fits else limit, per=per, weight=weight, exact=exact)


@mutant(
    "A swap compares, waits, and writes.", caught_by="interleaving_of_values_is_as_if_in_turn_swap_and_another_swap"
)
class ComparesThenWrites(Awaiting):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        there = (await super().values([name]))[0]
        if there != old:
            return False
        if new is None:
            await super().drop(name)
        else:
            await super().put(name, new, ttl=ttl)
        return True


@mutant("A lock that was free before an await is taken.", caught_by="interleaving_of_locks_gives_one_to_one")
class FreeBefore(Awaiting):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        held: Any = {lock.name for lock in self._locks.held()}
        await asyncio.sleep(0)
        if name not in held and name in self._locks._held:
            self._locks._hand_on(name)
        elif name in held and wait == 0:
            raise LockUnavailable(f"the lock {name!r} is held by another")
        return await InMemoryAdapter.lock(self, name, ttl=ttl, wait=wait)


@mutant(
    "Two that saw the last free place both take it.", caught_by="interleaving_of_writes_keeps_to_max_entries_a_batch"
)
class BothTakeTheLastPlace(Awaiting):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        is_full = self._max_entries is not None and len(self._store.entries) >= self._max_entries
        await asyncio.sleep(0)
        if is_full or self._max_entries is None:
            await super().save_many(entries)
            return
        evict, self._store._evict = self._store._evict, lambda _: None
        await InMemoryAdapter.save_many(self, entries)
        self._store._evict = evict
