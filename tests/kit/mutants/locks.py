"""What goes wrong with locks."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import attrs

from axon.core.errors import LockUnavailable
from axon.spi import HeldLock, Lock
from axon_inmemory.adapter import InMemoryAdapter
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


@mutant("`locks` tells of a lock that was released.", caught_by="locks_are_told_of_while_they_are_held")
class TellsOfFreeLocks(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.free: list[HeldLock] = []

    async def unlock(self, lock: Lock) -> bool:
        self.free = [held for held in await super().locks() if held.name == lock.name]
        return await super().unlock(lock)

    async def locks(self) -> Sequence[HeldLock]:
        return [*await super().locks(), *self.free]


@mutant("`locks` are in the order in which they were taken.", caught_by="locks_are_told_of_while_they_are_held")
class LocksAsTaken(InMemoryAdapter):
    async def locks(self) -> Sequence[HeldLock]:
        return sorted(await super().locks(), key=lambda lock: lock.fence)


@mutant("`locks` tells of who waits too.", caught_by="locks_are_told_of_while_they_are_held")
class TellsOfWaiters(InMemoryAdapter):
    async def locks(self) -> Sequence[HeldLock]:
        told = await super().locks()
        return [lock for lock in told for _ in range(1 + len(self._locks._held[lock.name].waiters))]


@mutant("`locks` tells the fence of the first holder.", caught_by="locks_are_told_of_while_they_are_held")
class FirstFences(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.fences: dict[str, int] = {}

    async def locks(self) -> Sequence[HeldLock]:
        told = await super().locks()
        return [attrs.evolve(lock, fence=self.fences.setdefault(lock.name, lock.fence)) for lock in told]


@mutant("`expires_in` is in milliseconds (PTTL).", caught_by="locks_are_told_of_while_they_are_held")
class ExpiresInMilliseconds(InMemoryAdapter):
    async def locks(self) -> Sequence[HeldLock]:
        return [attrs.evolve(lock, expires_in=lock.expires_in * 1000) for lock in await super().locks()]


@mutant("`expires_in` is the TTL that was asked for.", caught_by="locks_are_told_of_until_their_end")
class ExpiresInTheTtl(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ttls: dict[str, float] = {}

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        lock = await super().lock(name, ttl=ttl, wait=wait)
        self.ttls[name] = ttl
        return lock

    async def renew(self, lock: Lock, *, ttl: float) -> None:
        await super().renew(lock, ttl=ttl)
        self.ttls[lock.name] = ttl

    async def locks(self) -> Sequence[HeldLock]:
        return [attrs.evolve(lock, expires_in=self.ttls[lock.name]) for lock in await super().locks()]


@mutant("`locks` does not see a renewal.", caught_by="locks_are_told_of_until_their_end")
class RenewalsUnseen(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.ends: dict[int, float] = {}

    async def locks(self) -> Sequence[HeldLock]:
        now = self._store._clock()
        told = await super().locks()
        ends = [self.ends.setdefault(lock.fence, now + lock.expires_in) for lock in told]
        return [attrs.evolve(lock, expires_in=end - now) for lock, end in zip(told, ends, strict=True)]


@mutant(
    "`locks` tells of a lock that is over until another one takes it.", caught_by="locks_are_told_of_until_their_end"
)
class TellsOfLostLocks(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.taken: dict[str, HeldLock] = {}

    async def unlock(self, lock: Lock) -> bool:
        self.taken.pop(lock.name, None)
        return await super().unlock(lock)

    async def locks(self) -> Sequence[HeldLock]:
        self.taken.update((lock.name, lock) for lock in await super().locks())
        return [self.taken[name] for name in sorted(self.taken)]


@mutant("`locks` takes what stands behind the last colon for the name.", caught_by="locks_are_told_of_by_any_name")
class LastSegments(InMemoryAdapter):
    async def locks(self) -> Sequence[HeldLock]:
        return [attrs.evolve(lock, name=lock.name.rpartition(":")[2]) for lock in await super().locks()]


@mutant("`locks` tells of the first hundred.", caught_by="locks_are_told_of_by_any_name")
class AHundredLocks(InMemoryAdapter):
    async def locks(self) -> Sequence[HeldLock]:
        return (await super().locks())[:100]


@mutant(
    "`locks` looks for a prefix, that of other namespaces too.", caught_by="locks_of_another_namespace_are_not_told_of"
)
class LocksByPrefix(InMemoryAdapter):
    opened: ClassVar[list[InMemoryAdapter]] = []

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.opened.append(self)

    async def locks(self) -> Sequence[HeldLock]:
        within = [one for one in self.opened if one.namespace.startswith(self.namespace)]
        return sorted((lock for one in within for lock in one._locks.held()), key=lambda lock: lock.name)
