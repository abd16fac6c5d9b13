"""What goes wrong with spans of seconds."""

from __future__ import annotations

import math

from axon.spi import Allowance, Filter, Lock, MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.limits import Limits
from mutants.bases import Valued
from mutants.registration import mutant


@mutant("A lock is held for whole seconds, rounded up.", caught_by="spans_are_kept_to_the_fraction_by_lock")
class LocksForWholeSeconds(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        return await super().lock(name, ttl=math.ceil(ttl) if 1 < ttl < 1e9 else ttl, wait=wait)


@mutant("A renewal is for whole seconds.", caught_by="spans_are_kept_to_the_fraction_by_renew")
class RenewsForWholeSeconds(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        await super().renew(lock, ttl=int(ttl) if 1 < ttl < 1e9 else ttl)


@mutant("An int is milliseconds and a float is seconds.", caught_by="spans_are_kept_to_the_fraction_by_increment")
class IntsAreMilliseconds(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        return await super().increment(name, by, ttl=ttl / 1000 if type(ttl) is int and ttl else ttl)


@mutant(
    "What sweeps by the ends of entries deletes the value of that name too.",
    caught_by="spans_of_an_entry_are_not_those_of_another_kind_put",
)
class SweepsByName(InMemoryAdapter):
    async def count(self, filter: Filter | None = None) -> int:
        before = set(self._store.entries)
        found = await super().count(filter)
        for name in before - self._store.entries.keys():
            self._values.remove(name)
        return found

    async def get(self, entry_id: str) -> MemoryEntry | None:
        await self.count()
        return await super().get(entry_id)


@mutant("Above an hour a value lives for whole seconds.", caught_by="spans_are_kept_to_the_fraction_by_put")
class LongLivesAreWhole(Valued):
    def lives(self, ttl: float) -> float:
        return float(round(ttl)) if ttl > 3600 else ttl


@mutant(
    "What is in seconds is kept in 31 bits of milliseconds.",
    caught_by="spans_are_from_a_microsecond_to_1000_years_for_swap_of_nothing",
)
class ThirtyOneBits(Valued):
    def lives(self, ttl: float) -> float:
        return int(ttl * 1000) % 2**31 / 1000 if ttl > 1 else ttl


@mutant(
    "The length of a window in its key is in whole seconds.",
    caught_by="spans_of_windows_are_one_as_int_and_as_float_exact",
)
class WindowsByWholeSeconds(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        if isinstance(per, float) and 1 < per < 1e6:
            per = self.__dict__.setdefault("spans", {}).setdefault((name, int(per)), per)
        return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)


@mutant(
    "The length of a window in its key is as it was written: 60 and 60.0 are two.",
    caught_by="spans_of_windows_are_one_as_int_and_as_float_by_sums",
)
class WindowsAsWritten(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        if type(per) is not int:
            return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        floats, self._limits = self._limits, self.__dict__.setdefault("ints", Limits(self._store._clock))
        try:
            return await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        finally:
            self._limits = floats


@mutant("Windows of fractions are rounded to tenths.", caught_by="spans_of_windows_are_kept_to_the_fraction_exact")
class TenthsOfWindows(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        window = self._limits._windows.get(f"{float(per)!r} {name}")
        if answer.allowed and window is not None and per > 0.1:
            end, part = window._parts[-1]
            window._parts[-1] = (end - per + round(per, 1), part)
        return answer


@mutant(
    "A window below a millisecond is one of a second.",
    caught_by="spans_of_windows_are_from_a_microsecond_to_1000_years_exact",
)
class NoWindowBelowAMillisecond(InMemoryAdapter):
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        longer = 1.0 if 1e-6 <= per < 1e-3 else per
        return await super().allow(name, limit=limit, per=longer, weight=weight, exact=exact)
