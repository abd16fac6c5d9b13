"""usearch, its index in memory: HNSW, approximate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from usearch.index import Index


class Contender:
    """Vectors as float32 by the cosine; all else of the index is as it is by default.

    Its filters are for other languages: in Python it has none.
    """

    async def open(self, folder: Path, dimension: int) -> None:
        self._index = Index(ndim=dimension, metric="cos", dtype="f32")

    async def insert(self, first: int, matrix: Any) -> None:
        self._index.add(np.arange(first, first + len(matrix)), matrix, threads=1)

    async def finish(self) -> None:
        pass

    async def tune(self, effort: int) -> None:
        self._index.expansion_search = effort

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        return self._index.search(vector, count, threads=1).keys.tolist()

    async def close(self) -> None:
        del self._index
