"""LanceDB with the index that its documentation names for recall and latency, ``IVF_HNSW_SQ``: approximate."""

from __future__ import annotations

from typing import Any

from lancedb.index import Bitmap, HnswSq

from benchmarks.contenders.nearest import lancedb_flat


class Contender(lancedb_flat.Contender):
    """The same table; the index is built with its default settings, and so is the one that it names for few values."""

    async def finish(self) -> None:
        await super().finish()
        await self.table.create_index("vector", config=HnswSq(distance_type="cosine"))
        await self.table.create_index("group", config=Bitmap())

    _effort: int | None = None

    async def tune(self, effort: int) -> None:
        self._effort = effort

    def query(self, vector: Any, count: int) -> Any:
        # Its documentation goes up to ten times the count. The index has a byte for each number: the best of what
        # it gives are compared once more by the vectors themselves, without which they are not in order.
        return super().query(vector, count).ef(self._effort or 10 * count).refine_factor(2)
