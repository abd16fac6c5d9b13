"""What goes wrong with counters."""

from __future__ import annotations

import asyncio

from axon.core.errors import InvalidInput
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.counters import Counters
from mutants.registration import mutant


@mutant("`increment` reads, waits and writes.", caught_by="counters_lose_no_increment")
class LosesIncrements(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await self.counter(name)
        await asyncio.sleep(0)
        now = await self.counter(name)
        return await super().increment(name, by + value - now, ttl=ttl)


@mutant("With a TTL, `increment` looks, waits, and makes a counter.", caught_by="counters_lose_no_increment")
class MakesCountersTwice(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        if ttl is not None and isinstance(name, str) and not await self.counter(name):
            await asyncio.sleep(0)
            await self.reset(name)
        return await super().increment(name, by, ttl=ttl)


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


@mutant(
    "A counter at 0 is taken for none: the next increment sets its TTL.", caught_by="counters_keep_their_ttl_at_zero"
)
class ZeroIsNoCounter(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        if isinstance(name, str) and name and await self.counter(name) == 0:
            await self.reset(name)
        return await super().increment(name, by, ttl=ttl)


@mutant("A reset counter keeps its TTL.", caught_by="counters_can_be_reset")
class ResetKeepsTtl(InMemoryAdapter):
    async def reset(self, name: str) -> bool:
        due = self._counters._due._keys.get(name)
        found = await super().reset(name)
        if due is not None:
            self._counters._due.set(name, due)
            self._counters._things[name] = 0
        return found


@mutant("A counter does not go below 0.", caught_by="counters_begin_at_zero")
class NotBelowZero(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        return await super().increment(name, max(by, -await self.counter(name)), ttl=ttl)


@mutant("Counters wrap around at 32 bits.", caught_by="counters_count_as_numbers_do")
class ThirtyTwoBitCounters(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().increment(name, by, ttl=ttl)
        self._counters._things[name] = wrapped = (value + 2**31) % 2**32 - 2**31
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
        self._counters._things[name] = value = int(float(await super().increment(name, by, ttl=ttl)))
        return value


@mutant("A counter that would leave the range stops at its end.", caught_by="counters_are_whole_numbers_of_64_bits")
class StopsAtTheEnd(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        try:
            return await super().increment(name, by, ttl=ttl)
        except InvalidInput:
            if name in self._counters._things and isinstance(by, int):
                self._counters._things[name] = 2**63 - 1 if by > 0 else -(2**63)
            raise
