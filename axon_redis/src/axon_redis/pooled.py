"""Connections of redis-py, each in the hands of one task at a time: what ``multiplex=False`` uses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from axon_redis.failures import Failure, failure_of

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection

    from axon_redis.carrier import Carrier
    from axon_redis.opening import Opening

DEFAULT_CONNECTIONS = 16


class Pool:
    """Up to ``size`` connections to one server; who comes when all are in use waits for its turn."""

    def __init__(self, opening: Opening, size: int) -> None:
        self.open_on: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        self.failure: Failure | None = None
        self.scripts: set[str] = set()
        self._opening = opening
        self._free: list[AbstractConnection] = []
        self._used: set[AbstractConnection] = set()
        self._turns = asyncio.Semaphore(size)

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
                replies = await _exchange(connection, commands)
            finally:
                self._used.discard(connection)
                # After a failure or a cancellation redis-py has closed it, and opens it again when it is used.
                if self.failure is None:
                    self._free.append(connection)
                else:
                    await connection.disconnect(nowait=True)
            return replies

    async def room(self) -> None:
        """There is always room; ``send`` waits."""

    async def close(self) -> None:
        """Close all connections and wait until they are."""
        self.open_on = None
        self.failure = Failure("closed here", "LOST")
        connections = [*self._free, *self._used]
        self._free.clear()
        await asyncio.gather(*(connection.disconnect() for connection in connections), return_exceptions=True)

    def drop(self) -> None:
        """Leave the connections to redis-py, whose own they are."""
        self.open_on = None
        self.failure = Failure("closed here", "LOST")
        self._free.clear()

    async def _take(self) -> AbstractConnection | Failure:
        while self._free:
            connection = self._free.pop()
            if not connection.is_connected:
                continue
            reader = connection._reader  # noqa: SLF001 - has no public look at the end of a stream
            if reader is not None and not reader.at_eof():
                return connection
            await connection.disconnect(nowait=True)  # the server has closed it meanwhile
        return await self._opening.connect()


async def _exchange(connection: AbstractConnection, commands: Sequence[bytes]) -> list[Any]:
    replies: list[Any] = []
    try:
        await connection.send_packed_command([b"".join(commands)], check_health=False)
        for _ in commands:
            replies.append(await _reply(connection))
    except Exception as error:
        await connection.disconnect(nowait=True)
        failure = failure_of(error, sent=True)
        replies += [failure] * (len(commands) - len(replies))
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return replies


async def _reply(connection: AbstractConnection) -> Any:
    from redis.exceptions import ConnectionError as Lost
    from redis.exceptions import RedisError
    from redis.exceptions import TimeoutError as Late

    try:
        return await connection.read_response(disable_decoding=True)
    except RedisError as error:
        failure = failure_of(error, sent=True)
        if isinstance(error, Lost | Late) and failure.code in {"LOST", "LATE"}:
            raise
        failure.sent = False
        return failure


def pool_opener(max_connections: int | None) -> Callable[[Opening], Awaitable[Carrier | Failure]]:
    """Opens pools of that size; the first connection shows whether the server can be reached."""

    async def open(opening: Opening) -> Carrier | Failure:
        connection = await opening.connect()
        if isinstance(connection, Failure):
            return connection
        pool = Pool(opening, max_connections or DEFAULT_CONNECTIONS)
        pool._free.append(connection)  # noqa: SLF001
        return pool

    return open
