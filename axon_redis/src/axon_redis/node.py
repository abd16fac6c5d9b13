"""One server, and the way to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from axon_redis.carrier import Carrier, Unopened
from axon_redis.commands import pack
from axon_redis.errors import explained
from axon_redis.failures import Failure
from axon_redis.opening import Opening
from axon_redis.retrying import Attempts

Open = Callable[[Opening], Awaitable[Carrier | Failure]]
"""How to get a carrier: a multiplexer or a pool."""

_UNOPENED = Unopened()


class Node:
    """Opens a carrier to one server when it is needed, and again when that is lost or the event loop is another one.

    ``role`` is what the server must be, such as ``"master"``; a connection to one that is something else is refused.
    """

    def __init__(self, opening: Opening, open: Open, *, role: str | None = None) -> None:
        self.opening = opening
        self.where = opening.where
        self.carrier: Carrier = _UNOPENED
        self._open = open
        self._role = role
        self._opening: asyncio.Task[Carrier | Failure] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"Node({self.where!r})"

    def __del__(self) -> None:
        # Nobody has closed the link; the carrier and its loop know each other and would stay.
        self.carrier.drop()

    async def call(self, *command: Any) -> Any:
        """The reply of this very server to a command, tried once: for looking at it, not for data."""
        attempts = Attempts(self.opening.reply_timeout or 5.0, repeatable=False)
        carrier = await self.ready(attempts)
        if not isinstance(carrier, Failure):
            reply = await carrier.send(pack(command))
            if type(reply) is not Failure:
                return reply
            carrier = reply
        raise explained(carrier, self.where)

    async def ready(self, attempts: Attempts) -> Carrier | Failure:
        """A carrier with room for a command, or why there is none by now."""
        while True:
            carrier = self.carrier
            if carrier.open_on is asyncio.get_running_loop():
                return carrier
            try:
                async with asyncio.timeout(max(attempts.left, 0.0)):
                    if carrier.failure is None and self._loop is asyncio.get_running_loop():
                        await carrier.room()
                        continue
                    opened = await self._shared_opening()
            except TimeoutError:
                if carrier.failure is None:
                    return Failure(f"none was answered within {attempts.left:.1f} s", "OVERLOADED")
                return Failure("", "UNREACHABLE")
            if isinstance(opened, Failure):
                return opened

    async def _shared_opening(self) -> Carrier | Failure:
        """What the one attempt to open gives; any number of tasks wait for it."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self.carrier.drop()
            self.carrier = _UNOPENED
            self._loop, self._opening = loop, None
        if self._opening is None:
            self._opening = loop.create_task(self._reopen())
            self._opening.add_done_callback(self._opened)
        return await asyncio.shield(self._opening)

    def _opened(self, task: asyncio.Task[Carrier | Failure]) -> None:
        if task is self._opening:
            self._opening = None

    async def _reopen(self) -> Carrier | Failure:
        carrier = await self._open(self.opening)
        if isinstance(carrier, Failure):
            return carrier
        if self._role is not None:
            reply = await carrier.send(pack(("ROLE",)))
            failure = reply if isinstance(reply, Failure) else None
            if not isinstance(reply, Failure) and reply[0] != self._role.encode():
                failure = Failure(f"it is a {reply[0].decode()} now", "READONLY")
            if failure is not None:
                await carrier.close()
                return failure
        self.carrier = carrier
        return carrier

    def leave(self, carrier: Carrier) -> None:
        """Give up ``carrier``, because of what its server is; the next command opens another one."""
        if carrier is self.carrier:
            self.carrier = _UNOPENED
        carrier.drop()

    async def close(self) -> None:
        """Wait until the connections are down."""
        opening, carrier = self._opening, self.carrier
        self._opening, self.carrier = None, _UNOPENED
        if opening is not None and self._loop is asyncio.get_running_loop():
            opening.cancel()
            await asyncio.wait([opening])
            if not opening.cancelled() and not isinstance(opened := opening.result(), Failure):
                await opened.close()
        await carrier.close()
