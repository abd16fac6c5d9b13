"""One thread beside the event loop, for work that blocks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Worker:
    """Runs functions one after another in a thread of its own, for any event loop and any thread.

    The thread starts with the first function, and anew in a forked child or after a stop. A call that
    is cancelled before its turn does not run; one that runs is not interrupted.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._executor: ThreadPoolExecutor | None = None
        self._process = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of ``work``, awaited."""
        return await asyncio.get_running_loop().run_in_executor(self._started(), work)

    def wait(self, work: Callable[[], Result]) -> Result:
        """The result of ``work``, waited for by a caller that has no event loop."""
        return self._started().submit(work).result()

    def stop(self) -> None:
        """End the thread after what it was given already; the next call starts another one."""
        executor, self._executor = self._executor, None
        if executor is not None and self._process == os.getpid():
            executor.shutdown(wait=False)

    def _started(self) -> ThreadPoolExecutor:
        if self._executor is None or self._process != os.getpid():  # a child has no thread of its parent
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=self._name)
            self._process = os.getpid()
        return self._executor
