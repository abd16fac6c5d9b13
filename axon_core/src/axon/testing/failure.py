"""How a check says that the contract is broken, that nothing can be asked, or that the machine was too slow."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from unittest import SkipTest

from axon.core.capabilities import Capability
from axon.core.errors import AxonError
from axon.core.secrets import masked
from axon.spi import spec
from axon.testing.blocking import Blocked

_OURS = (str(Path(__file__).parent), str(Path(asyncio.__file__).parent), spec.__file__, "<frozen")
_ASSERTING = {"equal", "true", "refuses"}
"""What a check says of an answer: the place is the line that calls them."""

NotApplicable = SkipTest
"""A check does not apply to this adapter; the message is the reason. unittest's own, which every runner knows."""


class NotDeclared(NotApplicable):
    """Done but not declared: what the adapter does would be looked at if its spec said so."""

    def __init__(self, capability: Capability, note: str = "") -> None:
        super().__init__(f"done but not declared: add Capability.{capability.name} to the spec{note}")
        self.capability = capability


class NotDeclaredWarning(UserWarning):
    """An adapter does what its spec does not declare, so that nobody can rely on it and no check looks at it.

    Never an error, also where warnings are: what is declared is the author's to say.
    """


class Broken(AssertionError):
    """What came back is not what the contract says."""

    def __init__(self, came_back: str, wanted: str) -> None:
        super().__init__(f"{came_back}; the contract wants {wanted}")
        self.came_back = came_back
        self.wanted = wanted


class Hung(Broken):
    """A call did not end."""


class TooSlow(Exception):  # no error of anybody's: the check is to be run again
    """So much time went by in a step that its answer proves nothing."""


class StoreInUse(AxonError):
    """The settings name a store that holds somebody's entries, which the checks would delete."""


class NotMade(AxonError):
    """The adapter cannot be made, or cannot be gone through, so that no check can begin."""


class ContractBroken(AssertionError):
    """An adapter failed a check. The message is for its author: what was done, what came back, what to look at."""

    def __init__(
        self,
        *,
        adapter: str,
        check: str,
        steps: Sequence[str],
        came_back: str,
        wanted: str,
        contract: str,
        advice: str,
        where: str,
        fault: str = "",
    ) -> None:
        parts = {
            "what was done": "\n".join(steps) or "nothing yet",
            "what came back": came_back,
            "what was expected": wanted,
            "what the contract says": contract,
            "if this fails": advice,
            "where to look": where,
        }
        text = "\n".join(f"{title}:\n{_indented(part)}" for title, part in parts.items() if part)
        super().__init__(masked(f"adapter {adapter!r} fails {check}\n{text}"))
        self.check = check
        self.came_back = came_back
        self.fault = fault
        """The error and its place: what other checks may fail with as well."""


def raised_in(error: BaseException) -> list[str]:
    """The line of the adapter that raised, and the last one below it in a library, as far as there are such."""
    return places(traceback.extract_tb(error.__traceback__))


def fault_of(error: BaseException, verb: str) -> str:
    """The error and its place: the line of the adapter or a library where it was raised, else that of the kit.

    Of a call to ``verb`` that did not end the place is the verb.
    """
    if isinstance(error, Hung | Blocked):
        return str(masked(f"no answer to {verb}"))
    if not isinstance(error, Broken):
        # What the kit or Axon stumbles over, at whatever line, is one fault as long as it is one message.
        return str(masked("; ".join([f"{type(error).__name__}: {error}", *raised_in(error)[-1:]])))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_OURS[0])]
    place = next((f"{frame.filename}:{frame.lineno}" for frame in reversed(frames) if frame.name not in _ASSERTING), "")
    return str(masked(f"{error.came_back} instead of {error.wanted}; {place}"))


def places(stack: Iterable[traceback.FrameSummary]) -> list[str]:
    """The first and the last line of ``stack`` that are none of the kit's, as far as there are such."""
    frames = [frame for frame in stack if not frame.filename.startswith(_OURS)]
    told = [f"in {frame.filename}:{frame.lineno}, {frame.name}: {frame.line}" for frame in frames]
    return list(dict.fromkeys([*told[:1], *told[-1:]]))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
