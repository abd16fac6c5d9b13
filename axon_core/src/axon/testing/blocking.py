"""Calls that block the event loop: no timeout can break them off, since nothing else runs meanwhile."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import traceback
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

Call: TypeAlias = "tuple[FrameType, FrameType | None]"
BLOCKED_S = 90.0
"""How long a call may keep the event loop from running, and so from breaking it off after a minute."""
LITTLE_BLOCKED_S = 6.0
"""The same, once an adapter is known to hang."""
LOOK_S = 1.0
_STEP, _TURN, _LAST = "Handle._run", "BaseEventLoop._run_once", "Runner.close"
"""Of asyncio: a step of a task, a turn of the loop, which waits and makes steps, and its end, at which it waits for
threads."""


class Blocked(BaseException):
    """Raised in a call that blocks. It is no Exception, which the adapter might take for an error of its store."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer for {seconds:g} s, in which nothing else could run")


@contextmanager
def broken_off(seconds: float | None = None) -> Iterator[None]:
    """A call in here that blocks for ``seconds`` ends with :class:`Blocked`, as far as a signal can do that.

    That is in the main thread of a system with signals, unless somebody else has a handler of the alarm, as plugins
    for timeouts do. Code in C that never returns to the interpreter goes on.
    """
    patience = BLOCKED_S if seconds is None else seconds
    if not _can_be_signalled():
        yield
        return

    def rise(*_: object) -> None:
        raise Blocked(patience)

    main, is_over = threading.get_ident(), threading.Event()

    def told(_: Sequence[FrameType]) -> None:
        if not is_over.is_set():
            signal.pthread_kill(main, signal.SIGALRM)

    thread = threading.Thread(target=look_out, args=(main, is_over, told, patience, LOOK_S), daemon=True)
    before = signal.signal(signal.SIGALRM, rise)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        signal.signal(signal.SIGALRM, before)


def _can_be_signalled() -> bool:
    if not hasattr(signal, "pthread_kill") or threading.current_thread() is not threading.main_thread():
        return False
    return signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def look_out(
    thread: int,
    is_over: threading.Event,
    told: Callable[[Sequence[FrameType]], object],
    patience: float,
    every: float,
) -> None:
    """Call ``told`` with the frames of a call that has blocked ``thread`` for ``patience`` seconds, each time anew."""
    call: Call | None = None
    since = monotonic()
    while not is_over.wait(every):
        before = call
        call, inside = _blocking(sys._current_frames()[thread])  # noqa: SLF001  # documented, for this
        if call is None or call != before:
            since = monotonic()
        elif monotonic() - since > patience:
            told(inside)
            since = monotonic()


def _blocking(frame: FrameType) -> tuple[Call | None, Sequence[FrameType]]:
    """The call that runs in ``frame``, by the frames of the kit and of the event loop that made it, and those inside.

    ``None`` while the loop waits, as it can then break off what it waits for; but not at its end, where it no longer
    breaks off anything. An adapter that never waits has all of a check in one step of the loop, and one that often
    does has many in one call: a call blocks while both stay.
    """
    kit, loop = str(Path(__file__).parent), asyncio.__path__[0]
    inside: list[FrameType] = []
    caller: FrameType | None = None
    waits = False
    for outer, _ in traceback.walk_stack(frame):
        code = outer.f_code
        part = code.co_qualname if code.co_filename.startswith(loop) else ""
        if waits and part == _LAST:
            return (outer, None), ()
        if not waits and part == _STEP:
            return (caller or outer, outer), inside
        if not waits and caller is None and code.co_filename.startswith(kit):
            caller = outer
        waits = waits or (caller is None and part == _TURN)
        if caller is None:
            inside.append(outer)
    return (None if caller is None else (caller, None)), inside
