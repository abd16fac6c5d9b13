"""What goes wrong with locks, counters, limits and values in some order of calls."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, ClassVar

import attrs

from axon.spi import Allowance, HeldLock, Lock
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Valued
from mutants.registration import mutant


@mutant("A counter that stands at 0 is none to `reset`.", caught_by="agreement_of_calls_with_a_model_counters")
class ResetOfZeroIsNone(InMemoryAdapter):
    async def reset(self, name: str) -> bool:
        return bool(await super().counter(name)) & await super().reset(name)


@mutant("A counter that comes back to 0 is deleted.", caught_by="agreement_of_calls_with_a_model_counters")
class ZeroIsDeleted(InMemoryAdapter):
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        value = await super().increment(name, by, ttl=ttl)
        if value == 0:
            self._counters.remove(name)
        return value


class Windowed(InMemoryAdapter):
    """Looks at the window after each request."""

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight, exact=exact)
        window = self._limits._windows.get(f"{float(per)!r} {name}")
        return answer if window is None else self.seen(answer, window, limit, weight)

    def seen(self, answer: Allowance, window: Any, limit: int, weight: int) -> Allowance:
        return answer


@mutant("Moments are rounded down to a hundredth of the window.", caught_by="agreement_of_calls_with_a_model_limits")
class HundredthsOfAWindow(Windowed):
    def seen(self, answer: Allowance, window: Any, limit: int, weight: int) -> Allowance:
        if answer.allowed:
            part, (end, added) = window.per / 100, window._parts[-1]
            earlier = math.floor((end - window.per) / part) * part + window.per
            before = window._parts[-2][0] if len(window._parts) > 1 else earlier
            window._parts[-1] = (max(earlier, before), added)
        return answer


@mutant("Less than nothing is left where the limit was lowered.", caught_by="agreement_of_calls_with_a_model_limits")
class LessThanNothing(Windowed):
    def seen(self, answer: Allowance, window: Any, limit: int, weight: int) -> Allowance:
        return answer if answer.allowed else attrs.evolve(answer, remaining=limit - window.weight)


@mutant("A window is over with its first request.", caught_by="agreement_of_calls_with_a_model_limits")
class OverWithTheFirst(Windowed):
    def seen(self, answer: Allowance, window: Any, limit: int, weight: int) -> Allowance:
        end = window._parts[0][0]
        window._parts = deque((end, part) for _, part in window._parts)
        return answer


@mutant("`retry_after` is in whole seconds.", caught_by="agreement_of_calls_with_a_model_limits")
class RetryInWholeSeconds(Windowed):
    def seen(self, answer: Allowance, window: Any, limit: int, weight: int) -> Allowance:
        later = answer.retry_after
        return attrs.evolve(answer, retry_after=later if later == math.inf else float(math.ceil(later)))


@mutant("A renewal adds to what is left.", caught_by="agreement_of_calls_with_a_model_locks")
class RenewalAdds(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        left = {held.name: held.expires_in for held in self._locks.held()}.get(lock.name, 0.0)
        await super().renew(lock, ttl=ttl + left)


@mutant("A lock that is over can be renewed while it is free.", caught_by="agreement_of_calls_with_a_model_locks")
class RenewsWhatIsFree(InMemoryAdapter):
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        if lock.name not in {held.name for held in self._locks.held()}:
            await super().lock(lock.name, ttl=ttl)
            self._locks._held[lock.name].lock = lock
        await super().renew(lock, ttl=ttl)


@mutant(
    "`locks` tells of those of other namespaces too.",
    caught_by="agreement_of_calls_by_any_name_with_a_model_locks",
)
class LocksOfAllNamespaces(InMemoryAdapter):
    opened: ClassVar[dict[int, list[InMemoryAdapter]]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.of_this_check().append(self)

    def of_this_check(self) -> list[InMemoryAdapter]:
        return self.opened.setdefault(id(self._store._clock), [])

    async def locks(self) -> list[HeldLock]:
        held = [lock for one in self.of_this_check()[-2:] for lock in one._locks.held()]
        return sorted(held, key=lambda lock: lock.name)


@mutant("A swap that fails renews the value.", caught_by="agreement_of_calls_with_a_model_values")
class SwapsThatFailRenew(Valued):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        swapped = await super().swap(name, old, new, ttl=ttl)
        there = self._values.get(name)
        if not swapped and new is not None and there is not None:
            self._values.put(name, there, ttl)
        return swapped


@mutant("A lock forgets the counter of its name.", caught_by="agreement_of_all_kinds_together_with_a_model")
class LocksForgetCounters(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        self._counters.remove(name)
        return await super().lock(name, ttl=ttl, wait=wait)
