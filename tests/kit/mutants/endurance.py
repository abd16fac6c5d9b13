"""What is worn out by calls that were refused, failed or cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import Any

from axon.core.errors import InvalidInput, LockUnavailable, StoreOverloaded, StoreUnavailable
from axon.spi import Allowance, Filter, Health, Lock, MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Awaiting, Remote
from mutants.registration import mutant


class Pooled(Awaiting):
    """Has some connections, and says itself after which errors one is given back."""

    free = 20
    lost: tuple[type[BaseException], ...] = ()

    @asynccontextmanager
    async def connection(self) -> Any:
        if not self.free:
            raise StoreOverloaded("no connection is free")
        self.free -= 1
        try:
            yield
        except BaseException as error:
            self.free += not isinstance(error, self.lost)
            raise
        self.free += 1


@mutant("A save that is refused keeps its connection.", caught_by="endurance_is_not_worn_out_by_what_fails_in_save")
class RefusalKeepsAConnection(Pooled):
    lost = (InvalidInput,)

    async def save(self, entry: MemoryEntry) -> None:
        async with self.connection():
            await super().save(entry)


@mutant(
    "A counter that would leave its range keeps a connection.",
    caught_by="endurance_is_not_worn_out_by_what_fails_in_increment",
)
class OverflowKeepsAConnection(Pooled):
    lost = (InvalidInput,)

    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        async with self.connection():
            return await super().increment(name, by, ttl=ttl)


@mutant(
    "Who did not get a lock stays counted among those that wait, of whom there may be so many.",
    caught_by="endurance_is_not_worn_out_by_what_fails_in_lock_after_a_wait",
)
class WaitersAreCounted(Pooled):
    lost = (LockUnavailable,)

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        if not wait:
            return await super().lock(name, ttl=ttl)
        async with self.connection():
            return await super().lock(name, ttl=ttl, wait=wait)


@mutant(
    "A connection is taken before the name is looked at, and kept where that is none.",
    caught_by="endurance_is_not_worn_out_by_what_is_refused_of_used_name",
)
class TakesThenLooks(Pooled):
    lost = (InvalidInput,)

    async def used(self, name: str, *, per: float) -> int:
        async with self.connection():
            return await super().used(name, per=per)


@mutant("A call that is cancelled keeps its connection.", caught_by="endurance_is_not_worn_out_by_cancelling_allow")
class CancelledKeepsAConnection(Pooled):
    lost = (asyncio.CancelledError,)

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        async with self.connection():
            return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)


@mutant(
    "A batch that is cancelled leaves a flag up, which another verb looks at.",
    caught_by="endurance_is_not_worn_out_by_cancelling_save_many",
)
class FlagStaysUp(Awaiting):
    busy = False

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        self.busy = True
        await super().save_many(entries)
        self.busy = False

    async def delete_where(self, filter: Filter) -> int:
        if self.busy:
            raise StoreOverloaded("a batch is under way")
        return await super().delete_where(filter)


@mutant(
    "Of calls that wait for a turn, one that is cancelled takes its turn along.",
    caught_by="endurance_is_not_worn_out_by_cancelling_many_at_once_put",
)
class TakesItsTurnAlong(Awaiting):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.queue: list[object] = []

    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        if len(self.queue) > 45:
            raise StoreOverloaded("too many wait")
        mine = object()
        self.queue.append(mine)
        await asyncio.sleep(0)
        await super().put(name, value, ttl=ttl)
        self.queue.remove(mine)


@mutant("A cancelled swap is told as a store that is away.", caught_by="endurance_tells_of_cancelling_swap")
class CancelledIsUnavailable(Awaiting):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        try:
            return await super().swap(name, old, new, ttl=ttl)
        except asyncio.CancelledError as error:
            raise StoreUnavailable("the connection was lost", sent=True) from error


@mutant(
    "A counter whose store is away is an error of the driver.",
    caught_by="endurance_is_not_worn_out_by_a_store_that_is_away_counter",
)
class DriverErrorOfCounters(Remote):
    async def counter(self, name: str) -> int:
        if self.port != 6379:
            raise ConnectionRefusedError(111, "connection refused")
        return await super().counter(name)


@mutant(
    "Each attempt to connect takes a place, and the last one is told as something else.",
    caught_by="endurance_is_not_worn_out_by_a_store_that_is_away_get",
)
class AttemptsTakePlaces(Remote):
    attempts = 0

    def connect(self) -> None:
        if self.port != 6379:
            self.attempts += 1
            if self.attempts > 30:
                raise IndexError("pop from an empty list")
        super().connect()


@mutant("`health` remembers a release that was none.", caught_by="endurance_is_not_worn_out_by_what_fails_in_unlock")
class IllAfterAFailure(InMemoryAdapter):
    failed = False

    async def unlock(self, lock: Lock) -> bool:
        released = await super().unlock(lock)
        self.failed = self.failed or not released
        return released

    async def health(self) -> Health:
        health = await super().health()
        return Health(status="degraded", latency_ms=0.0) if self.failed else health
