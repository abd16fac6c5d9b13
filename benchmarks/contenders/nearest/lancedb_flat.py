"""LanceDB without an index: an exact scan of a table in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa

from benchmarks.contenders.contract import GROUPS


class Contender:
    """A table of ids, groups and vectors, searched by the cosine."""

    async def open(self, folder: Path, dimension: int) -> None:
        # One thread computes; it is read at the first use. Those that read files are as many as by default.
        os.environ["LANCE_CPU_THREADS"] = "1"
        connection = await lancedb.connect_async(folder)
        self._kind = pa.list_(pa.float32(), dimension)
        schema = pa.schema([pa.field("id", pa.int64()), pa.field("group", pa.int64()), pa.field("vector", self._kind)])
        self.table = await connection.create_table("vectors", schema=schema)

    async def insert(self, first: int, matrix: Any) -> None:
        ids = pa.array(range(first, first + len(matrix)), pa.int64())
        groups = pa.array([number % GROUPS for number in range(first, first + len(matrix))], pa.int64())
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(matrix.reshape(-1)), type=self._kind)
        await self.table.add(pa.table({"id": ids, "group": groups, "vector": vectors}))

    async def finish(self) -> None:
        await self.table.optimize()  # its documentation asks for it after many small additions

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        # It warns at every search, which takes time, if the distance is not asked for as well.
        found = await self.query(vector, count).limit(count).select(["id", "_distance"]).to_arrow()
        return found["id"].to_pylist()

    async def search_group(self, vector: Any, count: int, group: int) -> Sequence[int]:
        # It filters first, unless it is asked for the contrary. ``group`` is a word of SQL.
        query = self.query(vector, count).where(f"`group` = {group}")
        found = await query.limit(count).select(["id", "_distance"]).to_arrow()
        return found["id"].to_pylist()

    def query(self, vector: Any, _: int) -> Any:
        """What the search begins with; an index has more to say."""
        return self.table.query().nearest_to(vector).distance_type("cosine")

    async def close(self) -> None:
        self.table.close()
