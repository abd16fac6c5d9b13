"""An adapter's code that must not hold the process: a call that blocks, and threads that are left."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import click

from axon.cli.failures import INTERRUPTED, NOT_DONE, WRONG_USAGE
from axon.cli.text import legible
from axon.core.errors import ConfigError
from axon.testing import blocking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from traceback import FrameSummary

    from axon.testing.check import Check

_GRACE_S = 3.0
"""How long threads that an adapter has left may take to end: those of an idle pool do, once the main one has. And how
long a check may that was interrupted."""
_BY_SIGNAL = 128
"""To it the number of a signal is added for the exit code, as shells have it."""


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
    """Ends the process over a call that blocks the event loop: no timeout can, and nobody would be told which it is.

    A signal that ends the process breaks the call off; where that does no good, it ends the process soon after.
    ``summed_up`` gives what is printed before, by the reason why it is not all.
    """

    def __init__(self, name: str, summed_up: Callable[[str], bytes] | None = None) -> None:
        self._name = name
        self._summed_up = summed_up
        self.doing = "before the first check"
        self.exit_code = 0
        """That of the signal that came, if one did."""
        self._is_over = threading.Event()
        self._timer: threading.Timer | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if _is_the_program():
            looking = (threading.get_ident(), self._is_over, self._end, blocking.BLOCKED_S, blocking.LOOK_S)
            threading.Thread(target=blocking.look_out, args=looking, daemon=True).start()
            if threading.current_thread() is threading.main_thread():
                for number in (signal.SIGINT, signal.SIGTERM):
                    if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:  # else it is ignored
                        self._handlers[number] = signal.signal(number, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._timer is not None:
            self._timer.cancel()

    def told(self, checks: Iterable[Check]) -> Iterator[Check]:
        """``checks``, of which the watch then knows the one that runs."""
        for check in checks:
            self.doing = f"in {check.name}"
            yield check

    def _interrupt(self, number: int, _: object) -> None:
        if self._timer is not None:
            self._leave(f"interrupted {self.doing}", self.exit_code)
        self.exit_code = _BY_SIGNAL + number
        self._timer = threading.Timer(_GRACE_S, self._leave, (f"interrupted {self.doing}", self.exit_code))
        self._timer.daemon = True
        self._timer.start()
        raise KeyboardInterrupt

    def _end(self, inside: Sequence[FrameSummary]) -> None:
        from axon.testing.failure import places

        where = (
            "; ".join(places(reversed(inside)))
            or "at the end of the event loop, which waits for threads that do not end"
        )
        said = f"blocks {self.doing}: for {blocking.BLOCKED_S:g} s nothing else could run, {where}"
        _say(f"axon: error: the adapter {self._name!r} {legible(said)}; await what takes time, with an end to it")
        faulthandler.dump_traceback(2)
        self._leave(f"the adapter {said}", WRONG_USAGE)

    def _leave(self, reason: str, code: int) -> None:
        """End the process, whatever the main thread does and whatever locks it holds."""
        left = b"" if self._summed_up is None else self._summed_up(reason)
        with suppress(OSError):  # nobody reads it
            while left:
                left = left[os.write(1, left) :]
        os._exit(code)
