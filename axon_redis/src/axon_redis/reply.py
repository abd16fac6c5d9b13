"""The reply to a command that is alone on its connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from axon_redis.failures import Failure


class Reply(asyncio.Future[Any]):
    """A future whose task goes on in the moment in which the result comes.

    With one of asyncio's the loop turns once more before, and asks the system for news that nobody waits for: a tenth
    of what a program spends on a command. So a result must come from a callback of the loop, never from within a task.
    A :class:`Failure`, which may come from anywhere, is told at the loop's next turn, and so is whatever waits beside.
    """

    _call: Callable[[Any], object] | None = None
    _context: Context

    def add_done_callback(self, call: Callable[[Any], object], /, *, context: Context | None = None) -> None:
        """Call ``call(self)`` when this is done."""
        if self._call is not None or self.done():
            super().add_done_callback(call, context=context)
        else:
            self._call, self._context = call, copy_context() if context is None else context

    def remove_done_callback(self, call: Callable[[Any], object], /) -> int:
        """Do not call it; how often it would have been called."""
        removed = super().remove_done_callback(call)
        if self._call == call:
            self._call = None
            removed += 1
        return removed

    def set_result(self, result: Any, /) -> None:
        """Be done."""
        super().set_result(result)
        if type(result) is Failure:
            self._call_soon()
        elif (call := self._call) is not None:
            self._call = None
            self._context.run(call, self)

    def cancel(self, msg: Any | None = None) -> bool:
        """Be cancelled, unless it is done."""
        is_cancelled = super().cancel(msg)
        if is_cancelled:
            self._call_soon()
        return is_cancelled

    def _call_soon(self) -> None:
        if self._call is not None:
            self.get_loop().call_soon(self._call, self, context=self._context)
            self._call = None
