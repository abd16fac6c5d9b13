"""Running one check on one adapter."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from functools import cache

from axon.testing.bench import Bench
from axon.testing.check import Check, registered
from axon.testing.failure import Broken, ContractBroken, NotApplicable, StoreInUse, TooSlow
from axon.testing.steps import cut
from axon.testing.subject import Subject

_ATTEMPTS = 5


@cache
def every_check() -> Sequence[Check]:
    """All checks, topic by topic."""
    import axon.testing.checks  # noqa: F401  # where they are registered

    return tuple(registered().values())


def examine(check: Check, subject: Subject) -> None:
    """Run ``check``: :class:`ContractBroken` where the adapter fails it, ``NotApplicable`` where it cannot be asked."""
    __tracebackhide__ = True
    reason = _inapplicable(check, subject)
    if reason:
        raise NotApplicable(reason)
    for _ in range(_ATTEMPTS):
        bench = Bench(subject)
        try:
            bench.refuse_what_is_somebodys()
            _run(check, bench)
        except TooSlow:
            continue
        except NotApplicable:
            raise
        except (KeyboardInterrupt, SystemExit, StoreInUse):
            raise
        except BaseException as error:
            raise _explained(check, bench, error) from error
        else:
            return
        finally:
            bench.close()
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
    elif isinstance(error, asyncio.CancelledError):
        came_back, wanted = "a CancelledError that nobody asked for", "an answer"
    else:
        came_back, wanted = f"{type(error).__name__}: {cut(str(error), 600)}", "no error"
    notes = [cut(note, 1500) for note in getattr(error, "__notes__", ())]
    return ContractBroken(
        adapter=bench.subject.spec.name,
        check=check.name,
        steps=bench.steps.told(),
        came_back="\n".join([came_back, *notes]),
        wanted=wanted,
        contract=check.contract,
        advice=check.advice,
        place=check.place,
    )
