"""Plain functions that a coroutine waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from inspect import iscoroutinefunction
from threading import Thread
from typing import Any, TypeVar

from axon.core.errors import WrongType, shown

Result = TypeVar("Result")


async def in_a_thread(function: Callable[[], Result]) -> Result:
    """What ``function`` gives, run in a thread of its own; who is cancelled no longer waits for it.

    A pool, as that of ``asyncio.to_thread``, has an end: were each of its threads to wait for another cached function,
    none would be left to run it.
    """
    outcome: Future[Result] = Future()
    outcome.set_running_or_notify_cancel()  # from now on it cannot be cancelled
    context = copy_context()

    def run() -> None:
        try:
            outcome.set_result(context.run(function))
        except BaseException as error:
            outcome.set_exception(error if _is_passed_on(error) else _told(error))

    Thread(target=run, name="axon-function", daemon=True).start()
    return await asyncio.wrap_future(outcome)


def check_plain(function: Any, what: str) -> None:
    """Refuse what is no plain function; ``what`` begins the message."""
    if not callable(function) or iscoroutinefunction(function):
        raise WrongType(f"{what}, got {shown(function)}; axon.MemorySystem has async ones")


def _is_passed_on(error: BaseException) -> bool:
    """Whether a future can hold it, and an event loop goes on after it."""
    return isinstance(error, Exception) and not isinstance(error, StopIteration)


def _told(error: BaseException) -> RuntimeError:
    told = RuntimeError(f"the function raised {type(error).__name__}")
    told.__cause__ = error
    return told
