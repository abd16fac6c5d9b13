"""faiss, ``IndexFlatIP``: its exact index, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss


class Contender:
    """Inner products, which of vectors of length one are the cosines. The ids are the positions."""

    async def open(self, folder: Path, dimension: int) -> None:
        faiss.omp_set_num_threads(1)
        self._index = faiss.IndexFlatIP(dimension)

    async def insert(self, first: int, matrix: Any) -> None:
        self._index.add(matrix)

    async def finish(self) -> None:
        pass

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        _, found = self._index.search(vector[None, :], count)
        return found[0].tolist()

    async def close(self) -> None:
        del self._index
