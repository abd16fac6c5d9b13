"""The store of LangGraph in the memory of the process: by a value, since without an embedder it heeds no words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from benchmarks.contenders.recall_jobs import Row

_NAMESPACE = ("entries",)


class Contender:
    """A filter compares whole values: the tag has a field of its own, and every entry is looked at."""

    async def open(self, folder: Path, port: int | None) -> None:
        self._store = InMemoryStore()
        self._saved = 0

    async def save(self, rows: Sequence[Row]) -> None:
        values = [{**row, "tag": row["tags"][0]} for row in rows]
        await self._store.abatch(
            [PutOp(_NAMESPACE, str(number), value) for number, value in enumerate(values, self._saved)]
        )
        self._saved += len(rows)

    async def by_tag(self, tag: str, count: int) -> Sequence[str]:
        found = await self._store.asearch(_NAMESPACE, filter={"tag": tag}, limit=count)
        return [item.value["text"] for item in found]

    async def close(self) -> None:
        del self._store
