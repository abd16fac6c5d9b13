"""Figures of several who did the same work in turns, side by side: whose is how many times Axon's."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from attrs import frozen

from benchmarks.figure import Figure


@frozen
class Comparison:
    """The same work, by several, at some numbers of tasks or entries."""

    name: str
    figures: Sequence[Figure]

    @property
    def ours(self) -> str:
        """Who all others are compared with: the first one of the report."""
        return self.figures[0].who

    @property
    def contenders(self) -> list[str]:
        """Who took part, ours first."""
        return list(dict.fromkeys(figure.who for figure in self.figures))

    @property
    def places(self) -> list[int | None]:
        """At how many tasks or entries."""
        return sorted({figure.at for figure in self.figures}, key=lambda at: at or 0)

    def figure(self, who: str, at: int | None) -> Figure | None:
        """One of them, if there is one."""
        return next((figure for figure in self.figures if (figure.who, figure.at) == (who, at)), None)

    def times_better(self, who: str, at: int | None) -> tuple[float, ...]:
        """How many times better than ``who`` ours was, in each round; nothing where one of them has no figure."""
        ours, theirs = self.figure(self.ours, at), self.figure(who, at)
        if ours is None or theirs is None:
            return ()
        pairs = zip(ours.rounds, theirs.rounds, strict=False)
        return tuple(_share(a, b) if ours.more_is_better else _share(b, a) for a, b in pairs)

    def ahead(self) -> list[tuple[str, int | None, float]]:
        """Who was better than ours, at what, and how many times."""
        found = []
        for who in self.contenders[1:]:
            for at in self.places:
                ratios = self.times_better(who, at)
                if ratios and (middle := statistics.median(ratios)) < 1:
                    found.append((who, at, _share(1, middle)))
        return found


def comparisons(figures: Iterable[Figure]) -> list[Comparison]:
    """The figures that have a ``who``, by their name."""
    by_name: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.who:
            by_name.setdefault(figure.name, []).append(figure)
    return [Comparison(name, some) for name, some in by_name.items()]


def ratios(figures: Iterable[Figure]) -> dict[str, float]:
    """Every ratio among ``figures``: those that are one, and those of who did the same work in turns."""
    some = list(figures)
    found = {figure.label: figure.middle for figure in some if not figure.unit and not figure.who}
    for comparison in comparisons(some):
        for who in comparison.contenders[1:]:
            for at in comparison.places:
                if values := comparison.times_better(who, at):
                    place = "" if at is None else f", {at:,}"
                    found[f"{comparison.name}{place}: {comparison.ours} against {who}"] = statistics.median(values)
    return found


def _share(one: float, other: float) -> float:
    return one / other if other else float("inf")
