"""What goes wrong with limits."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import attrs

from axon.core.errors import LockUnavailable
from axon.spi import Allowance, Window
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.limits import Limits
from mutants.bases import Summing
from mutants.registration import mutant


@mutant("Windows are fixed: every second begins one.", caught_by="limits_slide")
class FixedWindows(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        if per > 0:
            window = int(self._store._clock() // per)
            if getattr(self, "window", None) != (name, window):
                self.window = (name, window)
                self._limits = Limits(self._store._clock)
        return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)


@mutant("`windows` gives what was in a window at its last request.", caught_by="limits_tell_what_is_still_in_a_window")
class WindowsAsTheyWere(InMemoryAdapter):
    async def windows(self) -> Sequence[Window]:
        self._limits.expire()
        every = self._limits._windows.values()
        return sorted((Window(name=w.name, per=w.per, used=w.weight) for w in every), key=lambda w: (w.name, w.per))


@mutant("A refusal uses up the limit.", caught_by="limits_are_not_used_up_by_refusals")
class RefusalsCost(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        if not answer.allowed and (window := self._limits._windows.get(f"{per!r} {name}")) is not None:
            window.add(weight, self._store._clock() + per)
        return answer


@mutant("One more than the limit is allowed.", caught_by="limits_allow_so_many_and_no_more")
class OneMoreAllowed(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        return await super().allow(name, limit=limit + 1 if limit else limit, per=per, weight=weight, exact=exact)


@mutant("What is left is told as it was before the request.", caught_by="limits_allow_so_many_and_no_more")
class RemainingBefore(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        return attrs.evolve(answer, remaining=answer.remaining + weight) if answer.allowed else answer


@mutant("`retry_after` is always the whole window.", caught_by="limits_say_when_to_come_again")
class RetryAfterAll(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        return attrs.evolve(answer, retry_after=per) if 0 < answer.retry_after < math.inf else answer


@mutant(
    "`retry_after` is the end of the first request, though more has to leave.",
    caught_by="limits_say_when_a_heavy_one_is_to_come_again",
)
class RetryAfterTheFirst(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        window = self._limits._windows.get(f"{per!r} {name}")
        if answer.allowed or window is None or answer.retry_after == math.inf:
            return answer
        return attrs.evolve(answer, retry_after=window._parts[0][0] - self._store._clock())


@mutant("A weight counts as one.", caught_by="limits_count_weights")
class WeightlessRequests(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        return await super().allow(name, limit=limit, per=per, weight=min(1, weight), exact=exact)


@mutant("What fits in part is allowed.", caught_by="limits_count_weights")
class PartlyAllowed(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        window = self._limits._windows.get(f"{per!r} {name}")
        left = limit - (0 if window is None else window.weight)
        return await super().allow(
            name, limit=limit, per=per, weight=min(weight, left) if left > 0 else weight, exact=exact
        )


@mutant("`clear` forgets the limits.", caught_by="limits_are_each_their_own")
class ClearForgetsLimits(InMemoryAdapter):
    async def clear(self) -> int:
        self._limits = Limits(self._store._clock)
        return await super().clear()


@mutant("Limits are counted before and noted after an await.", caught_by="limits_are_exact_at_once")
class NotedLater(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        window = self._limits._windows.get(f"{per!r} {name}")
        left = limit - (0 if window is None else window.weight)
        await asyncio.sleep(0)
        if 0 < weight <= left:
            answer = await super().allow(name, limit=10**9, per=per, weight=weight, exact=exact)
            return attrs.evolve(answer, remaining=left - weight)
        return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)


@mutant("A name has one window, whatever its length.", caught_by="limits_of_two_windows_do_not_disturb_each_other")
class OneWindowForAName(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        if per > 0:
            self.__dict__.setdefault("spans", {}).setdefault(name, per)
            per = self.__dict__["spans"][name]
        return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)


@mutant("What does not fit its limit is an error.", caught_by="limits_count_weights")
class TooHeavyIsAnError(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        if weight > limit > 0:
            raise LockUnavailable("never")
        return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)


@mutant("The end of a sum is rounded down.", caught_by="limits_by_sums_are_kept_in_every_window")
class RoundedDown(Summing):
    def until(self, now: float, per: float) -> float:
        part = per / self.parts
        return math.floor(now / part) * part + per


@mutant(
    "Of two fixed windows the one before counts as if it had been filled evenly.",
    caught_by="limits_by_sums_are_kept_in_every_window",
)
class EvenlyFilled(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sums: dict[tuple[str, float, int], int] = {}

    def estimated(self, name: str, per: float) -> float:
        window, part = divmod(self._store._clock(), per)
        before, now = (self.sums.get((name, per, int(number)), 0) for number in (window - 1, window))
        return before * (1 - part / per) + now

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        if exact:
            return await super().allow(name, limit=limit, per=per, weight=weight)
        left = int(limit - self.estimated(name, per))
        if weight > left:
            return Allowance(allowed=False, remaining=max(0, left), retry_after=per if weight <= limit else math.inf)
        key = name, per, int(self._store._clock() // per)
        self.sums[key] = self.sums.get(key, 0) + weight
        return Allowance(allowed=True, remaining=left - weight, retry_after=0.0)

    async def used(self, name: str, *, per: float) -> int:
        return await super().used(name, per=per) + math.ceil(self.estimated(name, per))


@mutant("A sum counts from its first request.", caught_by="limits_by_sums_hold_while_time_passes")
class SumsFromTheFirst(Summing):
    def until(self, now: float, per: float) -> float:
        end = super().until(now, per)
        return self.__dict__.setdefault("ends", {}).setdefault(end, now + per)


@mutant(
    "A window has eight sums, and the end of each is rounded up.", caught_by="limits_by_sums_allow_again_in_time_later"
)
class EightSums(Summing):
    parts = 8


@mutant(
    "With sums `retry_after` is told as if each request were remembered.",
    caught_by="limits_by_sums_allow_again_in_time_later",
)
class RetryAfterOfRequests(Summing):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        if exact or answer.allowed or weight > limit:
            return answer
        return attrs.evolve(answer, retry_after=max(0.0, answer.retry_after - per / 32))


@mutant("`exact` is overlooked.", caught_by="limits_by_sums_take_the_same_room_whatever_they_allow")
class AlwaysExact(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        return await super().allow(name, limit=limit, per=per, weight=weight)


@mutant("Sums are read, and then written.", caught_by="limits_by_sums_answer_as_exact_ones_do_at_one_moment")
class SumsReadThenWritten(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        left = limit - await self.used(name, per=per)
        if exact or weight > left:
            return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        await asyncio.sleep(0)
        answer = await super().allow(name, limit=10**9, per=per, weight=weight, exact=False)
        return attrs.evolve(answer, remaining=left - weight)


@mutant("`used` counts requests, not weights.", caught_by="limits_tell_what_is_used_exact")
class UsedCountsRequests(InMemoryAdapter):
    async def used(self, name: str, *, per: float) -> int:
        await super().used(name, per=per)
        window = self._limits._windows.get(f"{float(per)!r} {name}")
        return 0 if window is None else len(window)


@mutant("`used` is noted as a request (ZADD, then ZCARD).", caught_by="limits_tell_what_is_used_exact")
class UsedIsNoted(InMemoryAdapter):
    async def used(self, name: str, *, per: float) -> int:
        used = await super().used(name, per=per)
        if used:
            await super().allow(name, limit=2**50, per=per)
        return used


@mutant("`used` counts what was refused.", caught_by="limits_tell_what_is_used_exact")
class UsedCountsRefusals(InMemoryAdapter):
    refused = 0

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        self.refused += 0 if answer.allowed else weight
        return answer

    async def used(self, name: str, *, per: float) -> int:
        return await super().used(name, per=per) + self.refused


@mutant("`used` adds up all windows of a name.", caught_by="limits_tell_what_is_used_exact")
class UsedOfAllWindows(InMemoryAdapter):
    async def used(self, name: str, *, per: float) -> int:
        return sum(window.used for window in await super().windows() if window.name == name)


@mutant("`used` does not know of sums.", caught_by="limits_tell_what_is_used_by_sums")
class UsedWithoutSums(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sums: set[str] = set()

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        if not exact:
            self.sums.add(name)
        return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)

    async def used(self, name: str, *, per: float) -> int:
        return 0 if name in self.sums else await super().used(name, per=per)


@mutant("`used` is what the last request found.", caught_by="limits_tell_what_is_used_as_long_as_it_counts")
class UsedAtTheLastRequest(InMemoryAdapter):
    last = 0

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        self.last = limit - answer.remaining
        return answer

    async def used(self, name: str, *, per: float) -> int:
        return self.last


@mutant("`windows` tells of those that are empty.", caught_by="limits_tell_which_windows_are_in_use")
class TellsOfEmptyWindows(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.known: set[tuple[str, float]] = set()

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        self.known.add((name, per))
        return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)

    async def windows(self) -> Sequence[Window]:
        return [Window(name=name, per=per, used=await self.used(name, per=per)) for name, per in sorted(self.known)]


@mutant("The `per` of a window is told in whole seconds.", caught_by="limits_tell_which_windows_are_in_use")
class WindowsInSeconds(InMemoryAdapter):
    async def windows(self) -> Sequence[Window]:
        return [attrs.evolve(window, per=float(int(window.per))) for window in await super().windows()]


@mutant("`windows` tells of one window a name.", caught_by="limits_tell_which_windows_are_in_use")
class OneWindowIsTold(InMemoryAdapter):
    async def windows(self) -> Sequence[Window]:
        return list({window.name: window for window in await super().windows()}.values())


@mutant("`windows` are in the order in which they were first used.", caught_by="limits_tell_which_windows_are_in_use")
class WindowsAsUsed(InMemoryAdapter):
    async def windows(self) -> Sequence[Window]:
        told = {(window.name, window.per): window for window in await super().windows()}
        return [told[window.name, window.per] for window in self._limits._windows.values()]


@mutant("`windows` cuts the key at its last colon.", caught_by="limits_tell_of_windows_by_any_name")
class CutWindowNames(InMemoryAdapter):
    async def windows(self) -> Sequence[Window]:
        return [attrs.evolve(window, name=window.name.rpartition(":")[2]) for window in await super().windows()]


@mutant("`windows` tells of counters too.", caught_by="limits_tell_of_windows_by_any_name")
class CountersAreWindows(InMemoryAdapter):
    async def windows(self) -> Sequence[Window]:
        counters = [Window(name=name, per=60.0, used=value) for name, value in self._counters._things.items()]
        return sorted([*await super().windows(), *counters], key=lambda window: window.name)


@mutant(
    "`windows` looks for a prefix, that of other namespaces too.",
    caught_by="limits_of_another_namespace_are_not_told_of",
)
class WindowsByPrefix(InMemoryAdapter):
    opened: ClassVar[list[InMemoryAdapter]] = []

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.opened.append(self)

    async def windows(self) -> Sequence[Window]:
        within = [one for one in self.opened if one.namespace.startswith(self.namespace)]
        return sorted((seen for one in within for seen in one._limits.windows()), key=lambda window: window.name)


@mutant("A sum becomes text of 14 digits (Lua).", caught_by="limits_count_up_to_the_heaviest_exact")
class FourteenDigits(InMemoryAdapter):
    async def used(self, name: str, *, per: float) -> int:
        return int(float(f"{await super().used(name, per=per):.14g}"))


@mutant("A limit above 2**50 is taken for 2**50.", caught_by="limits_refuse_a_limit_above_2_to_the_50")
class TakesTheHeaviest(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        return await super().allow(name, limit=min(limit, 2**50), per=per, weight=weight, exact=exact)


@mutant("`used` of what cannot be a name is 0.", caught_by="limits_refuse_to_look_at_no_name")
class UsedOfNoName(InMemoryAdapter):
    async def used(self, name: str, *, per: float) -> int:
        return await super().used(name, per=per) if name else 0


@mutant("Moments are rounded down to hundredths of a second.", caught_by="limits_hold_to_the_last_hundredth_exact")
class HundredthsOfASecond(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        window = self._limits._windows.get(f"{float(per)!r} {name}")
        if answer.allowed and window is not None:
            end, part = window._parts[-1]
            window._parts[-1] = (math.floor(end * 100) / 100, part)
        return answer


@mutant("What remains of a limit that was lowered is below 0.", caught_by="limits_may_be_lowered_and_raised_exact")
class BelowZero(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        return attrs.evolve(answer, remaining=limit - await self.used(name, per=per))
