"""The figures of one part, told as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.figure import Figure


class Report:
    """Takes figures and notes, and tells each at once."""

    def __init__(self, tell: Callable[[str], None] = print) -> None:
        self.figures: list[Figure] = []
        self.notes: list[str] = []
        self.versions: dict[str, str] = {}
        """Of what was measured beside Axon."""
        self._tell = tell

    def barred(
        self, name: str, rounds: Sequence[float], *, bar: float, at_least: bool, unit: str = "", than: str = ""
    ) -> None:
        """A figure with a bar that an issue sets; ``unit`` where it is no ratio."""
        self.add(Figure(name, rounds, unit=unit, bar=bar, more_is_better=at_least, than=than))

    def add(self, figure: Figure) -> None:
        """Any figure."""
        self.figures.append(figure)
        self._tell(str(figure))

    def note(self, text: str) -> None:
        """A sentence that goes with the figures."""
        self.notes.append(text)
        self._tell(f"        {text}")

    def progress(self, text: str) -> None:
        """Tell what is being done, of which nothing is kept."""
        self._tell(f"        ... {text}")

    def as_json(self) -> dict[str, Any]:
        """All of it, for a file."""
        return {"figures": [figure.as_json() for figure in self.figures], "notes": self.notes}
