"""Locks by name, handed from one holder to the next who waits."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from itertools import count

from attrs import define, field

from axon.core.errors import LockUnavailable
from axon.spi import HeldLock, Lock
from axon_inmemory.heap import KeyedHeap

_SHORTEST_NAP_S = 0.001
"""A clock that stands still must not keep the one awake who watches it."""


class Locks:
    """Locks by name; who asks first gets it first.

    A lock whose time is over goes to the next when anybody calls, and also by itself: who waits sleeps no longer than
    the holder may keep it. ``clock`` gives seconds and is never set; how long one waits is in seconds of the
    event loop.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._due: KeyedHeap[float] = KeyedHeap()
        # One for all names: nothing has to be kept of a name whose lock is free. From the time on, in microseconds, so
        # that what outlives this process does not take the next one for an earlier holder.
        self._fences = count(time.time_ns() // 1000)

    @property
    def places(self) -> int:
        """How many places are taken, by locks and by who waits: 0 where every lock is free."""
        return len(self._held) + sum(len(held.waiters) for held in self._held.values()) + self._due.places

    def expire(self) -> None:
        """Hand on every lock whose time is over."""
        now = self._clock()
        while (name := self._due.pop_until(now)) is not None:
            self._hand_on(name)

    async def lock(self, name: str, *, ttl: float, wait: float) -> Lock:
        """The lock, as soon as it is our turn; ``LockUnavailable`` after ``wait`` seconds."""
        self.expire()
        held = self._held.get(name)
        if held is None:
            return self._hold(name, ttl, deque())
        if wait > 0:
            waiter = _Waiter(ttl)
            held.waiters.append(waiter)
            try:
                await self._sleep(name, waiter, wait)
            except BaseException:
                self._leave(name, waiter)
                raise
            if waiter.lock is not None:
                return waiter.lock
            self._leave(name, waiter)
        waited = f", and {wait:g} s were not enough to wait for it" if wait else ""
        raise LockUnavailable(f"the lock {name!r} is held by another{waited}")

    def renew(self, lock: Lock, ttl: float) -> None:
        """Let ``lock`` be held for ``ttl`` seconds from now on."""
        self.expire()
        held = self._held_as(lock)
        if held is None:
            raise LockUnavailable(f"the lock {lock.name!r} is no longer held by this holder: its time was over")
        held.until = self._clock() + ttl
        self._due.set(lock.name, held.until)
        _wake_first(held.waiters)

    def unlock(self, lock: Lock) -> bool:
        """Hand the lock on; whether ``lock`` was held."""
        self.expire()
        if self._held_as(lock) is None:
            return False
        self._hand_on(lock.name)
        return True

    def held(self) -> list[HeldLock]:
        """Those that somebody holds, by name."""
        self.expire()
        now = self._clock()
        return [
            HeldLock(name=name, fence=held.lock.fence, expires_in=held.until - now)
            for name, held in sorted(self._held.items())
        ]

    def _held_as(self, lock: Lock) -> _Held | None:
        held = self._held.get(lock.name)
        return held if held is not None and held.lock.token == lock.token else None

    def _hold(self, name: str, ttl: float, waiters: deque[_Waiter]) -> Lock:
        lock = Lock(name=name, token=secrets.token_hex(16), fence=next(self._fences))
        held = self._held[name] = _Held(lock, self._clock() + ttl, waiters)
        self._due.set(name, held.until)
        _wake_first(waiters)
        return lock

    def _hand_on(self, name: str) -> None:
        """Give the lock to the first in line, or let it be free."""
        waiters = self._held.pop(name).waiters
        self._due.remove(name)
        if (waiter := _wake_first(waiters)) is not None:
            waiters.popleft()
            waiter.lock = self._hold(name, waiter.ttl, waiters)

    async def _sleep(self, name: str, waiter: _Waiter, wait: float) -> None:
        """Sleep until the lock was handed over, or for ``wait`` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + wait
        while waiter.lock is None and (left := end - loop.time()) > 0:
            # Not the first alone: its event loop may be closed before its turn comes.
            left = min(left, max(self._held[name].until - self._clock(), _SHORTEST_NAP_S))
            waiter.woken = loop.create_future()
            await asyncio.wait([waiter.woken], timeout=left)
            self.expire()

    def _leave(self, name: str, waiter: _Waiter) -> None:
        """Wait no longer; what was handed over in the same moment goes on to the next."""
        if waiter.lock is not None:
            self.unlock(waiter.lock)
        elif (held := self._held.get(name)) is not None and waiter in held.waiters:
            held.waiters.remove(waiter)
            _wake_first(held.waiters)


@define(eq=False)
class _Held:
    """A lock that somebody holds, and those who wait for it."""

    lock: Lock
    until: float
    waiters: deque[_Waiter]


@define(eq=False)
class _Waiter:
    """Somebody who waits, and gets ``lock`` for ``ttl`` seconds when it is their turn."""

    ttl: float
    lock: Lock | None = None
    woken: asyncio.Future[None] = field(factory=lambda: asyncio.get_running_loop().create_future())


def _wake_first(waiters: deque[_Waiter]) -> _Waiter | None:
    """Let the first in line look what has changed: it is their turn, or to watch the time of another holder."""
    while waiters:
        woken = waiters[0].woken
        if not woken.get_loop().is_closed():
            if not woken.done():
                woken.set_result(None)
            return waiters[0]
        waiters.popleft()  # an event loop that was closed with tasks in it never runs them again
    return None
