"""What is taken that has to be refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from axon.core.errors import InvalidInput, LockUnavailable
from axon.spi import Lock
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


@mutant(
    "Whether a lock is held is asked before its TTL is looked at.",
    caught_by="arguments_are_refused_of_renew_ttl_of_one_that_is_not_held",
)
class AsksBeforeItLooks(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        if isinstance(lock, Lock) and self._locks._held_as(lock) is None:
            raise LockUnavailable(f"the lock {lock.name!r} is not held")
        await super().renew(lock, ttl=ttl)


@mutant("`reset` takes any name.", caught_by="arguments_are_refused_of_reset_name")
class ResetTakesAnyName(InMemoryAdapter):
    async def reset(self, name: str) -> bool:
        return isinstance(name, str) and self._counters.remove(name)


@mutant("A counter that cannot be is 0.", caught_by="arguments_are_refused_of_counter_name")
class LooksAtAnyName(InMemoryAdapter):
    async def counter(self, name: str) -> int:
        return (isinstance(name, str) and self._counters.get(name)) or 0


@mutant("True counts as 1.", caught_by="arguments_are_refused_of_increment_by")
class CountsTruth(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        return await super().increment(name, int(by) if isinstance(by, bool) else by, ttl=ttl)


@mutant("A TTL of 0 is none.", caught_by="arguments_are_refused_of_increment_ttl")
class ZeroIsForEver(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        return await super().increment(name, by, ttl=ttl or None)


@mutant("What is no lock is not held.", caught_by="arguments_are_refused_of_unlock_lock")
class AnythingIsNotHeld(InMemoryAdapter):
    async def unlock(self, lock: Any) -> bool:
        return isinstance(lock, Lock) and await super().unlock(lock)


@mutant("`wait` is looked at where it is waited.", caught_by="arguments_are_refused_of_lock_wait_for_one_that_is_free")
class WaitIsLookedAtLater(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        with suppress(InvalidInput):
            return await super().lock(name, ttl=ttl)
        return await super().lock(name, ttl=ttl, wait=wait)


@mutant(
    "An increment out of the range makes a counter of 0.",
    caught_by="arguments_are_no_reason_to_free_or_forget_of_increment_of_nothing_out_of_range",
)
class OutOfRangeMakesZero(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        try:
            return await super().increment(name, by, ttl=ttl)
        except InvalidInput:
            if type(by) is int and abs(by) > 2**62:
                self._counters._things.setdefault(name, 0)
            raise


@mutant("A put removes what is there before it looks at what comes.", caught_by="arguments_are_refused_of_put_value")
class PutsBeforeItLooks(InMemoryAdapter):
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        if isinstance(name, str):
            self._values.remove(name)
        await super().put(name, value, ttl=ttl)
