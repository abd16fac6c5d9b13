"""numpy: the product of the matrix and the vector, and the best of it. What any exact scan can at best be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.contenders.contract import GROUPS
from benchmarks.contenders.matrix import Matrix


class Contender(Matrix):
    """Beside it, the group of each row."""

    async def finish(self) -> None:
        await super().finish()
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
