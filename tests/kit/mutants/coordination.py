"""What goes wrong with locks, counters and limits."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import attrs

from axon.core.errors import InvalidInput, LockUnavailable
from axon.spi import Allowance, Lock
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.counters import Counters
from axon_inmemory.limits import Limits
from axon_inmemory.locks import Locks
from mutants.registration import mutant


@mutant("A lock that is not to be had is entered all the same.", caught_by="locks_are_held_by_one")
class EntersWithoutTheLock(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        try:
            return await super().lock(name, ttl=ttl, wait=wait)
        except LockUnavailable:
            return Lock(name=name, token="none", fence=0)


@mutant("Who has waited long enough enters without the lock.", caught_by="locks_are_held_by_one")
class EntersAfterWaiting(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        try:
            return await super().lock(name, ttl=ttl, wait=wait)
        except LockUnavailable:
            if not wait:
                raise
            return Lock(name=name, token="none", fence=0)


@mutant("A lock is looked at, and then taken.", caught_by="locks_exclude_each_other")
class LooksThenTakes(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        for _ in range(1000):
            held = self._locks._held.get(name)
            await asyncio.sleep(0)
            if held is None:
                if (there := self._locks._held.get(name)) is not None:
                    await self.unlock(there.lock)
                return await super().lock(name, ttl=ttl)
            if not wait:
                break
            await asyncio.sleep(0.001)
        return await super().lock(name, ttl=ttl, wait=wait)


@mutant(
    "`unlock` does not compare the token: it releases another's lock.",
    caught_by="locks_are_given_back_by_their_holder_alone",
)
class ReleasesAnothers(InMemoryAdapter):
    async def unlock(self, lock: Lock) -> bool:
        held = self._locks._held.get(lock.name)
        return await super().unlock(lock if held is None else held.lock)


@mutant("`unlock` says that it released what it did not hold.", caught_by="locks_are_given_back_by_their_holder_alone")
class UnlockIsTrue(InMemoryAdapter):
    async def unlock(self, lock: Lock) -> bool:
        await super().unlock(lock)
        return True


@mutant("A lock has no TTL: who does not come back keeps it.", caught_by="locks_end_with_their_ttl")
class LocksForEver(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return await super().lock(name, ttl=max(ttl, 3600.0) if ttl > 0 else ttl, wait=wait)


@mutant("The TTL of a lock is rounded up to seconds.", caught_by="locks_end_with_their_ttl")
class LocksInSeconds(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return await super().lock(name, ttl=math.ceil(ttl), wait=wait)


@mutant("`renew` revives a lock that was lost.", caught_by="locks_end_with_their_ttl")
class RenewsTheLost(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        try:
            await super().renew(lock, ttl=ttl)
        except LockUnavailable:
            return


@mutant("`renew` does nothing.", caught_by="locks_can_be_renewed")
class RenewsNothing(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        if self._locks._held_as(lock) is None:
            raise LockUnavailable("gone")


@mutant("Fences begin anew when a lock is released.", caught_by="locks_have_fences_that_grow")
class FencesRepeat(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return attrs.evolve(await super().lock(name, ttl=ttl, wait=wait), fence=1)


@mutant("A fence is the time in seconds.", caught_by="locks_have_fences_that_grow")
class FencesOfTime(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return attrs.evolve(await super().lock(name, ttl=ttl, wait=wait), fence=int(self._store._clock()))


@mutant("All holders have one token, that of their adapter.", caught_by="locks_are_held_by_one")
class TokenOfTheAdapter(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = attrs.evolve(await super().lock(name, ttl=ttl, wait=wait), token="me")
        self._locks._held[name].lock = lock
        return lock


@mutant("Nobody is woken: a waiter sees the end of the TTL and not the release.", caught_by="locks_are_waited_for")
class NobodyIsWoken(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        if wait > 1 and name in self._locks._held:
            raise LockUnavailable("still held")
        return await super().lock(name, ttl=ttl, wait=wait)


@mutant(
    "A waiter that is cancelled gets the lock, and nobody releases it.",
    caught_by="locks_are_left_alone_by_a_waiter_that_gives_up",
)
class CancelledWaitersHold(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._locks._leave = lambda *_: None


@mutant("`clear` frees the locks.", caught_by="locks_are_no_entries")
class ClearFreesLocks(InMemoryAdapter):
    async def clear(self) -> int:
        self._locks = Locks(self._store._clock)
        return await super().clear()


@mutant("A lock is reentrant for its adapter.", caught_by="locks_are_held_by_one")
class Reentrant(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        held = self._locks._held.get(name)
        return await super().lock(name, ttl=ttl, wait=wait) if held is None else held.lock


@mutant("All names are one lock.", caught_by="locks_are_held_by_one")
class OneLockForAll(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        if self._locks._held and name not in self._locks._held:
            raise LockUnavailable("held")
        return await super().lock(name, ttl=ttl, wait=wait)


@mutant("`increment` reads, waits and writes.", caught_by="counters_lose_no_increment")
class LosesIncrements(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await self.counter(name)
        await asyncio.sleep(0)
        now = await self.counter(name)
        return await super().increment(name, by + value - now, ttl=ttl)


@mutant("Every increment moves the TTL.", caught_by="counters_end_with_their_ttl")
class MovesTheTtl(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().increment(name, by, ttl=ttl)
        if ttl is not None:
            self._counters._due.set(name, self._store._clock() + ttl)
        return value


@mutant("Counters have no TTL.", caught_by="counters_end_with_their_ttl")
class CountersForEver(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().increment(name, by, ttl=ttl)
        self._counters._due.remove(name)
        return value


@mutant("A reset counter keeps its TTL.", caught_by="counters_can_be_reset")
class ResetKeepsTtl(InMemoryAdapter):
    async def reset(self, name: str) -> bool:
        due = self._counters._due._keys.get(name)
        found = await super().reset(name)
        if due is not None:
            self._counters._due.set(name, due)
            self._counters._values[name] = 0
        return found


@mutant("A counter does not go below 0.", caught_by="counters_begin_at_zero")
class NotBelowZero(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        return await super().increment(name, max(by, -await self.counter(name)), ttl=ttl)


@mutant("Counters wrap around at 32 bits.", caught_by="counters_count_as_numbers_do")
class ThirtyTwoBitCounters(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().increment(name, by, ttl=ttl)
        self._counters._values[name] = wrapped = (value + 2**31) % 2**32 - 2**31
        return wrapped


@mutant("`clear` deletes the counters.", caught_by="counters_are_no_entries")
class ClearResetsCounters(InMemoryAdapter):
    async def clear(self) -> int:
        self._counters = Counters(self._store._clock)
        return await super().clear()


@mutant("`reset` says that there was one, whatever there was.", caught_by="counters_can_be_reset")
class ResetIsTrue(InMemoryAdapter):
    async def reset(self, name: str) -> bool:
        await super().reset(name)
        return True


@mutant("Windows are fixed: every second begins one.", caught_by="limits_slide")
class FixedWindows(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        if per > 0:
            window = int(self._store._clock() // per)
            if getattr(self, "window", None) != (name, window):
                self.window = (name, window)
                self._limits = Limits(self._store._clock)
        return await super().allow(name, limit=limit, per=per, weight=weight)


@mutant("A refusal uses up the limit.", caught_by="limits_are_not_used_up_by_refusals")
class RefusalsCost(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight)
        if not answer.allowed and (window := self._limits._windows.get(f"{per!r} {name}")) is not None:
            window.add(weight, self._store._clock() + per)
        return answer


@mutant("One more than the limit is allowed.", caught_by="limits_allow_so_many_and_no_more")
class OneMoreAllowed(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        return await super().allow(name, limit=limit + 1 if limit else limit, per=per, weight=weight)


@mutant("What is left is told as it was before the request.", caught_by="limits_allow_so_many_and_no_more")
class RemainingBefore(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight)
        return attrs.evolve(answer, remaining=answer.remaining + weight) if answer.allowed else answer


@mutant("`retry_after` is always the whole window.", caught_by="limits_say_when_to_come_again")
class RetryAfterAll(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight)
        return attrs.evolve(answer, retry_after=per) if 0 < answer.retry_after < math.inf else answer


@mutant(
    "`retry_after` is the end of the first request, though more has to leave.",
    caught_by="limits_say_when_a_heavy_one_is_to_come_again",
)
class RetryAfterTheFirst(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight)
        window = self._limits._windows.get(f"{per!r} {name}")
        if answer.allowed or window is None or answer.retry_after == math.inf:
            return answer
        return attrs.evolve(answer, retry_after=window._parts[0][0] - self._store._clock())


@mutant("A weight counts as one.", caught_by="limits_count_weights")
class WeightlessRequests(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        return await super().allow(name, limit=limit, per=per, weight=min(1, weight))


@mutant("What fits in part is allowed.", caught_by="limits_count_weights")
class PartlyAllowed(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        window = self._limits._windows.get(f"{per!r} {name}")
        left = limit - (0 if window is None else window.weight)
        return await super().allow(name, limit=limit, per=per, weight=min(weight, left) if left > 0 else weight)


@mutant("`clear` forgets the limits.", caught_by="limits_are_each_their_own")
class ClearForgetsLimits(InMemoryAdapter):
    async def clear(self) -> int:
        self._limits = Limits(self._store._clock)
        return await super().clear()


@mutant("Limits are counted before and noted after an await.", caught_by="limits_are_exact_at_once")
class NotedLater(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        window = self._limits._windows.get(f"{per!r} {name}")
        left = limit - (0 if window is None else window.weight)
        await asyncio.sleep(0)
        if 0 < weight <= left:
            answer = await super().allow(name, limit=10**9, per=per, weight=weight)
            return attrs.evolve(answer, remaining=left - weight)
        return await super().allow(name, limit=limit, per=per, weight=weight)


@mutant("A name has one window, whatever its length.", caught_by="limits_of_two_windows_do_not_disturb_each_other")
class OneWindowForAName(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        if per > 0:
            self.__dict__.setdefault("spans", {}).setdefault(name, per)
            per = self.__dict__["spans"][name]
        return await super().allow(name, limit=limit, per=per, weight=weight)


@mutant("What does not fit its limit is an error.", caught_by="limits_count_weights")
class TooHeavyIsAnError(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1) -> Allowance:
        if weight > limit > 0:
            raise LockUnavailable("never")
        return await super().allow(name, limit=limit, per=per, weight=weight)


@mutant("Names of locks are compared without case.", caught_by="locks_are_held_by_one")
class LocksWithoutCase(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return await super().lock(name.lower(), ttl=ttl, wait=wait)


@mutant("`renew` adds to what is left.", caught_by="locks_can_be_renewed")
class RenewAdds(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        held = self._locks._held.get(lock.name)
        left = 0.0 if held is None else held.until - self._store._clock()
        await super().renew(lock, ttl=ttl + left)


@mutant("The TTL of who waits counts from the request.", caught_by="locks_are_held_for_their_whole_ttl_after_a_wait")
class TtlFromTheRequest(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        asked = self._store._clock()
        lock = await super().lock(name, ttl=ttl, wait=wait)
        self._locks._due.set(name, asked + ttl)
        return lock


@mutant("A later increment gives a TTL to a counter without one.", caught_by="counters_end_with_their_ttl")
class LateTtl(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().increment(name, by, ttl=ttl)
        if ttl is not None and name not in self._counters._due._keys:
            self._counters._due.set(name, self._store._clock() + ttl)
        return value


@mutant("Counters are floats.", caught_by="counters_are_whole_numbers_of_64_bits")
class FloatCounters(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        self._counters._values[name] = value = int(float(await super().increment(name, by, ttl=ttl)))
        return value


@mutant("`renew` takes a lock that is over once more, if it is free.", caught_by="locks_that_are_over_stay_over")
class RenewsTheEnded(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        self._locks.expire()
        if lock.fence and lock.name not in self._locks._held and lock.fence == self.last.get(lock.name):
            await super().lock(lock.name, ttl=ttl)
            self._locks._held[lock.name].lock = lock
        await super().renew(lock, ttl=ttl)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.last: dict[str, int] = {}

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = await super().lock(name, ttl=ttl, wait=wait)
        self.last[name] = lock.fence
        return lock

    async def unlock(self, lock: Lock) -> bool:
        self.last.pop(lock.name, None)
        return await super().unlock(lock)


@mutant("A counter that would leave the range stops at its end.", caught_by="counters_are_whole_numbers_of_64_bits")
class StopsAtTheEnd(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        try:
            return await super().increment(name, by, ttl=ttl)
        except InvalidInput:
            if name in self._counters._values and isinstance(by, int):
                self._counters._values[name] = 2**63 - 1 if by > 0 else -(2**63)
            raise
