"""Those who wait for a lock in one process, each in its turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_Key = tuple[asyncio.AbstractEventLoop, str]


class Lines:
    """Lines by name and event loop: only the first of a line asks the server."""

    def __init__(self) -> None:
        self._lines: dict[_Key, deque[asyncio.Future[None]]] = {}
        self._napping: dict[_Key, asyncio.Event] = {}

    @asynccontextmanager
    async def turn(self, name: str, patience: float) -> AsyncIterator[bool]:
        """Waits until those before have left; whether that took no longer than ``patience`` seconds."""
        loop = asyncio.get_running_loop()
        key = loop, name
        line = self._lines.setdefault(key, deque())
        place = loop.create_future()
        line.append(place)
        try:
            if line[0] is not place:
                await asyncio.wait([place], timeout=patience)
            yield line[0] is place
        finally:
            was_first = line[0] is place
            line.remove(place)
            if not line:
                del self._lines[key]
            elif was_first:
                line[0].set_result(None)

    async def nap(self, name: str, seconds: float) -> None:
        """Sleep so long, or until somebody of this process gives the lock back."""
        key = asyncio.get_running_loop(), name
        event = self._napping[key] = asyncio.Event()
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            del self._napping[key]

    def wake(self, name: str) -> None:
        """Let the first in line ask at once."""
        event = self._napping.get((asyncio.get_running_loop(), name))
        if event is not None:
            event.set()
