"""An adapter's code that must not hold the process: a call that blocks, and threads that are left."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
import traceback
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Self

import click

import axon.testing
from axon.cli.failures import INTERRUPTED, NOT_DONE, WRONG_USAGE
from axon.cli.text import legible
from axon.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from axon.testing.check import Check

_GRACE_S = 3.0
"""How long threads that an adapter has left may take to end: those of an idle pool do, once the main one has."""
_BLOCKED_S = 90.0
"""How long a call may keep the event loop from running, and so from breaking it off after a minute."""
_LOOK_S = 1.0
_STEP, _TURN, _LAST = "Handle._run", "BaseEventLoop._run_once", "Runner.close"
"""Of asyncio: a step of a task, a turn of the loop, which waits and makes steps, and its end, at which it waits for
threads."""


@contextmanager
def ended_in_the_end() -> Iterator[None]:
    """The process ends with the exit code of what is done in here, whatever threads the adapter has left behind."""
    code = 0
    try:
        yield
    except click.exceptions.Exit as end:
        code = end.exit_code
        raise
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
        raise
    except Exception as error:
        code = WRONG_USAGE if isinstance(error, ConfigError) else NOT_DONE
        raise
    finally:
        if _left() and _is_the_program():
            timer = threading.Timer(_GRACE_S, _end, (code,))
            timer.daemon = True
            timer.start()


def _is_the_program() -> bool:
    """Whether the process is the command's own, to be ended, and not one that only calls it and goes on."""
    return sys.stdout is sys.__stdout__


def _left() -> list[str]:
    """The threads that keep the process from ending."""
    main = threading.main_thread()
    return [thread.name for thread in threading.enumerate() if not thread.daemon and thread is not main]


def _end(code: int) -> None:
    if left := _left():
        _say(f"axon: note: ended over threads that the adapter has left running: {legible(', '.join(left))}")
        os._exit(code)


def _say(line: str) -> None:
    os.write(2, f"{line}\n".encode(errors="backslashreplace"))  # the lock of sys.stderr may be held for ever


class Watch:
    """Ends the process over a call that blocks the event loop: no timeout can, and nobody would be told which it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._doing = "before the first check"
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        if _is_the_program():
            threading.Thread(target=self._look, args=(threading.get_ident(),), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()

    def told(self, checks: Iterable[Check]) -> Iterator[Check]:
        """``checks``, of which the watch then knows the one that runs."""
        for check in checks:
            self._doing = f"in {check.name}"
            yield check

    def _look(self, thread: int) -> None:
        call: FrameType | None = None
        since = monotonic()
        while not self._is_over.wait(_LOOK_S):
            before = call
            call, inside = _blocking(sys._current_frames()[thread])  # noqa: SLF001  # documented, for this
            if call is None or call is not before:
                since = monotonic()
            elif monotonic() - since > _BLOCKED_S:
                self._end(inside)

    def _end(self, inside: Sequence[FrameType]) -> None:
        from axon.testing.failure import places

        frames = traceback.StackSummary.extract((frame, frame.f_lineno) for frame in reversed(inside))
        where = "; ".join(places(frames)) or "at the end of the event loop, which waits for threads that do not end"
        said = f"blocks {self._doing}: for {_BLOCKED_S:g} s nothing else could run, {legible(where)}"
        _say(f"axon: error: the adapter {self._name!r} {said}; await what takes time, with an end to it")
        faulthandler.dump_traceback(2)
        os._exit(WRONG_USAGE)


def _blocking(frame: FrameType) -> tuple[FrameType | None, Sequence[FrameType]]:
    """The frame of the kit or of the event loop that called what runs in ``frame``, with those inside of it.

    ``None`` while the loop waits, as it can then break off what it waits for; but not at its end, where it no longer
    breaks off anything.
    """
    kit, loop = axon.testing.__path__[0], asyncio.__path__[0]
    inside: list[FrameType] = []
    waits = False
    for outer, _ in traceback.walk_stack(frame):
        code = outer.f_code
        part = code.co_qualname if code.co_filename.startswith(loop) else ""
        if waits and part == _LAST:
            return outer, ()
        if not waits and (part == _STEP or code.co_filename.startswith(kit)):
            return outer, inside
        waits = waits or part == _TURN
        inside.append(outer)
    return None, ()
