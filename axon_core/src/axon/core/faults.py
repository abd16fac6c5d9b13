"""All that is wrong with the settings of one thing, also where its constructor tells the first fault alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from axon.core.errors import ConfigError

Built = TypeVar("Built")


def built(
    build: Callable[[Mapping[str, Any]], Built], settings: Mapping[str, Any], known: Collection[str], *, at: str
) -> Built:
    """What ``build`` makes of ``settings``; else :class:`ConfigError` with every fault that can be told.

    ``known`` are the names of all settings that there are, and ``at`` is the path of their table.
    """
    try:
        return build(settings)
    except ConfigError as error:
        hidden = _behind(error, build, settings, known, at)
        if not hidden:
            raise
        raise ConfigError([*error.problems, *hidden]) from error


def _behind(
    error: ConfigError,
    build: Callable[[Mapping[str, Any]], object],
    settings: Mapping[str, Any],
    known: Collection[str],
    at: str,
) -> list[str]:
    """What is said of the other settings once those are left out that ``error`` is about, and so on."""
    names = {*known, *map(str, settings)}
    rest, problems, found = settings, list(error.problems), list[str]()
    while True:
        blamed = {_blamed(problem, names, at) for problem in problems}
        fewer = {key: value for key, value in rest.items() if key in known and key not in blamed}
        if len(fewer) == len(rest):
            return found
        rest = fewer
        try:
            build(rest)
        except ConfigError as next_error:
            # What is about no single setting may hold only because others were left out.
            problems = [problem for problem in next_error.problems if _blamed(problem, names, at) in rest]
            found += problems
        else:
            return found


def _blamed(problem: str, names: Collection[str], at: str) -> str | None:
    """The setting that ``problem`` is about, by its path or because it names no other one."""
    what, _, path = problem.rpartition(" @ ")
    if path != at:
        return re.split(r"[.\[]", path.removeprefix(f"{at}."), maxsplit=1)[0]
    named = [name for name in names if re.search(rf"\b{re.escape(name)}\b", what, re.IGNORECASE)]
    return named[0] if len(named) == 1 else None
