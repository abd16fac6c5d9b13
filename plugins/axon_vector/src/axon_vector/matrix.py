"""The vectors of a namespace in memory: unit float32 rows that follow the file.

4 bytes a number, at most a quarter more than what is in use. Rows stand in the order of their positions;
what is gone is masked until more than a quarter is, and then the rows are moved together.
"""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import ThreadpoolController

from axon.core.errors import StoreCorrupt
from axon_vector.quantized import Estimates, Quantized
from axon_vector.rows import are_intact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Positions = NDArray[np.int64]

_READ_ROWS = 256
"""So few that a processor's cache holds them while they are checked and copied."""
_FEWEST_ROWS = 64
_QUANTIZED_FROM = 20_000
"""Below so many rows an exact product is as fast."""
_LIMITED_FROM = 20_000
_PLAIN = 1e-20
"""From here to its inverse the square of a length is safe in float32."""
_GATHERING_COSTS = 4
"""So many times what reading a row in its place costs, it costs to gather it from among others."""


class Matrix:
    """Rows by position; :meth:`follow` reads what has changed in the file."""

    def __init__(self, namespace: int, *, eight_bits: bool) -> None:
        self._namespace = namespace
        self._eight_bits = eight_bits
        self._blas = ThreadpoolController()
        self._reset(epoch=0, dimension=0)

    def _reset(self, *, epoch: int, dimension: int) -> None:
        self._epoch = epoch
        self._rows: Floats = np.empty((0, dimension), np.float32)
        self._quantized = Quantized(dimension) if self._eight_bits else None
        self._positions: Positions = np.empty(0, np.int64)
        self._alive = np.empty(0, np.bool_)
        self._count = 0
        self._dead = 0
        self._last_position = 0
        self._last_gone = 0

    def __len__(self) -> int:
        return self._count - self._dead

    @property
    def dimension(self) -> int:
        """How many numbers a row has."""
        return int(self._rows.shape[1])

    @property
    def places(self) -> int:
        """How many rows are taken, also by what is gone."""
        return self._count

    def follow(self, connection: sqlite3.Connection) -> None:
        """Take in what was committed since the last call; inside a transaction, so that it is one state."""
        epoch, dimension, entries = connection.execute(
            "SELECT epoch, dimension, entries FROM namespace WHERE number = ?", (self._namespace,)
        ).fetchone()
        if epoch != self._epoch or (dimension or 0) != self.dimension:
            self._reset(epoch=epoch, dimension=dimension or 0)
        if not dimension:
            return
        rows = connection.execute(
            "SELECT position, embedding FROM vector WHERE namespace = ? AND position > ? ORDER BY position",
            (self._namespace, self._last_position),
        )
        if self._count == 0:
            self._reserve(entries)
        while batch := rows.fetchmany(_READ_ROWS):
            positions, blobs = zip(*batch, strict=True)
            if not are_intact(blobs, dimension):
                raise _damaged(connection, next(p for p, blob in batch if not are_intact([blob], dimension)))
            numbers = np.frombuffer(b"".join(blobs), np.float32).reshape(len(batch), dimension + 1)[:, :-1]
            self._append(np.array(positions, np.int64), numbers)
        gone = connection.execute(
            "SELECT sequence, position FROM gone WHERE namespace = ? AND sequence > ? ORDER BY sequence",
            (self._namespace, self._last_gone),
        ).fetchall()
        if gone:
            self._mask(np.array([position for _, position in gone], np.int64))
            self._last_gone = gone[-1][0]

    def living(self) -> Positions | None:
        """The rows that are alive; ``None``: all of them."""
        return np.flatnonzero(self._alive[: self._count]) if self._dead else None

    def without(self, positions: Positions, rows: Positions | None) -> Positions:
        """``rows`` (``None``: all that are alive) without those of ``positions``."""
        kept = np.flatnonzero(self._alive[: self._count]) if rows is None else rows
        left: Positions = np.setdiff1d(kept, self.rows_of(positions)[0], assume_unique=True)
        return left

    def positions(self, rows: Any) -> Positions:
        """The positions of ``rows``."""
        positions: Positions = self._positions[rows]
        return positions

    def cosines(self, vector: Floats, rows: Positions | None) -> Floats:
        """The cosines of ``rows`` (``None``: all) with ``vector``."""
        if not len(self):  # of any dimension, then
            return np.empty(0, np.float32)
        if rows is not None and len(rows) * _GATHERING_COSTS < self._count:
            gathered: Floats = self._rows[rows] @ vector
            return gathered
        with self._one_thread():
            cosines: Floats = self._rows[: self._count] @ vector
        return cosines if rows is None else cosines[rows]

    def estimates(self, vector: Floats, rows: Positions | None) -> Estimates | None:
        """Estimates of those cosines, where that is quicker; else ``None``."""
        if self._quantized is None or self._count < _QUANTIZED_FROM or not len(self):
            return None
        if rows is not None and len(rows) * _GATHERING_COSTS < self._count:
            return None
        estimates = self._quantized.estimates(vector, self._count)
        return estimates if rows is None else estimates.of(rows)

    def rows_of(self, positions: Positions) -> tuple[Positions, Positions]:
        """The rows of those of ``positions`` (ascending) that have one, and the positions that have none."""
        rows = np.searchsorted(self._positions[: self._count], positions)
        rows[rows == self._count] = 0
        known = np.zeros(len(positions), np.bool_)
        if self._count:
            known = (self._positions[rows] == positions) & self._alive[rows]
        return rows[known], positions[~known]

    def _append(self, positions: Positions, numbers: Floats) -> None:
        end = self._count + len(positions)
        if end > len(self._rows):
            self._reserve(max(end + end // 4, _FEWEST_ROWS))
        np.divide(numbers, _lengths(numbers)[:, None], out=self._rows[self._count : end], casting="same_kind")
        self._positions[self._count : end] = positions
        self._alive[self._count : end] = True
        if self._quantized is not None:
            self._quantized.set(self._count, self._rows[self._count : end], len(self._rows))
        self._count = end
        self._last_position = int(positions[-1])

    def _mask(self, positions: Positions) -> None:
        rows = np.searchsorted(self._positions[: self._count], positions)
        rows = rows[rows < self._count]
        rows = rows[np.isin(self._positions[rows], positions)]
        self._alive[rows] = False
        self._dead = int(self._count - np.count_nonzero(self._alive[: self._count]))
        if self._dead * 4 > self._count:
            kept = np.flatnonzero(self._alive[: self._count])
            self._rows, self._positions = self._rows[kept], self._positions[kept]
            self._alive = np.ones(len(kept), np.bool_)
            if self._quantized is not None:
                self._quantized.keep(kept)
            self._count, self._dead = len(kept), 0

    def _one_thread(self) -> AbstractContextManager[object]:
        # The product runs at the speed of memory: a second thread adds nothing to it, and waits for the first.
        return self._blas.limit(limits=1, user_api="blas") if self._count >= _LIMITED_FROM else nullcontext()

    def _reserve(self, rows: int) -> None:
        count = self._count
        kept = self._rows[:count], self._positions[:count], self._alive[:count]
        self._rows = np.empty((rows, self.dimension), np.float32)
        self._positions, self._alive = np.empty(rows, np.int64), np.empty(rows, np.bool_)
        self._rows[:count], self._positions[:count], self._alive[:count] = kept


def _damaged(connection: sqlite3.Connection, position: int) -> StoreCorrupt:
    (entry_id,) = connection.execute("SELECT id FROM entry WHERE position = ?", (position,)).fetchone() or ("unknown",)
    return StoreCorrupt(
        f"the stored vector of {entry_id!r} is not what was written: save it again, or run `axon reindex`; "
        "`axon doctor` finds all such",
        entry_id=entry_id,
    )


def unit(vector: Floats) -> Floats:
    """``vector`` with length 1; one of length 0 stays."""
    vector = vector / _lengths(vector)
    return vector.astype(np.float32, copy=False)


def _lengths(vectors: Floats) -> Any:
    """The length of a vector, or of each row; 1 where it is 0."""
    with np.errstate(over="ignore"):
        squares = np.einsum("...i,...i->...", vectors, vectors)
    if np.all((squares > _PLAIN) & (squares < 1 / _PLAIN)):
        return np.sqrt(squares)
    # The square of a large or a tiny float32 does not fit into one.
    exact = np.linalg.norm(vectors.astype(np.float64), axis=-1)
    return np.where(exact == 0, 1, exact)
