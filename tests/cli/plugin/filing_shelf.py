"""A plugin for the tests of the command: a memory that outlives the process, in one pickle a namespace."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import attrs

from axon.core.errors import StoreUnavailable
from axon.spi import Adapter, AdapterSpec, Capability, Hit, MemoryEntry, Page, Query, hookimpl
from axon_inmemory import InMemoryAdapter


@attrs.frozen(kw_only=True)
class ShelfOptions:
    folder: str
    namespace: str = "axon"
    password: str | None = None


class ShelfAdapter(Adapter):
    """Every call reads the pickle into a memory and asks that."""

    def __init__(self, *, folder: str, namespace: str = "axon", password: str | None = None) -> None:
        self._folder = Path(folder)
        self._file = self._folder / f"{namespace.replace(':', '.')}.pickle"

    async def _memory(self) -> InMemoryAdapter:
        if not self._folder.is_dir():
            raise StoreUnavailable(f"there is no shelf at {self._folder.name}", sent=False)
        memory = InMemoryAdapter()
        if self._file.exists():
            await memory.save_many(pickle.loads(self._file.read_bytes()))
        return memory

    async def _keep(self, memory: InMemoryAdapter) -> None:
        page = await memory.scan(limit=10_000_000)
        self._file.write_bytes(pickle.dumps(list(page.entries)))

    async def save(self, entry: MemoryEntry) -> None:
        await self.save_many([entry])

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        memory = await self._memory()
        await memory.save_many(entries)
        await self._keep(memory)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        return await (await self._memory()).get(entry_id)

    async def delete(self, entry_id: str) -> bool:
        memory = await self._memory()
        deleted = await memory.delete(entry_id)
        await self._keep(memory)
        return deleted

    async def query(self, query: Query) -> Sequence[Hit]:
        return await (await self._memory()).query(query)

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        return await (await self._memory()).scan(cursor, limit=limit)


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    return [
        AdapterSpec(
            name="shelf",
            target="filing_shelf:ShelfAdapter",
            options="filing_shelf:ShelfOptions",
            capabilities=frozenset({Capability.TTL, Capability.TEXT_SEARCH, Capability.VECTOR_SEARCH}),
            summary="For tests: a pickle in a folder.",
        )
    ]
