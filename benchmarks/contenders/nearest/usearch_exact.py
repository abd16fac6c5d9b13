"""usearch, its exact search of a matrix in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from usearch.index import MetricKind, search


class Contender:
    """A matrix, whose rows are compared by the inner product, which of vectors of length one is the cosine.

    Its filters are for other languages: in Python it has none.
    """

    async def open(self, folder: Path, dimension: int) -> None:
        self._parts: list[Any] = []

    async def insert(self, first: int, matrix: Any) -> None:
        self._parts.append(matrix)

    async def finish(self) -> None:
        self._matrix = np.concatenate(self._parts)
        self._parts.clear()

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        return search(self._matrix, vector, count, MetricKind.IP, exact=True, threads=1).keys.tolist()

    async def close(self) -> None:
        del self._matrix
