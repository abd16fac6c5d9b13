"""Opening a connection with redis-py, which knows TLS, ACLs, unix sockets and credential providers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

import redis
from redis.asyncio import Connection
from redis.asyncio.connection import AbstractConnection, UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from axon_redis.failures import Failure, failure_of
from axon_redis.multiplexer import Multiplexer
from axon_redis.parting import part_from

HANDSHAKE_S = 5.0
"""How long the commands after the connect may take, where no timeout was set."""

_REASON_S = 0.1


@cache
def _names() -> dict[str, Any]:
    """What a connection says of itself (``CLIENT LIST``); without it redis-py looks up its version each time."""
    ours = "axon-redis", version("axon-redis")
    if hasattr(redis, "DriverInfo"):
        return {"driver_info": redis.DriverInfo().add_upstream_driver(*ours)}
    return {"lib_name": f"redis-py({'_v'.join(ours)})"}  # before redis-py 7.2


class Opening:
    """How connections to one server are opened. Their replies are RESP2 and bytes, and redis-py repeats nothing.

    ``settings`` are keyword arguments of ``connection_class``; ``where`` is how messages name the server.
    """

    def __init__(self, connection_class: type[AbstractConnection], settings: Mapping[str, Any]) -> None:
        self.connection_class = connection_class
        self.settings = {**_names(), **settings, "protocol": 2, "decode_responses": False, "retry": None}
        self.where = where(connection_class, settings)
        self.reply_timeout: float | None = settings.get("socket_timeout")

    def __repr__(self) -> str:
        return f"Opening({self.where!r})"

    def connection(self) -> Any:
        """A connection of redis-py, not connected yet; most of its methods have no types."""
        # Without a timeout of redis-py for each command: on Python 3.11 it may swallow a cancellation.
        return self.connection_class(**{**self.settings, "retry": Retry(NoBackoff(), 0), "socket_timeout": None})

    async def connect(self) -> Any:
        """A connection of redis-py that is ready for commands, or a :class:`Failure`."""
        connection, loop = self.connection(), asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience()):
                await connection.connect()
        except Exception as error:
            part_from(connection, loop)
            failure = failure_of(error, sent=False)
            return failure if failure.code != "LOST" else await self._reason() or failure
        except BaseException:  # also where the loop has ended over it, so nothing is awaited here
            part_from(connection, loop)
            raise
        return connection

    async def open(self) -> Multiplexer | Failure:
        """A multiplexer on a connection that redis-py has opened, or why there is none."""
        connection = await self.connect()
        if isinstance(connection, Failure):
            return connection
        # Private names, which have been the same since redis-py 4; a transport has no public owner.
        reader, writer = connection._reader, connection._writer
        if reader is None or writer is None:  # its callbacks may do anything
            return Failure("closed while it was opened", "LOST")
        connection._reader = connection._writer = None
        connection._parser.on_disconnect()
        if reader._buffer or reader.at_eof():
            writer.close()
            return Failure("closed while it was opened", "LOST")
        return Multiplexer(writer, self.reply_timeout)

    async def _reason(self) -> Failure | None:
        """Why the server hangs up on who speaks to it, if it says so to one who does not.

        A server that has too many clients says so and closes; a client that wrote meanwhile gets a reset instead.
        """
        connection, loop = self.connection(), asyncio.get_running_loop()
        line = b""
        try:
            async with asyncio.timeout(_REASON_S):
                await connection._connect()
                reader = connection._reader
                line = b"" if reader is None else await reader.readline()
        except Exception:  # noqa: S110 - then there is no reason
            pass
        finally:
            part_from(connection, loop)
        return Failure(line[1:].decode(errors="replace").strip()) if line.startswith(b"-") else None

    def _patience(self) -> float:
        connect = self.settings.get("socket_connect_timeout")
        return (connect or HANDSHAKE_S) + (self.reply_timeout or HANDSHAKE_S)


def where(connection_class: type[AbstractConnection], settings: Mapping[str, Any]) -> str:
    """How messages name the server."""
    if issubclass(connection_class, UnixDomainSocketConnection):
        return str(settings.get("path", ""))
    return place(settings.get("host") or "localhost", settings.get("port") or 6379)


def place(host: object, port: object) -> str:
    """``host:port``, as it is written in a URL."""
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"


def is_tcp(connection_class: type[AbstractConnection]) -> bool:
    """Whether it is a connection to a host and a port."""
    return issubclass(connection_class, Connection)
