"""What goes wrong between two awaits: many tasks at once, tasks that are cancelled, event loops that end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import attrs

from axon.spi import Filter, Lock, MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Ending
from mutants.registration import mutant


@mutant("Looking and deleting are two steps.", caught_by="concurrency_deletes_once")
class LooksThenDeletes(InMemoryAdapter):
    async def delete(self, entry_id: str) -> bool:
        found = await self.get(entry_id)
        await asyncio.sleep(0)
        await super().delete(entry_id)
        return found is not None


@mutant(
    "The old entry is read, then replaced: of two writers both stay in the index.",
    caught_by="concurrency_keeps_one_of_many_writers",
)
class ReadsThenIndexes(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await asyncio.sleep(0)
        now = self._store.entries.get(entry.id)
        await super().save(entry)
        if now is not None and now is not old:
            for tag in now.tags - entry.tags:
                self._store.tags[tag][entry.id] = entry


@mutant("A text is written before its tags.", caught_by="concurrency_shows_no_torn_entry")
class Torn(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        if old is not None:
            await super().save(attrs.evolve(entry, tags=old.tags, user_id=old.user_id))
            await asyncio.sleep(0)
        await super().save(entry)


@mutant("A replaced entry is deleted first and inserted then.", caught_by="concurrency_shows_no_torn_entry")
class DeletesThenInserts(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        if await super().delete(entry.id):
            await asyncio.sleep(0)
        await super().save(entry)


@mutant(
    "What is being saved lies in an attribute of the adapter across an await.", caught_by="concurrency_loses_no_save"
)
class StateAcrossAnAwait(InMemoryAdapter):
    entry: MemoryEntry

    async def save(self, entry: MemoryEntry) -> None:
        self.entry = entry
        await asyncio.sleep(0)
        await super().save(self.entry)


@mutant("An answer goes to whoever asked last.", caught_by="concurrency_answers_each_its_own")
class AnswersMixedUp(InMemoryAdapter):
    asked: str = ""

    async def get(self, entry_id: str) -> MemoryEntry | None:
        self.asked = entry_id
        await asyncio.sleep(0)
        return await super().get(self.asked)


@mutant("The tables are made by every first call, and empty what is there.", caught_by="concurrency_starts_once")
class StartsOften(InMemoryAdapter):
    started = False

    async def save(self, entry: MemoryEntry) -> None:
        if not self.started:
            await asyncio.sleep(0)
            self._store.clear()
            self.started = True
        await super().save(entry)


@mutant(
    "`delete_where` deletes by position what it found before an await.",
    caught_by="concurrency_loses_no_entry_to_a_neighbours_delete",
)
class DeletesByPosition(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        self._store.expire()
        places = [place for place, entry in enumerate(self._store.entries.values()) if filter.matches(entry)]
        await asyncio.sleep(0)
        names = list(self._store.entries)
        return sum(self._store.remove(names[place]) for place in places if place < len(names))


@mutant("`delete_where` saves back what it keeps.", caught_by="concurrency_loses_no_entry_to_a_neighbours_delete")
class SavesBack(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        self._store.expire()
        kept = [entry for entry in self._store.entries.values() if not filter.matches(entry)]
        before = len(self._store.entries)
        await asyncio.sleep(0)
        self._store.clear()
        for entry in kept:
            self._store.put(entry, self._store._clock())
        return before - len(kept)


@mutant(
    "The limit of entries is looked at before an await, and kept after it.",
    caught_by="eviction_is_never_too_late_by_oldest",
)
class EvictsLater(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        evict, self._store._evict = self._store._evict, lambda _: None
        full = self.max_entries is not None and len(self._store.entries) >= self.max_entries
        await asyncio.sleep(0)
        await super().save(entry)
        self._store._evict = evict
        if full and self._store._ranks is not None:
            evict(self._store._ranks)


@mutant(
    "A cancelled save leaves the entry without its index.", caught_by="cancellation_leaves_nothing_half_done_by_save"
)
class IndexedLater(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        for tag in entry.tags:
            self._store.tags[tag].pop(entry.id, None)
        await asyncio.sleep(0)
        self._store._index_fields(self._store.entries[entry.id])


@mutant(
    "A cancelled delete has emptied the index and kept the entry.",
    caught_by="cancellation_leaves_nothing_half_done_by_delete",
)
class UnindexedFirst(InMemoryAdapter):
    async def delete(self, entry_id: str) -> bool:
        entry = self._store.entries.get(entry_id)
        for tag in () if entry is None else entry.tags:
            self._store.tags[tag].pop(entry_id, None)
        await asyncio.sleep(0)
        if entry is not None and self._store.entries.get(entry_id) is entry:
            self._store._index_fields(entry)
        return await super().delete(entry_id)


@mutant(
    "A cancelled `clear` has emptied the tag index alone.", caught_by="cancellation_leaves_nothing_half_done_by_clear"
)
class ClearsInSteps(InMemoryAdapter):
    async def clear(self) -> int:
        entries = list(self._store.entries.values())
        for entry in entries:
            for tag in entry.tags:
                self._store.tags[tag].pop(entry.id, None)
        await asyncio.sleep(0)
        for entry in entries:
            self._store._index_fields(entry)
        return await super().clear()


@mutant(
    "A cancelled call keeps the lock around the connection.", caught_by="cancellation_leaves_nothing_half_done_by_get"
)
class LockIsKept(InMemoryAdapter):
    busy = False

    async def get(self, entry_id: str) -> MemoryEntry | None:
        if self.busy:
            raise RuntimeError("the connection is busy")
        self.busy = True
        await asyncio.sleep(0)
        self.busy = False
        return await super().get(entry_id)

    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        return [await self.get(entry_id) for entry_id in entry_ids]


@mutant(
    "A connection that was cancelled while it was made is never made again.",
    caught_by="cancellation_of_the_first_call_leaves_a_working_adapter",
)
class ConnectsOnce(InMemoryAdapter):
    state = "new"

    async def save(self, entry: MemoryEntry) -> None:
        if self.state == "new":
            self.state = "connecting"
            await asyncio.sleep(0)
            self.state = "open"
        if self.state != "open":
            raise RuntimeError("not connected")
        await super().save(entry)


@mutant(
    "Writes are gathered in a batch that the cancellation of one takes along.",
    caught_by="cancellation_of_one_call_does_not_touch_another",
)
class SharedBatch(InMemoryAdapter):
    batch: asyncio.Task[None] | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.waiting: list[MemoryEntry] = []

    async def flush(self) -> None:
        await asyncio.sleep(0)
        entries, self.waiting, self.batch = self.waiting, [], None
        await InMemoryAdapter.save_many(self, entries)

    async def save(self, entry: MemoryEntry) -> None:
        self.waiting.append(entry)
        if self.batch is None:
            self.batch = asyncio.ensure_future(self.flush())
        await self.batch


@mutant("The adapter works in its first event loop only.", caught_by="loops_one_after_another_work")
class FirstLoopOnly(InMemoryAdapter):
    loop: asyncio.AbstractEventLoop | None = None

    async def save(self, entry: MemoryEntry) -> None:
        self.loop = self.loop or asyncio.get_running_loop()
        if self.loop.is_closed():
            raise RuntimeError("Event loop is closed")
        await super().save(entry)


@mutant("The constructor needs a running event loop.", caught_by="contract_is_made_outside_of_a_loop")
class NeedsALoop(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.loop = asyncio.get_running_loop()


@mutant("`close` waits for a task of a loop that is gone.", caught_by="loops_that_end_without_close_do_no_harm")
class WaitsForADeadTask(InMemoryAdapter):
    future: asyncio.Future[None] | None = None

    async def save(self, entry: MemoryEntry) -> None:
        self.future = self.future or asyncio.get_running_loop().create_future()
        await super().save(entry)

    async def close(self) -> None:
        if self.future is not None and self.future.get_loop() is not asyncio.get_running_loop():
            await self.future


@mutant(
    "A loop that ends in the middle of a call leaves the adapter busy.",
    caught_by="loops_that_were_closed_with_calls_under_way_do_no_harm",
)
class BusyForEver(InMemoryAdapter):
    busy = 0

    async def save(self, entry: MemoryEntry) -> None:
        if self.busy > 20 or (self.busy and entry.id == "b"):
            raise RuntimeError("too many calls are under way")
        self.busy += 1
        await asyncio.sleep(0)
        self.busy -= 1
        await super().save(entry)


@mutant(
    "A cancelled batch leaves entries without their tags.",
    caught_by="cancellation_leaves_nothing_half_done_by_save_many",
)
class BatchInTwoSteps(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many([attrs.evolve(entry, tags=[]) for entry in entries])
        await asyncio.sleep(0)
        await super().save_many(entries)


@mutant("A batch puts back what was there when it began.", caught_by="concurrency_loses_no_batch")
class BatchPutsBack(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        before = set(self._store.entries)
        await asyncio.sleep(0)
        for entry_id in self._store.entries.keys() - before:
            self._store.remove(entry_id)
        await super().save_many(entries)


@mutant("The TTL is set after the entry was written.", caught_by="cancellation_leaves_no_entry_without_its_end_save")
class TtlAfterwards(Ending):
    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        if entry.expires_at is not None and entry.id in self._store.entries:
            self.ends.end(entry.id, None)
            await asyncio.sleep(0)
            if self._store.entries.get(entry.id) is entry:
                self.ends.end(entry.id, entry.expires_at.timestamp())


@mutant("A cancelled save goes on as if nothing had been.", caught_by="cancellation_is_not_swallowed_by_save")
class SwallowsCancelling(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        await super().save(entry)


@mutant(
    "One asyncio.Lock for all event loops, which fails where it is waited for in a second one.",
    caught_by="loops_one_after_another_are_at_one_with_save",
)
class MutexForAllLoops(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.mutex = asyncio.Lock()

    async def save(self, entry: MemoryEntry) -> None:
        async with self.mutex:
            await asyncio.sleep(0)
            await super().save(entry)


@mutant(
    "A batch is written by the event loop in which the first one was.",
    caught_by="loops_one_after_another_are_at_one_with_save_many",
)
class LoopOfTheFirstBatch(InMemoryAdapter):
    loop: asyncio.AbstractEventLoop | None = None

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        self.loop = self.loop or asyncio.get_running_loop()
        written = self.loop.create_future()
        self.loop.call_soon(written.set_result, None)
        await super().save_many(entries)
        await written


@mutant(
    "A semaphore that was waited for in one event loop, and for another verb in the next.",
    caught_by="loops_one_after_another_are_at_one_with_all_verbs_all_at_once",
)
class SemaphoreOfTwoVerbs(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.places = asyncio.Semaphore(1)

    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        async with self.places:
            await asyncio.sleep(0)
            return await super().increment(name, by, ttl=ttl)

    async def reset(self, name: str) -> bool:
        async with self.places:
            return await super().reset(name)


@mutant("A lock is lost with the event loop in which it was taken.", caught_by="loops_one_after_another_hand_locks_on")
class LocksOfOneLoop(InMemoryAdapter):
    async def unlock(self, lock: Lock) -> bool:
        loop = self.__dict__.setdefault("loops", {}).get(lock.token)
        return loop in {None, asyncio.get_running_loop()} and await super().unlock(lock)

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = await super().lock(name, ttl=ttl, wait=wait)
        self.__dict__.setdefault("loops", {})[lock.token] = asyncio.get_running_loop()
        return lock


@mutant("Who is cancelled cancels all who get the same entry.", caught_by="concurrency_cancels_nobody_else_with_get")
class SharesItsGets(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.flights: dict[str, asyncio.Task[MemoryEntry | None]] = {}

    async def get(self, entry_id: str) -> MemoryEntry | None:
        task = self.flights.get(entry_id)
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self.flights[entry_id] = asyncio.create_task(self._loaded(entry_id))
        try:
            return await task
        finally:
            self.flights.pop(entry_id, None)

    async def _loaded(self, entry_id: str) -> MemoryEntry | None:
        await asyncio.sleep(0)
        return await super().get(entry_id)
