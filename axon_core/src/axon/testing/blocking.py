"""Calls that block the event loop: no timeout can break them off, since nothing else runs meanwhile."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import weakref
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from traceback import FrameSummary
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import CodeType, FrameType

BLOCKED_S = 90.0
"""How long a call may keep the event loop from running, and so from breaking it off after a minute."""
LITTLE_BLOCKED_S = 6.0
"""The same, once an adapter is known to hang."""
LOOK_S = 1.0
_STEP, _TURN, _LAST = "Handle._run", "BaseEventLoop._run_once", "Runner.close"
"""Of asyncio: a step of a task, a turn of the loop, which waits and makes steps, and its end, at which it waits for
threads."""


class Begun:
    """How many calls the kit has begun: what tells two that follow each other apart."""

    def __init__(self) -> None:
        self.calls = 0


BEGUN = Begun()


class Call(NamedTuple):
    """What identifies a call and keeps nothing of it alive: of a frame only the id, which a later one may have too."""

    number: int
    """That of :data:`BEGUN`."""
    frame: int
    code: CodeType
    step: weakref.ref[Any] | None
    """The handle of the step of the loop, where there is one."""


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

    def told(_: Sequence[FrameSummary]) -> None:
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
    told: Callable[[Sequence[FrameSummary]], object],
    patience: float,
    every: float,
) -> None:
    """Call ``told`` with where a call is that has blocked ``thread`` for ``patience`` seconds, each time anew.

    The innermost place comes first. No frame is kept between two looks: it would keep what the adapter has in its
    variables, as views of arrays that cannot grow as long as there are views of them.
    """
    call: Call | None = None
    since = monotonic()
    while not is_over.wait(every):
        before = call
        call, inside = _blocking(thread)
        if call is None or call != before:
            since = monotonic()
        elif monotonic() - since > patience:
            told(inside)
            since = monotonic()


def _blocking(thread: int) -> tuple[Call | None, Sequence[FrameSummary]]:
    """The call that runs in ``thread``, by the frames of the kit and of the event loop that made it, and where it is.

    ``None`` while the loop waits, as it can then break off what it waits for; but not at its end, where it no longer
    breaks off anything. An adapter that never waits has all of a check in one step of the loop, and one that often
    does has many in one call: a call blocks while both stay.
    """
    kit, loop = str(Path(__file__).parent), asyncio.__path__[0]
    inside: list[FrameSummary] = []
    caller: FrameType | None = None
    waits = False
    outer: FrameType | None = sys._current_frames()[thread]  # noqa: SLF001  # documented, for this
    while outer is not None:
        code = outer.f_code
        part = code.co_qualname if code.co_filename.startswith(loop) else ""
        if waits and part == _LAST:
            return _call(outer), ()
        if not waits and part == _STEP:
            return _call(caller or outer, outer), inside
        if not waits and caller is None and code.co_filename.startswith(kit):
            caller = outer
        waits = waits or (caller is None and part == _TURN)
        if caller is None:
            # Its line is read by who tells of it: a file takes long, and others go on meanwhile.
            inside.append(FrameSummary(code.co_filename, outer.f_lineno, code.co_name, lookup_line=False))
        outer = outer.f_back
    return (None if caller is None else _call(caller)), inside


def _call(frame: FrameType, step: FrameType | None = None) -> Call:
    handle = None if step is None else weakref.ref(step.f_locals["self"])
    return Call(BEGUN.calls, id(frame), frame.f_code, handle)
