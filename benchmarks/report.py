"""A line for every figure, with the bar that it has to meet."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def ratio(name: str, values: Sequence[float], *, bar: float, at_least: bool) -> None:
    """Print the median of ``values`` (one a round) with their spread, and whether it meets ``bar``."""
    middle = statistics.median(values)
    met = middle >= bar if at_least else middle <= bar
    print(
        f"{'met   ' if met else 'MISSED'}  {name:64} {middle:8.2f}  ({min(values):.2f} to {max(values):.2f})"
        f"  bar: {'at least' if at_least else 'at most'} {bar:g}"
    )


def note(text: str) -> None:
    """Print a figure that has no bar."""
    print(f"        {text}")
