"""Running one check on one adapter."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from contextlib import suppress
from functools import cache

from axon.testing.bench import HUNG, Bench
from axon.testing.blocking import Blocked
from axon.testing.check import Check, registered
from axon.testing.failure import Broken, ContractBroken, Hung, NotApplicable, TooSlow, fault_of, raised_in
from axon.testing.reading import where_to_look
from axon.testing.steps import cut
from axon.testing.subject import Subject

_ATTEMPTS = 5


@cache
def every_check() -> Sequence[Check]:
    """All checks, topic by topic."""
    import axon.testing.checks  # noqa: F401  # where they are registered

    return tuple(registered().values())


def examine(check: Check, subject: Subject) -> Sequence[str]:
    """Run ``check`` and give what it notes.

    :class:`ContractBroken` where the adapter fails it, ``NotApplicable`` where it cannot be asked.
    """
    __tracebackhide__ = True
    reason = _inapplicable(check, subject)
    if reason:
        raise NotApplicable(reason)
    for _ in range(_ATTEMPTS):
        bench = Bench(subject)
        try:
            try:
                _run(check, bench)
            except BaseException:
                with suppress(Hung, SystemExit):  # what came first is what is to be told
                    bench.close()
                raise
            bench.close()
        except TooSlow:
            continue
        except (NotApplicable, KeyboardInterrupt):
            raise
        except BaseException as error:  # also SystemExit: who ends the process keeps no promise
            if isinstance(error, Hung | Blocked):
                HUNG.add(subject.spec.name)
            raise _explained(check, bench, error) from error
        else:
            return bench.notes
    raise NotApplicable(f"this machine was too slow {_ATTEMPTS} times: what came back proves nothing")


def _inapplicable(check: Check, subject: Subject) -> str:
    missing = sorted(check.requires - subject.capabilities)
    if missing:
        return f"{', '.join(missing)} not declared"
    unknown = sorted(name for name in check.settings if not subject.knows(name))
    return f"the adapter has no setting {', '.join(map(repr, unknown))}" if unknown else ""


def _run(check: Check, bench: Bench) -> None:
    if inspect.iscoroutinefunction(check.function):
        bench.run(check.function(bench, *check.arguments))
    else:
        check.function(bench, *check.arguments)


def _explained(check: Check, bench: Bench, error: BaseException) -> ContractBroken:
    if isinstance(error, Broken):
        came_back, wanted = error.came_back, error.wanted
    elif isinstance(error, Blocked):
        came_back, wanted = (
            "\n".join([str(error), *raised_in(error)]),
            "an answer, and to be awaited for what takes time",
        )
    elif isinstance(error, asyncio.CancelledError):
        came_back, wanted = "a CancelledError that nobody asked for", "an answer"
    else:
        came_back = "\n".join([f"{type(error).__name__}: {cut(str(error), 600)}", *raised_in(error)])
        wanted = "no error"
    notes = [cut(note, 1500) for note in getattr(error, "__notes__", ())]
    return ContractBroken(
        adapter=bench.subject.spec.name,
        check=check.name,
        steps=bench.steps.told(),
        came_back="\n".join([came_back, *notes]),
        wanted=wanted,
        contract=check.contract,
        advice=check.advice,
        where=where_to_look(place=check.place, topic=check.topic, verb=bench.steps.verb),
        fault=fault_of(error, bench.steps.verb),
    )
