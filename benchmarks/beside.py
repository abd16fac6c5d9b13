"""Figures of several who did the same work in turns, side by side: whose is how many times Axon's."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from benchmarks.figure import Figure, shown

_AHEAD = 1.03
"""Times; who is ahead by less is as fast as Axon."""


@frozen
class Ahead:
    """Another one who is better than one of Axon's."""

    what: str
    ours: str
    """Which of Axon's; empty where the name of the figure tells."""
    who: str
    at: int | None
    times: float
    """How many times, by median."""


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

    def ratio(self, who: str, at: int | None) -> float | None:
        """The median of how many times better than ``who`` ours was; nothing where one of them has no figure."""
        ratios = self.times_better(who, at)
        return statistics.median(ratios) if ratios else None

    def below(self, least: float) -> dict[str, list[float]]:
        """Who has a figure below ``least`` somewhere, with all that it has in the order of the places."""
        found = {who: [f.middle for at in self.places if (f := self.figure(who, at))] for who in self.contenders}
        return {who: some for who, some in found.items() if min(some) < least}

    def table(self) -> str:
        """A row for each contender, a column for each number of tasks or entries."""
        first, places, ours = self.figures[0], self.places, self.ours
        columns = [self.name, *(first.unit if at is None else f"{at:,}" for at in places)]
        rows = [[who, *(self._cell(who, at) for at in places)] for who in self.contenders]
        told = f"{first.unit}, {'more' if first.more_is_better else 'less'} is better"
        if len(rows) > 1:
            told += f"; in brackets, how many times as good {ours} is: above 1 it is ahead, below 1 behind"
        return table("l" + "r" * len(places), columns, rows) + f"\n{told}.\n"

    def _cell(self, who: str, at: int | None) -> str:
        figure, ratio = self.figure(who, at), self.ratio(who, at)
        if figure is None:
            return "-"
        spread = "" if figure.spread is None else f" ±{figure.spread * 100:.0f} %"
        times = "" if who == self.ours or ratio is None else f" ({shown(ratio)})"
        return shown(figure.middle) + spread + times

    def beside_ours(self) -> list[Ahead]:
        """How many times better others are than each of Axon's that are as they are by default; below 1: worse."""
        found = []
        for ours in filter(is_default, self.contenders):
            beside = evolve(self, figures=sorted(self.figures, key=lambda figure: figure.who != ours))
            others = [(who, at) for who in self.contenders if not is_ours(who) for at in self.places]
            ratios = {other: ratio for other in others if (ratio := beside.ratio(*other)) is not None}
            found += [Ahead(self.name, ours, who, at, _share(1, ratio)) for (who, at), ratio in ratios.items()]
        return found


def table(sides: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of a page whose columns stand on the left or the right, as the letters of ``sides`` say."""
    lines = [columns, [{"l": "---", "r": "---:"}[side] for side in sides], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def comparisons(figures: Iterable[Figure]) -> list[Comparison]:
    """The figures that have a ``who``, by their name."""
    by_name: dict[str, list[Figure]] = {}
    for figure in figures:
        if figure.who:
            by_name.setdefault(figure.name, []).append(figure)
    return [Comparison(name, some) for name, some in by_name.items()]


def ahead(figures: Iterable[Figure]) -> list[Ahead]:
    """Who is better than Axon by 3 % or more: of those beside it, and of those whom a ratio compares it with."""
    some = list(figures)
    found = [each for comparison in comparisons(some) for each in comparison.beside_ours()]
    for figure in some:
        if figure.than:
            times = _share(1, figure.middle) if figure.more_is_better else figure.middle
            found.append(Ahead(figure.name, "", figure.than, figure.at, times))
    return [each for each in found if each.times >= _AHEAD]


def is_ours(who: str) -> bool:
    """Whether a contender is of this project as it is, by its name: "Axon's store", "memory.lock"; its beta is not."""
    return who.startswith(("Axon", "memory."))


def is_default(who: str) -> bool:
    """Whether a contender is of this project, with no option that its name tells after a comma."""
    return is_ours(who) and ", " not in who


def ratios(figures: Iterable[Figure]) -> dict[str, float]:
    """Every ratio among ``figures``: those that are one, and those of who did the same work in turns."""
    some = list(figures)
    found = {figure.label: figure.middle for figure in some if not figure.unit and not figure.who}
    for comparison in comparisons(some):
        for who in comparison.contenders[1:]:
            for at in comparison.places:
                if (ratio := comparison.ratio(who, at)) is not None:
                    place = "" if at is None else f", {at:,}"
                    found[f"{comparison.name}{place}: {comparison.ours} against {who}"] = ratio
    return found


def _share(one: float, other: float) -> float:
    return one / other if other else float("inf")
