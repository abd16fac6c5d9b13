"""What goes wrong where a lock is waited for."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import Any

from axon.core.errors import LockUnavailable
from axon.spi import Lock
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


@mutant("`wait` in whole seconds: 0.6 is 0.", caught_by="waiting_goes_on_until_a_release")
class WholeWaits(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        whole = int(wait) if 0 < wait < math.inf else wait
        return await super().lock(name, ttl=ttl, wait=whole)


@mutant("A `wait` without end is none.", caught_by="waiting_goes_on_until_a_release")
class EndlessIsNone(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return await super().lock(name, ttl=ttl, wait=0.0 if wait == math.inf else wait)


@mutant("Only a float is waited for.", caught_by="waiting_goes_on_until_a_release")
class WaitsForFloats(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return await super().lock(name, ttl=ttl, wait=0.0 if type(wait) is int and wait > 0 else wait)


@mutant("`wait` is rounded up to whole seconds.", caught_by="waiting_ends_when_it_was_to_end")
class WaitsRoundedUp(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return await super().lock(name, ttl=ttl, wait=math.ceil(wait) if 0.01 < wait < math.inf else wait)


@mutant("Who waits is woken by a release alone.", caught_by="waiting_is_over_when_the_holder_lost_the_lock")
class WokenByReleases(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        held = self._locks._held.get(name) if isinstance(name, str) else None
        if held is not None and wait > 0:
            # It is awake, and does not look before the holder has had his time as it was when it came.
            await asyncio.sleep(0.5)
            if self._locks._held.get(name) is held:
                raise LockUnavailable(f"the lock {name!r} is held by another")
        return await super().lock(name, ttl=ttl, wait=wait)


@mutant("A renewal is not told to who waits.", caught_by="waiting_is_over_sooner_when_the_holder_renewed_for_less")
class RenewsUnseen(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        held = self._locks._held_as(lock)
        if held is None:
            return await super().renew(lock, ttl=ttl)
        held.waiters, waiters = deque(), held.waiters
        try:
            return await super().renew(lock, ttl=ttl)
        finally:
            held.waiters = waiters


@mutant("The TTL of who waits begins with the wait.", caught_by="waiting_takes_nothing_off_the_ttl")
class EndsAsAsked(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        asked = self._store._clock()
        lock = await super().lock(name, ttl=ttl, wait=wait)
        held = self._locks._held[name]
        held.until = asked + ttl
        self._locks._due.set(name, held.until)
        return lock


@mutant("A cancelled wait is LockUnavailable.", caught_by="waiting_is_cancelled_at_any_await")
class CancelledWaitIsUnavailable(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        try:
            return await super().lock(name, ttl=ttl, wait=wait)
        except asyncio.CancelledError:
            raise LockUnavailable(f"the lock {name!r} was not obtained") from None


@mutant(
    "A lock that was taken is held though the call is cancelled after it.",
    caught_by="waiting_holds_nothing_after_a_cancelled_lock",
)
class TakenThenCancelled(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = await super().lock(name, ttl=ttl, wait=wait)
        await asyncio.sleep(0)
        return lock


@mutant(
    "A renewal releases the lock, waits, and takes it again.",
    caught_by="waiting_leaves_a_lock_held_or_free_after_a_cancelled_renew",
)
class RenewsInTwoSteps(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        await super().renew(lock, ttl=ttl)
        held = self._locks._held.pop(lock.name)
        await asyncio.sleep(0)
        self._locks._held[lock.name] = held


class HandedOver(InMemoryAdapter):
    """Waits once more between the moment in which the lock is its own and the one in which it gives it."""

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = await super().lock(name, ttl=ttl, wait=wait)
        if wait:
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                self.given_up(lock)
                raise
        return lock

    def given_up(self, lock: Lock) -> None:
        self._locks.unlock(lock)


@mutant(
    "Who is cancelled when the lock was just handed over keeps it.",
    caught_by="waiting_goes_on_to_the_next_when_one_is_cancelled_at_a_release_after",
)
class KeepsWhatWasHandedOver(HandedOver):
    def given_up(self, lock: Lock) -> None:
        pass


@mutant("A timeout around a wait is LockUnavailable.", caught_by="waiting_is_given_up_by_a_timeout")
class TimeoutIsUnavailable(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        try:
            return await super().lock(name, ttl=ttl, wait=wait)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and wait > 1:
                raise LockUnavailable("it took too long") from error
            raise


@mutant("One that gives up sends all others away.", caught_by="waiting_leaves_those_alone_that_wait_on")
class AllGiveUp(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        try:
            return await super().lock(name, ttl=ttl, wait=wait)
        except LockUnavailable:
            held: Any = self._locks._held.get(name)
            if wait and held is not None:
                held.waiters.clear()
            raise


@mutant("A waiter goes by the end that the lock had when it came.", caught_by="waiting_goes_on_while_the_holder_renews")
class OverlooksRenewals(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        held = self._locks._held.get(name) if isinstance(name, str) else None
        if held is None or not wait:
            return await super().lock(name, ttl=ttl, wait=wait)
        seen, loop = held.until, asyncio.get_running_loop()
        end = loop.time() + wait
        while loop.time() < end:
            if self._locks._clock() >= seen and self._locks._held.get(name) is held:
                self._locks._hand_on(name)
            try:
                return await super().lock(name, ttl=ttl)
            except LockUnavailable:
                await asyncio.sleep(0.01)
        raise LockUnavailable(f"the lock {name!r} is held by another")
