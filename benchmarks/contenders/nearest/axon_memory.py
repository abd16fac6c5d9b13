"""Our adapter ``memory`` without the index of words: an exact scan, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from axon import MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.spi import Adapter, Query, as_embedding


class Contender:
    """Entries with a short text, each with its vector."""

    adapter: Adapter

    async def open(self, folder: Path, dimension: int) -> None:
        self.adapter = InMemoryAdapter(text_index=False)

    async def insert(self, first: int, matrix: Any) -> None:
        await self.adapter.save_many(
            [
                MemoryEntry(id=str(number), text=f"entry number {number}", embedding=vector)
                for number, vector in enumerate(matrix, first)
            ]
        )

    async def finish(self) -> None:
        pass

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        hits = await self.adapter.query(Query(vector=as_embedding(vector), limit=count))
        return [int(hit.entry.id) for hit in hits]

    async def close(self) -> None:
        await self.adapter.close()
