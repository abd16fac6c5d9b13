"""An event loop in a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

_LONGEST_STOP_S = 5.0
_PATIENCE_S = 1.0


class BackgroundLoop:
    """Runs coroutines for any thread; the loop starts with the first, and anew in a forked child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        if hasattr(os, "register_at_fork"):
            # A child has neither our thread nor a lock that its holder will ever release.
            os.register_at_fork(after_in_child=self._forget)

    def run(self, call: Coroutine[Any, Any, Result]) -> Result:
        """The result of ``call``, waited for; Ctrl-C in the waiting thread cancels it."""
        with self._lock:
            if self._loop is None or self._thread is None or not self._thread.is_alive():  # a signal may end its start
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="axon-sync", daemon=True)
                self._thread.start()
        if threading.current_thread() is self._thread:
            call.close()
            raise RuntimeError("axon.sync cannot be called from its own loop; await axon.MemorySystem there")
        bridge = _Bridge(call)
        try:
            # Ctrl-C may come at any point from here on, while the loop has the call already.
            self._loop.call_soon_threadsafe(bridge.start)
            while not bridge.ended(within=_PATIENCE_S):
                # A signal that came while the loop was being woken may have let it sleep on.
                self._loop.call_soon_threadsafe(_nothing)
        except BaseException:
            self._loop.call_soon_threadsafe(bridge.cancel)
            raise
        return bridge.result()

    @property
    def is_running(self) -> bool:
        """Whether the loop was started and not stopped."""
        return self._loop is not None

    def stop(self) -> None:
        """End the loop, if it runs; the next call starts another one."""
        with self._lock:
            if self._loop is None or self._thread is None:
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_LONGEST_STOP_S)
            self._loop.close()
            self._loop = self._thread = None

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._loop = self._thread = None


class _Bridge(Generic[Result]):
    """A call in the loop, waited for in another thread. ``start`` and ``cancel`` are called in the loop, once each.

    The wait must leave nothing locked wherever a signal ends it, as a future of ``concurrent.futures`` may: the loop
    would wait for that lock, and with it everybody. A simple queue is one call of C.
    """

    def __init__(self, call: Coroutine[Any, Any, Result]) -> None:
        self._call = call
        self._task: asyncio.Task[Result] | None = None
        self._done: SimpleQueue[asyncio.Task[Result]] = SimpleQueue()
        self._ended: asyncio.Task[Result] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._call)
        self._task.add_done_callback(self._hand_over)

    def _hand_over(self, task: asyncio.Task[Result]) -> None:
        if not task.cancelled():
            task.exception()  # should nobody wait any more, asyncio is not to complain that nobody asked
        self._done.put(task)

    def ended(self, *, within: float) -> bool:
        with suppress(Empty):
            self._ended = self._done.get(timeout=within)
        return self._ended is not None

    def result(self) -> Result:
        if self._ended is None or self._ended.cancelled():
            raise CancelledError
        return self._ended.result()

    def cancel(self) -> None:
        if self._task is None:  # interrupted before it was handed over
            self._call.close()
        else:
            self._task.cancel()


def _nothing() -> None:
    """Wake the loop."""
