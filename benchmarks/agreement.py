"""Whether two runs on the same machine found the same: every ratio of both, and how far they are apart."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from benchmarks.beside import ratios
from benchmarks.results import Results, figures

WIDE = 0.15
"""Two runs that are further apart than this share disagree."""


@frozen
class Pair:
    """A ratio that two runs found."""

    part: str
    name: str
    first: float
    second: float

    @property
    def apart(self) -> float:
        """How far, as a share of the smaller one."""
        small, large = sorted((abs(self.first), abs(self.second)))
        return 0.0 if small == large else large / small - 1 if small else float("inf")


def pairs(first: Results, second: Results) -> list[Pair]:
    """The ratios that both have."""
    found = []
    for part in first:
        if part in second:
            one, other = ratios(figures(first[part])), ratios(figures(second[part]))
            found += [Pair(part, name, one[name], other[name]) for name in one if name in other]
    return found


def told(first: Results, second: Results) -> str:
    """In words, with every pair that is wide apart."""
    every = pairs(first, second)
    wide = sorted((pair for pair in every if pair.apart > WIDE), key=lambda pair: -pair.apart)
    lines = [f"{len(every) - len(wide)} of {len(every)} ratios agree within {WIDE:.0%}"]
    lines += [f"{pair.apart:6.0%}  {pair.part}: {pair.name}: {pair.first:.2f}, {pair.second:.2f}" for pair in wide]
    return "\n".join(lines)


def unlike(first: Mapping[str, str], second: Mapping[str, str]) -> list[str]:
    """What the two machines do not have in common."""
    return [f"{key}: {first.get(key)} and {second.get(key)}" for key in first if first.get(key) != second.get(key)]
