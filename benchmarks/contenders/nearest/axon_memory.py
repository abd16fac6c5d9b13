"""Our adapter ``memory`` without the index of words: an exact scan, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.spi import Adapter, Query, as_embedding
from benchmarks.contenders.contract import GROUPS


class Contender:
    """Entries with a short text, each with its vector, and its group as a tag."""

    adapter: Adapter

    async def open(self, folder: Path, dimension: int) -> None:
        self.adapter = InMemoryAdapter(text_index=False)

    async def insert(self, first: int, matrix: Any) -> None:
        await self.adapter.save_many(
            [
                MemoryEntry(
                    id=str(number), text=f"entry number {number}", embedding=vector, tags=[f"group-{number % GROUPS}"]
                )
                for number, vector in enumerate(matrix, first)
            ]
        )

    async def finish(self) -> None:
        pass

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        hits = await self.adapter.query(Query(vector=as_embedding(vector), limit=count))
        return [int(hit.entry.id) for hit in hits]

    async def search_group(self, vector: Any, count: int, group: int) -> Sequence[int]:
        query = Query(vector=as_embedding(vector), filter=Filter(tags=[f"group-{group}"]), limit=count)
        return [int(hit.entry.id) for hit in await self.adapter.query(query)]

    async def close(self) -> None:
        await self.adapter.close()
