"""What goes wrong with limits."""

from __future__ import annotations

import asyncio
import math

import attrs

from axon.core.errors import LockUnavailable
from axon.spi import Allowance
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.limits import Limits
from mutants.registration import mutant


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
