"""Whether two runs found the same: what is compared of both, and how far it is apart."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from attrs import frozen

from benchmarks.results import Results, before, compared, ratios_of, runs

WIDE = 0.15
"""Two runs that are further apart than this share disagree."""


@frozen
class Pair:
    """A figure that stands alone, or a ratio of two: as two runs found it."""

    part: str
    name: str
    first: float
    second: float
    commits: tuple[str, str]
    """Those that were measured, in the same order."""

    @property
    def apart(self) -> float:
        """How far, as a share of the smaller one."""
        distance, small = abs(self.first - self.second), min(abs(self.first), abs(self.second))
        return distance / small if small else float("inf") if distance else 0.0

    @property
    def apart_shown(self) -> str:
        """The same in words: of nothing no share is told."""
        return f"{self.apart * 100:.0f} %" if isfinite(self.apart) else "one is 0"


def pairs(first: Results, second: Results) -> list[Pair]:
    """The ratios that both have in a run of the same part and kind."""
    return [
        pair
        for part, one, other in _runs_of_both(first, second)
        for pair in _pairs(part, (one["commit"], other["commit"]), ratios_of(one), ratios_of(other))
    ]


def since_before(results: Results) -> list[Pair]:
    """What a run shares with the one before it on the same machine."""
    return [
        pair
        for part, result in results.items()
        for _, run in runs(result)
        if "before" in run
        for pair in _pairs(part, (run["before"]["commit"], run["commit"]), before(run), compared(run))
    ]


def told(first: Results, second: Results) -> str:
    """In words: where the machines or versions differ, and every pair that is wide apart."""
    every = pairs(first, second)
    wide = sorted((pair for pair in every if pair.apart > WIDE), key=lambda pair: -pair.apart)
    unlike = _unlike(first, second)
    lines = [f"not measured on the same: {', '.join(unlike)}"] if unlike else []
    lines += [f"{len(every) - len(wide)} of {len(every)} ratios agree within {WIDE:.0%}"]
    lines += [f"{pair.apart:6.0%}  {pair.part}: {pair.name}: {pair.first:.2f}, {pair.second:.2f}" for pair in wide]
    return "\n".join(lines)


def _pairs(part: str, commits: tuple[str, str], first: Mapping[str, float], second: Mapping[str, float]) -> list[Pair]:
    return [Pair(part, name, first[name], second[name], commits) for name in first if name in second]


def _runs_of_both(first: Results, second: Results) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    return [
        (part, run, second[part][kind])
        for part, result in first.items()
        for kind, run in runs(result)
        if kind in second.get(part, {})
    ]


def _unlike(first: Results, second: Results) -> list[str]:
    """What differs of the machines and versions, each told once."""
    found: dict[str, None] = {}
    for _, one, other in _runs_of_both(first, second):
        here, there = _conditions(one), _conditions(other)
        for name in here | there:
            if here.get(name) != there.get(name):
                found[f"{name} {here.get(name, 'none')} and {there.get(name, 'none')}"] = None
    return list(found)


def _conditions(run: Mapping[str, Any]) -> dict[str, str]:
    """On what it was measured; the others have an environment of their own, perhaps with other versions."""
    theirs = {f"{name} of the others": version for name, version in run["versions"]["peers"].items()}
    conditions: dict[str, str] = run["machine"] | run["versions"]["Axon"] | theirs
    return conditions
