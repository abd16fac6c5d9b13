"""Those who wait for a lock in one process, each in its turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Line:
    """Those who wait for one lock; only the first of them asks the server."""

    def __init__(self) -> None:
        self.places: deque[asyncio.Future[None]] = deque()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Let the first ask at once."""
        self._woken.set()

    async def nap(self, seconds: float) -> None:
        """Sleep so long, or until somebody has woken the first since this was called last."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()


class Lines:
    """Lines by event loop and name."""

    def __init__(self) -> None:
        self._lines: dict[tuple[asyncio.AbstractEventLoop, str], Line] = {}

    def of(self, name: str) -> Line | None:
        """Those who wait for ``name``, if anybody does."""
        return self._lines.get((asyncio.get_running_loop(), name)) if self._lines else None

    @asynccontextmanager
    async def turn(self, name: str, patience: float) -> AsyncIterator[Line | None]:
        """Waits until those before have left: the line, or ``None`` where ``patience`` seconds were not enough."""
        loop = asyncio.get_running_loop()
        line = self._lines.setdefault((loop, name), Line())
        place = loop.create_future()
        line.places.append(place)
        try:
            if line.places[0] is not place:
                await asyncio.wait([place], timeout=patience)
            yield line if line.places[0] is place else None
        finally:
            was_first = line.places[0] is place
            line.places.remove(place)
            if not line.places:
                del self._lines[loop, name]
            elif was_first:
                line.places[0].set_result(None)
