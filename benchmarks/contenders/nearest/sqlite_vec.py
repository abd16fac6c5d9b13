"""sqlite-vec: an exact scan of a ``vec0`` table in a file."""

from __future__ import annotations

import sqlite3 as standard
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlite_vec

from benchmarks.contenders.contract import GROUPS

if hasattr(standard.Connection, "enable_load_extension"):
    sqlite3: Any = standard
else:  # this Python was built without it: what its documentation names for another SQLite
    import pysqlite3 as sqlite3


class Contender:
    """A table of ids, vectors and groups, searched by the cosine. Every insert of many is one transaction."""

    async def open(self, folder: Path, dimension: int) -> None:
        self._connection = sqlite3.connect(folder / "vectors.db")
        self._connection.enable_load_extension(True)
        sqlite_vec.load(self._connection)
        self._connection.enable_load_extension(False)
        columns = f"id integer primary key, vector float[{dimension}] distance_metric=cosine, grouped integer"
        self._connection.execute(f"create virtual table vectors using vec0({columns})")

    async def insert(self, first: int, matrix: Any) -> None:
        with self._connection:
            self._connection.executemany(
                "insert into vectors(id, vector, grouped) values (?, ?, ?)",
                ((number, vector, number % GROUPS) for number, vector in enumerate(matrix, first)),
            )

    async def finish(self) -> None:
        pass

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        statement = "select id from vectors where vector match ? and k = ? order by distance"
        return [number for (number,) in self._connection.execute(statement, (vector, count))]

    async def search_group(self, vector: Any, count: int, group: int) -> Sequence[int]:
        statement = "select id from vectors where vector match ? and k = ? and grouped = ? order by distance"
        return [number for (number,) in self._connection.execute(statement, (vector, count, group))]

    async def close(self) -> None:
        self._connection.close()
