"""The thread that a store lives in: calls come from any event loop, one after another."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from axon.core.errors import Closed

Thing = TypeVar("Thing")
Result = TypeVar("Result")


class Worker(Generic[Thing]):
    """Makes a thing when it is first needed, and runs everything that is done with it in one thread of its own.

    A forked child makes its own thing: a connection must not be used in two processes.
    """

    def __init__(self, make: Callable[[], Thing], close: Callable[[Thing], None]) -> None:
        self._make = make
        self._close = close
        self._thing: Thing | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._process = os.getpid()
        self._closed = False

    async def run(self, work: Callable[[Thing], Result]) -> Result:
        """The result of ``work``. A cancelled caller does not stop what has begun: it is done whole, or not at all."""
        if self._closed:
            raise Closed("this store was closed; make a new one")
        return await asyncio.get_running_loop().run_in_executor(self._pool(), self._work, work)

    async def close(self) -> None:
        """Close the thing after what is under way; any number of times."""
        if self._closed:
            return
        self._closed = True
        executor, self._executor = self._executor, None
        if executor is not None and self._process == os.getpid():
            await asyncio.get_running_loop().run_in_executor(executor, self._finish)
            executor.shutdown(wait=False)

    def _pool(self) -> ThreadPoolExecutor:
        if self._process != os.getpid():
            # The parent's thread is not here, and its connection is not ours to close.
            self._process, self._executor, self._thing = os.getpid(), None, None
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix="axon-vector")
        return self._executor

    def _work(self, work: Callable[[Thing], Result]) -> Result:
        if self._thing is None:
            self._thing = self._make()
        return work(self._thing)

    def _finish(self) -> None:
        if self._thing is not None:
            thing, self._thing = self._thing, None
            self._close(thing)
