"""A call that is cancelled at an await of one's choice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any

MOST_AWAITS = 40
"""Awaits in one call after which the next ones are of the same kind."""


class _CancelledAt:
    """An awaitable that cancels its own task when it awaits for the ``number``-th time."""

    def __init__(self, call: Awaitable[Any], number: int) -> None:
        self._call = call
        self._left = number
        self.was_reached = False

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._call.__await__()
        task = asyncio.current_task()
        go_on: Callable[[Any], Any] = steps.send
        given: Any = None
        while True:
            try:
                awaited = go_on(given)
            except StopIteration as end:
                return end.value
            self._left -= 1
            if self._left == 0 and task is not None:
                self.was_reached = True
                asyncio.get_running_loop().call_soon(task.cancel)
            try:
                given = yield awaited
                go_on = steps.send
            except BaseException as error:
                go_on, given = steps.throw, error


async def cancelled_at(call: Awaitable[Any], number: int) -> bool:
    """Whether ``call`` came to its ``number``-th await, at which it was cancelled."""
    cancelling = _CancelledAt(call, number)

    async def run() -> Any:
        return await cancelling

    await asyncio.gather(asyncio.ensure_future(run()), return_exceptions=True)
    return cancelling.was_reached


async def told_of_cancelling(call: Awaitable[Any], number: int) -> bool | None:
    """Whether ``call`` ended as cancelled when it was cancelled at its ``number``-th await; ``None``: it was not."""
    cancelling = _CancelledAt(call, number)

    async def run() -> Any:
        return await cancelling

    task = asyncio.ensure_future(run())
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # looked at, or asyncio would say that nobody has
    if not cancelling.was_reached or not task.cancelling():
        return None
    return task.cancelled()
