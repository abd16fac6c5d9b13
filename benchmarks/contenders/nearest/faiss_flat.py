"""faiss, ``IndexFlatIP``: its exact index, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from benchmarks.contenders.contract import GROUPS


class Contender:
    """Inner products, which of vectors of length one are the cosines. The ids are the positions.

    It keeps vectors and nothing else, so the groups are kept beside it.
    """

    async def open(self, folder: Path, dimension: int) -> None:
        faiss.omp_set_num_threads(1)
        self._index = faiss.IndexFlatIP(dimension)
        self._groups = np.empty(0, np.int64)

    async def insert(self, first: int, matrix: Any) -> None:
        self._index.add(matrix)
        self._groups = np.append(self._groups, np.arange(first, first + len(matrix)) % GROUPS)

    async def finish(self) -> None:
        pass

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        _, found = self._index.search(vector[None, :], count)
        return found[0].tolist()

    async def search_group(self, vector: Any, count: int, group: int) -> Sequence[int]:
        # Of its selectors the one whose ids an exact index visits directly, instead of asking it about every vector.
        selector = faiss.IDSelectorArray(np.flatnonzero(self._groups == group))
        _, found = self._index.search(vector[None, :], count, params=faiss.SearchParameters(sel=selector))
        return found[0].tolist()

    async def close(self) -> None:
        del self._index
