"""What stays behind when everything is gone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Sequence
from typing import Any, ClassVar

from axon.core.errors import InvalidInput, LockUnavailable
from axon.spi import Allowance, Filter, Hit, Lock, MemoryEntry, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


class Leaking(InMemoryAdapter):
    """Keeps things that it never uses again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.left: set[Any] = set()

    async def residue(self) -> int:
        return await super().residue() + len(self.left)


@mutant("The key of a tag stays when its last entry is deleted.", caught_by="leaks_nothing_after_delete")
class EmptyTagSets(Leaking):
    async def delete(self, entry_id: str) -> bool:
        entry = self._store.entries.get(entry_id)
        self.left |= set() if entry is None else entry.tags
        return await super().delete(entry_id)


@mutant("`delete_where` leaves the members of the user index.", caught_by="leaks_nothing_after_delete_where")
class DeleteWhereLeaves(Leaking):
    async def delete_where(self, filter: Filter) -> int:
        self.left |= {(entry.user_id, entry.id) for entry in self._store.admitted(filter).values()}
        return await super().delete_where(filter)


@mutant("`clear` leaves the timers.", caught_by="leaks_nothing_after_clear")
class ClearLeavesTimers(Leaking):
    cleared = False

    async def clear(self) -> int:
        # The first one is what everything is compared with.
        self.left |= set(self._store.entries) if self.cleared else set()
        self.cleared = True
        return await super().clear()


@mutant("An overwrite leaves the old version of the entry.", caught_by="leaks_nothing_after_overwrites")
class OldVersions(Leaking):
    async def save(self, entry: MemoryEntry) -> None:
        if entry.id in self._store.entries:
            self.left.add(self._store.entries[entry.id])
        await super().save(entry)


@mutant("What expires stays in the tag sets (ZSET without a TTL).", caught_by="leaks_nothing_after_expiry")
class ExpiredMembers(Leaking):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many(entries)
        self.left |= {(tag, entry.id) for entry in entries for tag in entry.tags if entry.expires_at is not None}

    async def delete(self, entry_id: str) -> bool:
        self.left = {one for one in self.left if one[1] != entry_id}
        return await super().delete(entry_id)


@mutant("Every refresh leaves a timer.", caught_by="leaks_nothing_after_refreshes")
class TimersOfRefreshes(Leaking):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        if self.refresh_on_read:
            self.left.add((entry.id, entry.expires_at))
        return super()._read(entry)


@mutant("What is evicted stays in the word index.", caught_by="leaks_nothing_after_evictions")
class EvictedWords(Leaking):
    async def save(self, entry: MemoryEntry) -> None:
        before = set(self._store.entries)
        await super().save(entry)
        self.left |= before - self._store.entries.keys()


@mutant("What was not found is remembered (a negative cache).", caught_by="leaks_nothing_after_reads")
class RemembersMisses(Leaking):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        found = await super().get(entry_id)
        if found is None:
            self.left.add(entry_id)
        return found


@mutant("A query makes a set for each tag that it asks for.", caught_by="leaks_nothing_after_reads")
class QueriesMakeSets(Leaking):
    async def query(self, query: Query) -> Sequence[Hit]:
        self.left |= set() if query.filter is None else query.filter.tags
        return await super().query(query)


@mutant("Deleted entries are marked and never swept.", caught_by="leaks_nothing_after_delete_many")
class NeverVacuumed(Leaking):
    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        self.left |= set(entry_ids) & self._store.entries.keys()
        return await super().delete_many(entry_ids)


@mutant("A fence is kept for every name that was ever locked.", caught_by="leaks_nothing_of_locks")
class FencesByName(Leaking):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = await super().lock(name, ttl=ttl, wait=wait)
        self.left.add(name)
        return lock


@mutant("Counters whose TTL is over are hidden and not swept.", caught_by="leaks_nothing_of_counters")
class HiddenCounters(Leaking):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().increment(name, by, ttl=ttl)
        if ttl is not None:
            self.left.add(name)
        return value

    async def reset(self, name: str) -> bool:
        self.left.discard(name)
        return await super().reset(name)


@mutant("Who was refused is noted.", caught_by="leaks_nothing_of_limits")
class NotesRefusals(Leaking):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        if not answer.allowed:
            self.left.add(name)
        return answer


@mutant("What a swap removes is emptied, and its key stays.", caught_by="leaks_nothing_of_values")
class EmptiedValues(Leaking):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        swapped = await super().swap(name, old, new, ttl=ttl)
        if swapped and old is not None and new is None:
            self.left.add(name)
        return swapped


@mutant("Each value that is overwritten leaves its timer.", caught_by="leaks_nothing_of_values")
class TimersOfValues(Leaking):
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        if await self.values([name]) != [None]:
            self.left.add((name, value))
        await super().put(name, value, ttl=ttl)


@mutant("Who only looks at a window makes one.", caught_by="leaks_nothing_of_limits")
class LooksMakeWindows(Leaking):
    async def used(self, name: str, *, per: float) -> int:
        self.left.add((name, per))
        return await super().used(name, per=per)


@mutant("Who waited in vain for a lock stays in its queue.", caught_by="leaks_nothing_of_locks")
class WaitersStay(Leaking):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        try:
            return await super().lock(name, ttl=ttl, wait=wait)
        except LockUnavailable:
            if wait:
                self.left.add(name)
            raise


@mutant("Who was cancelled while it waited stays in the queue.", caught_by="leaks_nothing_of_locks")
class CancelledWaitersStay(Leaking):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        try:
            return await super().lock(name, ttl=ttl, wait=wait)
        except asyncio.CancelledError:
            self.left.add(name)
            raise


@mutant("A refused increment makes the counter.", caught_by="leaks_nothing_of_counters")
class RefusedIncrementsStay(Leaking):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        with contextlib.suppress(InvalidInput):
            return await super().increment(name, by, ttl=ttl)
        self.left.add(name)
        return await super().increment(name, by, ttl=ttl)


@mutant("What was refused is remembered.", caught_by="leaks_nothing_after_what_is_refused_of_allow_weight")
class RemembersRefused(Leaking):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        try:
            return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        except InvalidInput:
            self.left.add(repr(weight))
            raise


@mutant("`residue` leaves windows out.", caught_by="leaks_are_told_of_by_the_residue_of_a_window")
class ResidueWithoutWindows(InMemoryAdapter):
    async def residue(self) -> int:
        return await super().residue() - self._limits.places


@mutant("`residue` leaves locks out.", caught_by="leaks_are_told_of_by_the_residue_of_a_lock")
class ResidueWithoutLocks(InMemoryAdapter):
    async def residue(self) -> int:
        return await super().residue() - self._locks.places


@mutant("`residue` counts what is true.", caught_by="leaks_are_told_of_by_the_residue_of_a_counter_of_zero")
class ResidueOfWhatIsTrue(InMemoryAdapter):
    async def residue(self) -> int:
        is_there = any(self._counters._things.values())
        return await super().residue() - (0 if is_there else self._counters.places)


@mutant("A task that sweeps what has expired outlives `close`.", caught_by="leaks_no_task_thread_or_file_of_save")
class SweepsOn(InMemoryAdapter):
    sweeper: asyncio.Task[None] | None = None

    async def save(self, entry: MemoryEntry) -> None:
        loop = asyncio.get_running_loop()
        if entry.expires_at is not None and (self.sweeper is None or self.sweeper.get_loop() is not loop):
            self.sweeper = loop.create_task(asyncio.sleep(3600))
        await super().save(entry)


@mutant(
    "`close` cancels the task that sweeps, and does not wait for its end.",
    caught_by="leaks_no_task_thread_or_file_of_save",
)
class CloseDoesNotWait(SweepsOn):
    async def close(self) -> None:
        if self.sweeper is not None:
            self.sweeper.cancel()
        await super().close()


@mutant("A thread that renews locks outlives `close`.", caught_by="leaks_no_task_thread_or_file_of_renew")
class RenewsOn(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        await super().renew(lock, ttl=ttl)
        threading.Thread(target=threading.Event().wait, args=(20,), daemon=True).start()


@mutant("The connection of counters stays open.", caught_by="leaks_no_task_thread_or_file_of_counter")
class ConnectionStays(InMemoryAdapter):
    connections: ClassVar[list[Any]] = []

    async def counter(self, name: str) -> int:
        self.connections.append(socket.socket())
        return await super().counter(name)
