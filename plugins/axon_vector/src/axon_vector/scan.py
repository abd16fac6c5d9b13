"""One pass over the rows of a matrix with one vector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from axon_vector.matrix import Floats, Matrix, Positions

_NOISE = 1e-6
"""Cosines that differ by less are equal: the product of one row depends, in the last bit, on where the row stands."""


class Scan:
    """The cosines of ``vector`` (of length 1) with the ``rows`` of the matrix, or with all that are alive.

    Where the matrix has its eight-bit rows, and ``exact`` is not asked for, they first narrow the rows; what comes
    out is exact all the same.
    """

    def __init__(self, matrix: Matrix, vector: Floats, rows: Any | None, *, exact: bool) -> None:
        self._matrix = matrix
        self._vector = vector
        self._rows = matrix.living() if rows is None else rows
        self._estimates = None if exact else matrix.estimates(vector, self._rows)
        self._cosines: Floats = (
            matrix.cosines(vector, self._rows) if self._estimates is None else self._estimates.values
        )

    def __len__(self) -> int:
        return len(self._cosines)

    @property
    def mean(self) -> float:
        """The mean of all cosines."""
        return float(self._cosines.mean())

    @property
    def deviation(self) -> float:
        """Their standard deviation; 0 where it is noise."""
        deviation = float(self._cosines.std())
        return deviation if deviation > _NOISE else 0.0

    def nearest(self, count: int) -> tuple[Positions, Floats]:
        """The positions of the ``count`` nearest and of what is as near as the last of them, with their cosines."""
        if self._estimates is None:
            best = top(self._cosines, count, within=_NOISE)
            rows, cosines = self._row(best), self._cosines[best]
        else:
            rows = self._row(self._estimates.possible(count))
            cosines = self._matrix.cosines(self._vector, rows)
        cosines = np.round(cosines, 6)
        best = top(cosines, count)
        return self._matrix.positions(rows[best]), cosines[best]

    def of(self, positions: Iterable[int]) -> dict[int, float]:
        """The cosines of those of ``positions`` that have a row."""
        rows, _ = self._matrix.rows_of(np.array(sorted(positions), np.int64))
        cosines = np.round(self._matrix.cosines(self._vector, rows), 6)
        return dict(zip(self._matrix.positions(rows).tolist(), cosines.tolist(), strict=True))

    def _row(self, found: Any) -> Any:
        return found if self._rows is None else self._rows[found]


def top(scores: Any, count: int, *, within: float = 0.0) -> Any:
    """Where the ``count`` best scores are, and all that are less than ``within`` below the last of them."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.flatnonzero(scores >= np.partition(scores, -count)[-count] - within)
