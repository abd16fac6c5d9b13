"""Exact search by vector: unit vectors in one float32 matrix, scored by one product."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from axon.core.errors import InvalidInput
from axon_inmemory.cosines import Cosines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from axon.core.embeddings import Embedding

    Floats = NDArray[np.float32]

_FEWEST_ROWS = 16


class VectorIndex:
    """Embeddings of one dimension by id; 4 bytes a number, at most twice what is in use."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._row: dict[str, int] = {}
        self._matrix: Floats = np.empty((0, 0), np.float32)

    @property
    def places(self) -> int:
        """How many places are taken: one by each id, and one by each row, also if it is kept for later."""
        return len(self._ids) + len(self._matrix)

    def check(self, embedding: Embedding) -> None:
        """Refuse a vector of another dimension than those that are here."""
        dimension = self._matrix.shape[1]
        if self._ids and len(embedding) != dimension:
            raise InvalidInput(
                f"the embedding has {len(embedding)} dimensions, those stored before have {dimension}: "
                "embed everything in a tier with the same model"
            )

    def set(self, entry_id: str, embedding: Embedding) -> None:
        """Give ``entry_id`` this vector, which :meth:`check` has seen."""
        row = self._row.get(entry_id)
        if row is None:
            row = len(self._ids)
            if not row:
                self._matrix = np.empty((_FEWEST_ROWS, len(embedding)), np.float32)
            elif row == len(self._matrix):
                self._resize(2 * row)
            self._ids.append(entry_id)
            self._row[entry_id] = row
        self._matrix[row] = _unit(embedding)

    def remove(self, entry_id: str) -> None:
        """Take the vector of ``entry_id`` out, if it has one; the last row moves into its place."""
        row = self._row.pop(entry_id, None)
        if row is None:
            return
        last = self._ids.pop()
        if last != entry_id:
            self._matrix[row] = self._matrix[len(self._ids)]
            self._ids[row] = last
            self._row[last] = row
        if not self._ids:
            self.clear()
        elif len(self._ids) < len(self._matrix) // 4 and len(self._matrix) > _FEWEST_ROWS:
            self._resize(len(self._matrix) // 2)

    def cosines(self, vector: Embedding, among: Iterable[str] | None) -> Cosines:
        """How near to ``vector`` everything is that has one; with ``among`` what of these ids has one."""
        if not self._ids:
            return Cosines([], {}, np.empty(0, np.float32))
        self.check(vector)
        if among is None:
            return Cosines(self._ids, self._row, self._matrix[: len(self._ids)] @ _unit(vector))
        ids = [entry_id for entry_id in among if entry_id in self._row]
        rows = [self._row[entry_id] for entry_id in ids]
        return Cosines(ids, {entry_id: i for i, entry_id in enumerate(ids)}, self._matrix[rows] @ _unit(vector))

    def clear(self) -> None:
        """Take everything out."""
        self.__init__()  # type: ignore[misc]  # nothing inherits from this

    def _resize(self, rows: int) -> None:
        resized: Floats = np.empty((rows, self._matrix.shape[1]), np.float32)
        resized[: len(self._ids)] = self._matrix[: len(self._ids)]
        self._matrix = resized


def _unit(embedding: Embedding) -> Floats:
    vector = np.asarray(embedding, np.float32)
    # In float64: the square of a large float32 would overflow.
    length = float(np.linalg.norm(vector.astype(np.float64)))
    return vector if length == 0 else (vector / np.float64(length)).astype(np.float32)
