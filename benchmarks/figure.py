"""A number that was measured, with the rounds behind it and the bar that it has to meet if there is one."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

from attrs import asdict, field, frozen


def _floats(values: Iterable[float]) -> tuple[float, ...]:
    return tuple(map(float, values))


@frozen
class Figure:
    """One number of a report; without a ``unit`` it is a ratio."""

    name: str
    """What was done, and on what."""
    rounds: tuple[float, ...] = field(converter=_floats)
    """The number, once for every round."""
    unit: str = ""
    """``ms``, ``MiB`` or another."""
    bar: float | None = None
    """What an issue asks for; ``None`` where it asks for nothing."""
    more_is_better: bool = True
    who: str = ""
    """Whose figure it is, where several do the same work in turns; the first one of a report is compared with."""
    than: str = ""
    """Whom a ratio compares Axon with, where that is somebody else."""
    at: int | None = None
    """By how many tasks, or over how many entries, where that is what changes."""

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float | None:
        """Half the distance from the least round to the greatest, by the median; ``None`` of one round, or by 0."""
        half = (max(self.rounds) - min(self.rounds)) / 2
        return half / abs(self.middle) if len(self.rounds) > 1 and self.middle else None

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; ``None`` without one."""
        return self.meets(self.middle)

    def meets(self, number: float) -> bool | None:
        """Whether ``number``, as of another run, meets the bar of this figure; ``None`` without one."""
        if self.bar is None:
            return None
        return number >= self.bar if self.more_is_better else number <= self.bar

    @property
    def label(self) -> str:
        """The name, with whose it is and at how many."""
        where = "" if self.at is None else f", {self.at:,}"
        return f"{self.name}{where}" + (f": {self.who}" if self.who else "")

    def differs(self, other: float | None) -> bool:
        """Whether of this figure and of what an ``other`` run found, if there was one, one alone meets the bar."""
        return other is not None and self.meets(other) is not self.met

    def verdict(self, other: float | None = None) -> str:
        """Met or missed, and then which of the two in an ``other`` run if it differs; nothing without a bar."""
        if self.met is None:
            return ""
        told = "met" if self.met else "missed"
        if self.differs(other):
            told += " / missed" if self.met else " / met"
        return f"**{told}**" if "missed" in told else told

    @property
    def told(self) -> str:
        """The median with its unit, and behind it the least of the rounds and the greatest, if there are several."""
        between = f" ({shown(min(self.rounds))} to {shown(max(self.rounds))})" if len(self.rounds) > 1 else ""
        return self.with_unit(self.middle) + between

    def with_unit(self, number: float) -> str:
        """``number``, as of another run, in the unit of this figure."""
        return f"{shown(number)} {self.unit}".strip()

    @property
    def bar_shown(self) -> str:
        """The bar in words; nothing without one."""
        return "" if self.bar is None else f"at {'least' if self.more_is_better else 'most'} {self.bar:g}"

    def __str__(self) -> str:
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        number = self.with_unit(self.middle)
        between = f"({shown(min(self.rounds))} to {shown(max(self.rounds))})" if len(self.rounds) > 1 else ""
        return f"{verdict:6}  {self.label:74} {number:>14}  {between:20}  {self.bar_shown}".rstrip()

    def as_json(self) -> dict[str, Any]:
        """What makes it again with ``Figure(**it)``."""
        return asdict(self) | {"rounds": list(self.rounds)}


def shown(number: float) -> str:
    """``number`` with three digits that say something, or all of those before the point."""
    if number and abs(number) < 1:
        return f"{number:.3g}" if abs(number) < 0.1 else f"{number:.3f}"
    return f"{number:,.2f}" if abs(number) < 100 else f"{number:,.0f}"
