"""A way to a server that breaks at a moment that a test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis_servers.address import HOST
from redis_servers.server import Server


class Way:
    """What carries bytes to a server and back, and cuts the connection once: at the command that holds ``at``.

    ``loses`` says what the other side does not get any more: the ``"command"``, its ``"answer"``, or ``"nothing"`` of
    what the server has answered at once. With ``for_good`` nobody gets through afterwards.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.port = 0
        self.at = b""
        self.loses = "answer"
        self.for_good = False
        self.holds = b""
        self.is_holding, self.goes_on = asyncio.Event(), asyncio.Event()
        """Set when the command has come that is kept back, and to let it go on."""
        self.cuts = 0
        """How often it was cut: 1, or 0 as long as nobody sent such a command."""

    def hold(self, at: bytes) -> None:
        """Keep back the next command that holds ``at``, and whatever comes after it on its connection."""
        self.holds, self.is_holding, self.goes_on = at, asyncio.Event(), asyncio.Event()

    def cut(self, at: bytes, *, loses: str = "answer", for_good: bool = False) -> None:
        """Cut the connection at the next command that holds ``at``."""
        self.at, self.loses, self.for_good, self.cuts = at, loses, for_good, 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until one side ends it, or it is cut."""
        if self.cuts and self.for_good:
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_connection(HOST, self._port)
        cut = asyncio.Event()
        ways = [
            asyncio.ensure_future(self._there(reader, server_writer, cut)),
            asyncio.ensure_future(self._back(server_reader, writer, cut)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.wait(ways)
            for side in (writer, server_writer):
                side.close()
                with suppress(ConnectionError):
                    await side.wait_closed()

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self.at and self.at in data:
                    self.at, self.cuts = b"", 1
                    if self.loses == "command":
                        return
                    cut.set()
                if self.holds and self.holds in data:
                    self.holds = b""
                    self.is_holding.set()
                    await self.goes_on.wait()
                writer.write(data)

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if not cut.is_set() or self.loses == "nothing":
                    writer.write(data)
                if cut.is_set():
                    return


@asynccontextmanager
async def way_to(server: Server) -> AsyncIterator[Way]:
    """A way to ``server``; whoever connects to its ``port`` on 127.0.0.1 takes it."""
    way = Way(server.port)
    ends: list[asyncio.Task[None]] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        ends.append(task)
        await way.carry(reader, writer)

    async with await asyncio.start_server(accept, HOST, 0) as listening:
        way.port = listening.sockets[0].getsockname()[1]
        yield way
    for task in ends:  # whoever came has left by now, or has been cut
        await task
