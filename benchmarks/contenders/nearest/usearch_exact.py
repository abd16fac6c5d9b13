"""usearch, its exact search of a matrix in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from usearch.index import MetricKind, search

from benchmarks.contenders.matrix import Matrix


class Contender(Matrix):
    """Its rows are compared by the inner product, which of vectors of length one is the cosine.

    Its filters are for other languages: in Python it has none.
    """

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        return search(self._matrix, vector, count, MetricKind.IP, exact=True, threads=1).keys.tolist()
