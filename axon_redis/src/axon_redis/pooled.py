"""Connections of redis-py, each in the hands of one task at a time: what ``multiplex=False`` uses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from redis.exceptions import RedisError

from axon_redis.failures import Failure, failure_of
from axon_redis.parting import part_from, watch_for_forks

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

    from axon_redis.carrier import Carrier
    from axon_redis.opening import Opening

DEFAULT_CONNECTIONS = 16


class Pool:
    """Up to ``size`` connections to one server; who comes when all are in use waits for its turn."""

    def __init__(self, opening: Opening, size: int) -> None:
        self._loop = asyncio.get_running_loop()
        self.open_on: asyncio.AbstractEventLoop | None = self._loop
        self.failure: Failure | None = None
        self.scripts: set[str] = set()
        self._opening = opening
        self._free: list[AbstractConnection] = []
        self._used: set[AbstractConnection] = set()
        self._turns = asyncio.Semaphore(size)
        self._ours = True
        watch_for_forks(self)

    async def send(self, command: bytes) -> Any:
        """The reply to one packed command, or a :class:`Failure`."""
        return (await self.send_all([command]))[0]

    async def send_all(self, commands: Sequence[bytes]) -> list[Any]:
        """The replies to packed commands; a :class:`Failure` in the place of each without."""
        async with self._turns:
            if self.failure is not None:
                return [self.failure] * len(commands)
            connection = await self._take()
            if isinstance(connection, Failure):
                return [connection] * len(commands)
            self._used.add(connection)
            try:
                return await self._exchange(connection, commands)
            finally:
                self._used.discard(connection)
                self._put_back(connection)

    async def room(self) -> None:
        """There is always room; ``send`` waits."""

    async def close(self) -> None:
        """Close all connections and wait until they are."""
        if self._loop is not asyncio.get_running_loop():
            self.drop()
            return
        connections = self._end()
        await asyncio.gather(*(connection.disconnect() for connection in connections), return_exceptions=True)

    def drop(self) -> None:
        """Close all connections from wherever this is called, without waiting."""
        for connection in self._end():
            part_from(connection, self._loop)

    def disown(self) -> None:
        """Never touch the sockets again: they are those of the parent process."""
        self._ours = False
        self.open_on = None
        self.failure = Failure("opened by the parent process", "LOST")

    def adopt(self, connection: AbstractConnection) -> None:
        """Take a connection that is open already."""
        self._free.append(connection)

    def _end(self) -> list[AbstractConnection]:
        """No more commands; the connections to close."""
        self.open_on = None
        self.failure = self.failure or Failure("closed here", "LOST")
        if not self._ours:
            return []
        connections = [*self._free, *self._used]
        self._free.clear()
        return connections

    def _put_back(self, connection: AbstractConnection) -> None:
        if self.failure is not None:  # closed meanwhile
            part_from(connection, self._loop)
        elif connection.is_connected:
            self._free.append(connection)

    async def _take(self) -> Any:
        """A connection, or a :class:`Failure`."""
        while self._free:
            connection = self._free.pop()
            reader = connection._reader  # noqa: SLF001 - a stream has no public look at its end from outside
            if reader is not None and not reader.at_eof() and reader.exception() is None:
                return connection
            part_from(connection, self._loop)  # the server has closed it meanwhile
        return await self._opening.connect()

    async def _exchange(self, connection: AbstractConnection, commands: Sequence[bytes]) -> list[Any]:
        replies: list[Any] = []
        try:
            async with asyncio.timeout(self._opening.reply_timeout):
                await connection.send_packed_command(b"".join(commands), check_health=False)
                for _ in commands:
                    replies.append(await _reply(connection))  # noqa: PERF401 - what came before an error is kept
        except Exception as error:
            part_from(connection, self._loop)
            replies += [failure_of(error, sent=True)] * (len(commands) - len(replies))
        except BaseException:
            part_from(connection, self._loop)
            raise
        return replies


async def _reply(connection: AbstractConnection) -> Any:
    """The next reply, or a :class:`Failure` for an error reply; raises where there is none."""
    try:
        return await connection.read_response(disable_decoding=True)
    except RedisError as error:
        failure = failure_of(error, sent=True)
        if failure.code in {"LOST", "LATE", "OPENING"}:
            raise
        return failure


def pool_opener(max_connections: int | None) -> Callable[[Opening], Awaitable[Carrier | Failure]]:
    """Opens pools of that size; the first connection shows whether the server can be reached."""

    async def open(opening: Opening) -> Carrier | Failure:
        connection = await opening.connect()
        if isinstance(connection, Failure):
            return connection
        pool = Pool(opening, max_connections or DEFAULT_CONNECTIONS)
        pool.adopt(connection)
        return pool

    return open
