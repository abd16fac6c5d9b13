"""Locks: keys that exist while somebody holds them."""

from __future__ import annotations

import asyncio
import math
import random
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import frozen

from axon.core.errors import LockUnavailable, StoreError
from axon.spi import HeldLock, Lock
from axon_redis import scripts
from axon_redis.line import Lines
from axon_redis.link import open_link
from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon_redis.endpoint import Endpoint
    from axon_redis.keys import Keys
    from axon_redis.link import Link

_SHORTEST_NAP_S, _LONGEST_NAP_S = 0.001, 0.025
"""Who waits for a lock asks again after so long, the longer the more often it was in vain."""
_REPLICATED_MS = 500
"""So long may it take until a replica has a lock."""


class Locks:
    """The locks of a namespace.

    In one process those who wait for a lock stand in line, and the first of them asks. Where the server has replicas, a
    lock counts once one of them has it too, so that it is still held after a failover. That is waited for
    (``WAIT``) on a connection of its own, so that nothing else waits.
    """

    def __init__(self, link: Link, endpoint: Endpoint, keys: Keys) -> None:
        self._link = link
        self._keys = keys
        self._waiting_link = open_link(endpoint, multiplex=False)
        self._lines = Lines()
        self._undoing: set[asyncio.Task[None]] = set()

    async def lock(self, name: str, *, ttl: float, wait: float) -> Lock:
        """The lock; ``LockUnavailable`` after ``wait`` seconds. A call that is cancelled leaves nothing behind."""
        loop = asyncio.get_running_loop()
        token, until = secrets.token_hex(16), loop.time() + wait
        nap, why = _SHORTEST_NAP_S, _HELD
        async with self._lines.turn(name, wait) as is_ours:
            while is_ours:
                answer = await self._try(name, token, ttl)
                if answer.fence:
                    return Lock(name=name, token=token, fence=answer.fence)
                why, patience = answer.refusal, until - loop.time()
                if patience <= 0:
                    break
                await self._lines.nap(name, min(nap * random.uniform(0.5, 1.5), patience, answer.free_in))
                nap = min(2 * nap, _LONGEST_NAP_S)
        waited = f", and {wait:g} s were not enough to wait for it" if wait else ""
        raise LockUnavailable(f"the lock {name!r} {why}{waited}")

    async def renew(self, lock: Lock, ttl: float) -> None:
        """Let it be held for ``ttl`` seconds from now on."""
        replicas = await self._link.run(scripts.RENEW, self._keys.lock(lock.name), [lock.token, _milliseconds(ttl)])
        if replicas is None:
            raise LockUnavailable(f"the lock {lock.name!r} is no longer held by this holder: its time was over")
        if replicas and not await self._is_certain(lock.name, lock.token, ttl):
            raise LockUnavailable(f"the lock {lock.name!r}: no replica of {self._where} has it")

    async def unlock(self, lock: Lock) -> bool:
        """Give it back; whether it was held."""
        released = await self._link.run(scripts.UNLOCK, self._keys.lock(lock.name), [lock.token])
        self._lines.wake(lock.name)
        return bool(released)

    async def held(self) -> list[HeldLock]:
        """Those that somebody holds, by name."""
        found = []
        async for some in walk(self._link, self._keys, self._keys.pattern(b"!l*")):
            commands = [command for key in some for command in (("GET", key), ("PTTL", key))]
            replies = await self._link.calls(self._keys.base, commands)
            found += [
                HeldLock(name=self._keys.names(key), fence=int(value[32:]), expires_in=left / 1000)
                for key, value, left in zip(some, replies[::2], replies[1::2], strict=True)
                if value is not None and left > 0
            ]
        return sorted(found, key=lambda lock: lock.name)

    async def close(self) -> None:
        """Close the connection on which replicas are waited for, once what was cancelled is undone."""
        undoing = [task for task in self._undoing if task.get_loop() is asyncio.get_running_loop()]
        if undoing:
            await asyncio.wait(undoing)
        await self._waiting_link.close()

    @property
    def _where(self) -> str:
        return self._link.where(self._keys.base)

    async def _try(self, name: str, token: str, ttl: float) -> _Answer:
        asking = asyncio.ensure_future(self._ask(name, token, ttl))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            undoing = asyncio.ensure_future(self._undo(asking, name, token))
            self._undoing.add(undoing)
            undoing.add_done_callback(self._undoing.discard)
            raise

    async def _ask(self, name: str, token: str, ttl: float) -> _Answer:
        keys = self._keys
        fence, number = await self._link.run(
            scripts.LOCK, keys.lock(name), [token, _milliseconds(ttl)], others=(keys.fence,)
        )
        if fence is None:
            return _Answer(free_in=max(number, 0) / 1000 + _SHORTEST_NAP_S)
        if number and not await self._is_certain(name, token, ttl):
            await self._link.run(scripts.UNLOCK, keys.lock(name), [token])
            return _Answer(refusal=f"cannot be given: no replica of {self._where} answers, to keep it over a failover")
        return _Answer(fence=int(fence))

    async def _is_certain(self, name: str, token: str, ttl: float) -> bool:
        """Whether a replica has the lock, too; it is held for ``ttl`` seconds from now on."""
        renew = scripts.RENEW.command(self._keys.lock(name), [token, _milliseconds(ttl)])
        renewed, replicas = await self._waiting_link.calls(self._keys.base, [renew, ("WAIT", 1, _REPLICATED_MS)])
        return renewed is not None and replicas > 0

    async def _undo(self, asking: asyncio.Future[_Answer], name: str, token: str) -> None:
        await asyncio.wait([asking])
        # Should the server not be there, the lock ends with its time.
        with suppress(StoreError):
            await self._link.run(scripts.UNLOCK, self._keys.lock(name), [token])


_HELD = "is held by another"


@frozen(kw_only=True)
class _Answer:
    """What the server said."""

    fence: int = 0
    """0: the lock is not ours."""
    refusal: str = _HELD
    free_in: float = math.inf
    """Seconds until it is free, if nobody does anything."""


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)
