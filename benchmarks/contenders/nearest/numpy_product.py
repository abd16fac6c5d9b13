"""numpy: the product of the matrix and the vector, and the best of it. What any exact scan can at best be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders.contract import GROUPS


class Contender:
    """A matrix in memory, and the group of each row."""

    async def open(self, folder: Path, dimension: int) -> None:
        self._parts: list[Any] = []

    async def insert(self, first: int, matrix: Any) -> None:
        self._parts.append(matrix)

    async def finish(self) -> None:
        self._matrix = np.concatenate(self._parts)
        self._parts.clear()
        self._groups = np.arange(len(self._matrix)) % GROUPS

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        scores = self._matrix @ vector
        best = np.argpartition(scores, -count)[-count:]
        return best[np.argsort(-scores[best])].tolist()

    async def search_group(self, vector: Any, count: int, group: int) -> Sequence[int]:
        rows = np.flatnonzero(self._groups == group)
        scores = self._matrix[rows] @ vector
        best = np.argpartition(scores, -count)[-count:]
        return rows[best[np.argsort(-scores[best])]].tolist()

    async def close(self) -> None:
        del self._matrix
