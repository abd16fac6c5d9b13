"""The thread that a store lives in: calls come from any event loop, one after another."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from axon.core.errors import Closed

Thing = TypeVar("Thing")
Result = TypeVar("Result")


class Worker(Generic[Thing]):
    """Makes a thing when it is first needed, and runs everything that is done with it in one thread of its own.

    A forked child makes its own thing: a connection must not be used in two processes. A fork waits for what is
    under way, and the child closes what it has inherited at once.
    """

    def __init__(self, make: Callable[[], Thing], close: Callable[[Thing], None]) -> None:
        self._make = make
        self._close = close
        self._thing: Thing | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._closed = False
        self._starting = Lock()
        self._working = Lock()
        _workers.add(self)

    def __del__(self) -> None:
        # Nobody can call any more, and nothing is under way: what runs refers to this object.
        self._leave()

    async def run(self, work: Callable[[Thing], Result]) -> Result:
        """The result of ``work``. A cancelled caller does not stop what has begun: it is done whole, or not at all."""
        with self._starting:
            if self._closed:
                raise Closed("this store was closed; make a new one")
            if self._executor is None:
                self._executor = ThreadPoolExecutor(1, thread_name_prefix="axon-vector")
            result = self._executor.submit(self._work, work)
        return await asyncio.wrap_future(result)

    def at_once(self, work: Callable[[Thing], Result | None]) -> Result | None:
        """The result of ``work`` here and now; ``None`` where the thing is not made yet or has something else to do."""
        if self._closed or self._thing is None or not self._working.acquire(blocking=False):
            return None
        try:
            return work(self._thing)
        finally:
            self._working.release()

    async def close(self) -> None:
        """Close the thing after what is under way; any number of times."""
        with self._starting:
            self._closed = True
            executor, self._executor = self._executor, None
            if executor is None:
                return
            finished = executor.submit(self._finish)
            executor.shutdown(wait=False)
        await asyncio.wrap_future(finished)

    def _work(self, work: Callable[[Thing], Result]) -> Result:
        with self._working:
            if self._thing is None:
                self._thing = self._make()
            return work(self._thing)

    def _finish(self) -> None:
        with self._working:
            self._leave()

    def _leave(self) -> None:
        if self._thing is not None:
            thing, self._thing = self._thing, None
            self._close(thing)

    def before_fork(self) -> None:
        """Wait until nothing is under way, and let nothing begin."""
        self._starting.acquire()
        self._working.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; a child without the thread and the thing of its parent."""
        if in_child:
            # Closed, not forgotten: SQLite takes a file that it believes open for locked by this process, which it is
            # not, and another process that closes the file as the last one would take the log away with the child's
            # writes in it.
            self._executor = None
            self._leave()
        self._working.release()
        self._starting.release()


_workers: WeakSet[Worker[Any]] = WeakSet()
_forking = Lock()
_held: list[Worker[Any]] = []


def _before_fork() -> None:
    _forking.acquire()
    _held.extend(_workers)
    for worker in _held:
        worker.before_fork()


def _after_fork(*, in_child: bool) -> None:
    for worker in _held:
        worker.after_fork(in_child=in_child)
    _held.clear()
    _forking.release()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=lambda: _after_fork(in_child=False),
        after_in_child=lambda: _after_fork(in_child=True),
    )
