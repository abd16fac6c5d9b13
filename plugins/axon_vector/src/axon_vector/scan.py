"""One pass over the rows of a matrix with one vector."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from axon_vector.matrix import Floats, Matrix, Positions


class Scan:
    """The cosines of ``vector`` (of length 1) with the ``rows`` of the matrix, or with all that are alive.

    They are estimates where the matrix has its eight-bit rows; what :meth:`nearest` and :meth:`of` give is exact.
    """

    def __init__(self, matrix: Matrix, vector: Floats, rows: Any | None) -> None:
        self._matrix = matrix
        self._vector = vector
        self._rows = matrix.living() if rows is None else rows
        self._cosines, self._bound = matrix.cosines(vector, self._rows)

    def __len__(self) -> int:
        return len(self._cosines)

    @property
    def mean(self) -> float:
        """The mean of all cosines."""
        return float(self._cosines.mean())

    @property
    def deviation(self) -> float:
        """Their standard deviation."""
        return float(self._cosines.std())

    def nearest(self, count: int) -> tuple[Positions, Floats]:
        """The positions of the ``count`` nearest and of what is as near as the last of them, with their cosines."""
        best = top(self._cosines, count, within=2 * self._bound)
        rows = best if self._rows is None else self._rows[best]
        if self._bound:
            return self._matrix.exact(rows, self._vector)
        return self._matrix.positions(rows), self._cosines[best]

    def of(self, positions: Iterable[int]) -> dict[int, float]:
        """The cosines of those of ``positions`` that have a row."""
        rows, _ = self._matrix.rows_of(np.array(sorted(positions), np.int64))
        found, cosines = self._matrix.exact(rows, self._vector)
        return dict(zip(found.tolist(), cosines.tolist(), strict=True))


def top(scores: Any, count: int, *, within: float = 0.0) -> Any:
    """Where the ``count`` best scores are, and all that are less than ``within`` below the last of them."""
    if len(scores) <= count:
        return np.arange(len(scores))
    return np.flatnonzero(scores >= np.partition(scores, -count)[-count] - within)
