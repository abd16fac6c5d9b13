"""Locks: keys that exist while somebody holds them."""

from __future__ import annotations

import asyncio
import math
import os
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.core.errors import AxonError, LockUnavailable, StoreUnavailable
from axon.spi import HeldLock, Lock
from axon_redis import scripts
from axon_redis.line import Lines
from axon_redis.link import open_link
from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon_redis.endpoint import Endpoint
    from axon_redis.keys import Keys
    from axon_redis.link import Link

_SHORTEST_NAP_S, _LONGEST_NAP_S = 0.001, 0.01
"""Who waits for a lock asks again after so long, the longer the more often it was in vain."""
_REPLICATED_S = 0.5
"""So long may it take until a replica has a lock, if replies may take twice as long."""
_STAYS_S = 0.25
"""So long may a call that was cancelled take, until what it may have taken is given back."""
_LOOK_AGAIN_S = 1.0
"""So long nobody looks whether the server has replicas."""


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
        timeout = endpoint.settings.get("socket_timeout") or math.inf
        self._patience = _milliseconds(min(_REPLICATED_S, timeout / 2))
        self._lines = Lines()
        self._replicas, self._looked_at = 0, -math.inf
        self._undoing: set[asyncio.Task[None]] = set()

    async def lock(self, name: str, *, ttl: float, wait: float) -> Lock:
        """The lock; ``LockUnavailable`` after ``wait`` seconds. A call that is cancelled leaves nothing behind."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = await self._ask(name, ttl, began) if self._lines.of(name) is None else _REFUSED
        if isinstance(answer, Lock):
            return answer
        nap = _SHORTEST_NAP_S
        async with self._lines.turn(name, wait) as line:
            while line is not None and (patience := began + wait - loop.time()) > 0:
                await line.nap(min(nap * random.uniform(0.5, 1.5), patience, answer.free_in))
                answer = await self._ask(name, ttl, loop.time())
                if isinstance(answer, Lock):
                    return answer
                nap = min(2 * nap, _LONGEST_NAP_S)
        waited = f", and {wait:g} s were not enough to wait for it" if wait else ""
        raise LockUnavailable(f"the lock {name!r} {answer.why}{waited}")

    async def renew(self, lock: Lock, ttl: float) -> None:
        """Let it be held for ``ttl`` seconds from now on."""
        is_held, is_certain = await self._renewed(lock, ttl)
        if not is_held:
            raise LockUnavailable(f"the lock {lock.name!r} is no longer held by this holder: its time was over")
        if not is_certain:
            raise StoreUnavailable(f"the lock {lock.name!r} {self._unreplicated}", sent=True)

    async def unlock(self, lock: Lock) -> bool:
        """Give it back; whether it was held."""
        key, token = self._keys.lock(lock.name), (lock.token,)
        was_held = False
        try:
            was_held = bool(await self._link.run(scripts.UNLOCK, key, token, repeatable=False))
        except StoreUnavailable as error:
            # So that it is free; then only a yes says whether it was held.
            with suppress(AxonError):
                if error.sent and await self._link.run(scripts.UNLOCK, key, token):
                    was_held = True
            if not was_held:
                raise
        if (line := self._lines.of(lock.name)) is not None:
            line.wake()
        return was_held

    async def held(self) -> list[HeldLock]:
        """Those that somebody holds, by name."""
        found = []
        async for some in walk(self._link, self._keys, self._keys.pattern(b"!l*")):
            commands = [command for key in some for command in (("GET", key), ("PTTL", key))]
            replies = await self._link.calls(self._keys.base, commands)
            found += [
                HeldLock(name=self._keys.names(key), fence=int(value[32:]), expires_in=left / 1000)
                for key, value, left in zip(some, replies[::2], replies[1::2], strict=True)
                if value is not None and left >= 0  # in its last millisecond it is held still
            ]
        return sorted(found, key=lambda lock: lock.name)

    async def close(self) -> None:
        """Close the connection on which replicas are waited for, once what was cancelled is undone."""
        undoing = [task for task in self._undoing if task.get_loop() is asyncio.get_running_loop()]
        if undoing:
            await asyncio.wait(undoing)
        await self._waiting_link.close()

    async def _ask(self, name: str, ttl: float, now: float) -> Lock | _Refusal:
        """With a token of its own, so that what is undone later is never what was asked for after it."""
        key, token = self._keys.lock(name), os.urandom(16).hex()
        looks = "1" if now - self._looked_at > _LOOK_AGAIN_S else ""
        arguments = (token, _milliseconds(ttl), looks)
        asking = self._link.run(scripts.LOCK, key, arguments, others=(self._keys.fence,))
        # Where order is not kept, what undoes it must not come before it.
        task = None if self._link.keeps_order else asyncio.ensure_future(asking)
        try:
            reply = await (asking if task is None else asyncio.shield(task))
        except GeneratorExit:  # the loop has ended: nobody can give it back, and its time ends it
            raise
        except BaseException as error:
            await self._undone(key, token, error, after=task)
            raise
        if type(reply) is list:
            reply, number = reply
            if reply is None:
                return _Refusal(free_in=max(number, 0) / 1000 + _SHORTEST_NAP_S)
            self._replicas, self._looked_at = number, now
        lock = Lock(name=name, token=token, fence=int(reply))
        return await self._replicated(lock, ttl) if self._replicas else lock

    async def _replicated(self, lock: Lock, ttl: float) -> Lock | _Refusal:
        """``lock``, if a replica has it too; else it is given back."""
        key = self._keys.lock(lock.name)
        try:
            is_held, is_certain = await self._renewed(lock, ttl)
        except GeneratorExit:
            raise
        except BaseException as error:
            await self._undone(key, lock.token, error)
            raise
        if is_certain:
            return lock
        await asyncio.wait([self._undo_later(key, lock.token)])
        return _Refusal(why=self._unreplicated if is_held else "was over before a replica had it")

    async def _renewed(self, lock: Lock, ttl: float) -> tuple[bool, bool]:
        """Hold it for ``ttl`` seconds from now on; whether it was held, and whether a replica knows, if there are any.

        The server says each time how many there are: those that it had when the lock was taken may be gone.
        """
        key, arguments = self._keys.lock(lock.name), (lock.token, _milliseconds(ttl))
        if not self._replicas:
            replicas = await self._link.run(scripts.RENEW, key, arguments)
            if not replicas:
                return replicas is not None, True
        renew = scripts.RENEW.command(key, arguments).in_full  # it runs before the WAIT, known to the server or not
        replicas, reached = await self._waiting_link.calls(key, [renew, ("WAIT", 1, self._patience)])
        if replicas is None:
            return False, False
        self._replicas = replicas
        return True, reached > 0 or not replicas

    @property
    def _unreplicated(self) -> str:
        return f"is not certain: no replica of {self._link.where(self._keys.base)} answers, to keep it over a failover"

    async def _undone(
        self, key: bytes, token: str, error: BaseException, *, after: asyncio.Task[Any] | None = None
    ) -> None:
        """Give back what may have been taken by a call that ends with ``error``.

        One that was cancelled stays for a moment until that is done: its loop may be about to end.
        """
        task = self._undo_later(key, token, after=after)
        if isinstance(error, asyncio.CancelledError):
            await asyncio.wait([task], timeout=_STAYS_S)

    def _undo_later(self, key: bytes, token: str, *, after: asyncio.Task[Any] | None = None) -> asyncio.Task[None]:
        """Give back what may have been taken, once ``after`` is over."""
        task = asyncio.ensure_future(self._undo(key, token, after))
        self._undoing.add(task)
        task.add_done_callback(self._undoing.discard)
        return task

    async def _undo(self, key: bytes, token: str, after: asyncio.Task[Any] | None) -> None:
        if after is not None:
            await asyncio.gather(after, return_exceptions=True)
        with suppress(AxonError):  # should the server not be there, the lock ends with its time
            await self._link.run(scripts.UNLOCK, key, [token])


@frozen(kw_only=True)
class _Refusal:
    """Why the lock was not to be had."""

    why: str = "is held by another"
    free_in: float = math.inf
    """Seconds until it is free, if nobody does anything."""


_REFUSED = _Refusal()


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)
