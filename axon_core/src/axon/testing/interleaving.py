"""A call in the middle of which another one runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

_PATIENCE_S = 0.1
"""So long the other call may take while the first one stands still: it may have to wait for that one."""


class _PausedAt:
    """An awaitable that lets a call stand still at its ``number``-th await, and another begin and, if it can, end."""

    def __init__(self, call: Awaitable[Any], number: int, other: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self._call = call
        self._left = number
        self._other = other
        self.task: asyncio.Task[Any] | None = None

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._call.__await__()
        go_on: Callable[[Any], Any] = steps.send
        given: Any = None
        while True:
            try:
                awaited = go_on(given)
            except StopIteration as end:
                return end.value
            self._left -= 1
            try:
                if self._left == 0:
                    self.task = asyncio.ensure_future(self._other())
                    yield from asyncio.wait([self.task], timeout=_PATIENCE_S).__await__()
                given = yield awaited
                go_on = steps.send
            except BaseException as error:
                go_on, given = steps.throw, error


async def interleaved(
    call: Awaitable[Any], other: Callable[[], Coroutine[Any, Any, Any]], number: int
) -> tuple[Any, Any] | None:
    """What ``call`` gives, and what ``other`` gives that runs at its ``number``-th await.

    ``None`` where it has not so many; then ``other`` has not run.
    """
    paused = _PausedAt(call, number, other)
    first = await paused
    return None if paused.task is None else (first, await paused.task)
