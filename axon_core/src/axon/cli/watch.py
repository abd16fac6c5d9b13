"""An adapter's code that must not hold the process: a call that blocks, and threads that are left."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import click

from axon.cli.failures import INTERRUPTED, NOT_DONE, WRONG_USAGE
from axon.cli.text import legible
from axon.core.errors import ConfigError
from axon.testing import blocking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from traceback import FrameSummary

    from axon.testing.check import Check

_GRACE_S = 3.0
"""How long threads that an adapter has left may take to end: those of an idle pool do, once the main one has."""


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
            looking = (threading.get_ident(), self._is_over, self._end, blocking.BLOCKED_S, blocking.LOOK_S)
            threading.Thread(target=blocking.look_out, args=looking, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()

    def told(self, checks: Iterable[Check]) -> Iterator[Check]:
        """``checks``, of which the watch then knows the one that runs."""
        for check in checks:
            self._doing = f"in {check.name}"
            yield check

    def _end(self, inside: Sequence[FrameSummary]) -> None:
        from axon.testing.failure import places

        stack = places(reversed(inside))
        where = "; ".join(stack) or "at the end of the event loop, which waits for threads that do not end"
        said = f"blocks {self._doing}: for {blocking.BLOCKED_S:g} s nothing else could run, {legible(where)}"
        _say(f"axon: error: the adapter {self._name!r} {said}; await what takes time, with an end to it")
        faulthandler.dump_traceback(2)
        os._exit(WRONG_USAGE)
