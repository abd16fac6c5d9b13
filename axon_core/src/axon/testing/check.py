"""A check: one promise of the contract, put to the test on one adapter."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from axon.core.capabilities import Capability

Function = Callable[..., Any]

_ADVICE = "If this fails, "


@frozen(kw_only=True)
class Check:
    """A promise of the contract: a function of a :class:`~axon.testing.bench.Bench` that raises where it is broken."""

    topic: str
    name: str
    """Unique, and begins with the topic."""
    contract: str
    """What the contract says."""
    advice: str
    """What to look at if the check fails."""
    function: Function
    arguments: tuple[Any, ...]
    requires: frozenset[Capability]
    """Of an adapter that does not declare all of them nothing is asked."""
    settings: frozenset[str]
    """The settings that an adapter must know, or nothing is asked of it."""

    @property
    def place(self) -> str:
        """The file and the line of the function."""
        code = self.function.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"


def check(
    *requires: Capability, settings: Iterable[str] = (), each: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]:
    """Make a function of a bench a check of the topic that its module is called after.

    Its docstring is what the contract says, and a paragraph "If this fails, ...". ``each`` makes a check of every item:
    its key ends the name, its value is the function's second argument.
    """

    def made(function: Function) -> Function:
        topic = function.__module__.rpartition(".")[2]
        contract, advice = _read(function)
        cases = {"": ()} if each is None else {f"_{key}": (value,) for key, value in each.items()}
        for suffix, arguments in cases.items():
            name = f"{topic}_{function.__name__}{suffix}"
            if name in _CHECKS:
                raise ValueError(f"two checks are called {name}")
            _CHECKS[name] = Check(
                topic=topic,
                name=name,
                contract=contract,
                advice=advice,
                function=function,
                arguments=arguments,
                requires=frozenset(requires),
                settings=frozenset(settings),
            )
        return function

    return made


def registered() -> dict[str, Check]:
    """The checks of all modules that were imported, by name, in the order of their definition."""
    return _CHECKS


_CHECKS: dict[str, Check] = {}


def _read(function: Function) -> tuple[str, str]:
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", inspect.getdoc(function) or "")]
    advice = [part for part in paragraphs if part.startswith(_ADVICE)]
    if len(paragraphs) < 2 or len(advice) != 1:
        raise ValueError(f"{function.__qualname__} needs a docstring of a promise and a paragraph {_ADVICE!r}")
    return " ".join(part for part in paragraphs if part not in advice), advice[0].removeprefix(_ADVICE)
