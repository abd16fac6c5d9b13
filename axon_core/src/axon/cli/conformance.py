"""``axon conformance``."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
import traceback
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self

import click

import axon.testing
from axon.cli.failures import INTERRUPTED, NOT_DONE, WRONG_USAGE, NotDone
from axon.cli.options import PATH, format_option
from axon.cli.output import print_json, print_table
from axon.cli.progress import bar
from axon.cli.text import legible
from axon.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from axon.testing.check import Check
    from axon.testing.report import Report

_GRACE_S = 3.0
"""How long threads that an adapter has left may take to end: those of an idle pool do, once the main one has."""
_BLOCKED_S = 90.0
"""How long a call may keep the event loop from running, and so from breaking it off after a minute."""
_LOOK_S = 1.0
_STEP, _TURN, _LAST = "Handle._run", "BaseEventLoop._run_once", "Runner.close"
"""Of asyncio: a step of a task, a turn of the loop, which waits and makes steps, and its end, at which it waits for
threads."""


@click.command()
@click.argument("name")
@click.option(
    "--settings",
    "file",
    type=PATH,
    metavar="FILE",
    help="TOML or JSON with what the test class says: [settings], [unreachable], golden, dimension.",
)
@click.option("--topic", "topics", multiple=True, metavar="TOPIC", help="Only the checks of this topic; repeatable.")
@click.option(
    "--write-golden", "target", type=PATH, metavar="DIR", help="Only make a golden folder of what is stored now."
)
@format_option("one document")
@click.pass_context
def conformance(  # noqa: PLR0917  # click gives them by name
    context: click.Context, name: str, file: Path | None, topics: tuple[str, ...], target: Path | None, format: str
) -> None:
    """Put the adapter NAME through the contract.

    Every promise of the contract is a check; {tmp_path} in the settings stands for a folder that is empty when a check
    begins. Exits with 1 if one fails. Needs the extra: pip install "axon-core[testing]"
    """
    try:
        from axon.testing.described import read_description
        from axon.testing.golden import write_golden
        from axon.testing.readiness import make_sure
        from axon.testing.report import report
        from axon.testing.subject import Subject
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "hypothesis":
            raise
        raise NotDone('the kit needs hypothesis: pip install "axon-core[testing]"') from None
    subject = Subject.named(name, **({} if file is None else read_description(file)))
    with _ended_in_the_end(), _Watch(name) as watch:
        if target is not None:
            try:
                write_golden(subject, target)
            except SystemExit as error:
                raise NotDone(f"the adapter {name!r} called sys.exit({error.code!r}) where it was to store") from error
            click.echo(f"{target}: what {name!r} stores now, for later versions to read; name it as golden")
            return
        chosen = _chosen(topics)
        make_sure(subject)
        with bar(f"checking {name}") as advanced:
            numbers = count(1)
            found = report(subject, watch.told(chosen), seen=lambda _: advanced(next(numbers), len(chosen)))
        (_print_document if format == "json" else _print)(found)
        sys.stdout.flush()
        if not found.ok:
            context.exit(NOT_DONE)


@contextmanager
def _ended_in_the_end() -> Iterator[None]:
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


class _Watch:
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


def _chosen(topics: tuple[str, ...]) -> Sequence[Check]:
    from axon.core.suggestions import did_you_mean
    from axon.testing.examination import every_check

    known = list(dict.fromkeys(check.topic for check in every_check()))
    for topic in topics:
        if topic not in known:
            raise click.UsageError(f"no topic {topic!r}; {did_you_mean(topic, known)}topics: {', '.join(known)}")
    return [check for check in every_check() if not topics or check.topic in topics]


def _print(found: Report) -> None:
    from axon.testing.report import verdict

    for result in found.of("failed"):
        click.echo(f"{legible(result.message)}\n")
    for title, groups in (("topic", found.topics()), ("capability", found.capabilities())):
        print_table((title, "verdict"), [(name, verdict(results)) for name, results in groups.items()])
        click.echo()
    for reason, number in found.reasons().items():
        click.echo(f"{number:4} skipped: {legible(reason)}")
    click.echo(f"\n{_conclusion(found)}")


def _conclusion(found: Report) -> str:
    skipped = len(found.of("skipped"))
    failed, asked = len(found.of("failed")), len(found.results) - skipped
    if not asked:
        return f"{found.adapter} was asked nothing: none of {skipped} checks applies"
    said = (
        f"breaks the contract in {failed} of {asked} checks" if failed else f"keeps the contract in all {asked} checks"
    )
    others = f", {skipped} do not apply" if skipped else ""
    return f"{found.adapter} {said}{others} ({sum(result.seconds for result in found.results):.0f} s)"


def _print_document(found: Report) -> None:
    from axon.testing.report import verdict

    print_json(
        {
            "adapter": found.adapter,
            "ok": found.ok,
            "topics": {name: verdict(results) for name, results in found.topics().items()},
            "capabilities": {name: verdict(results) for name, results in found.capabilities().items()},
            "checks": [
                {
                    "name": result.check.name,
                    "topic": result.check.topic,
                    "outcome": result.outcome,
                    "contract": result.check.contract,
                    "message": result.message,
                    "seconds": round(result.seconds, 3),
                }
                for result in found.results
            ],
        }
    )
