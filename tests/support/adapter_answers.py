"""What an adapter is given and what it answers, in short, for tests outside of an event loop."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
from adapter_clock import START

from axon import MemoryEntry
from axon.spi import Adapter, Query, as_embedding, iterate


def entry(entry_id: str, **values: Any) -> MemoryEntry:
    return MemoryEntry(**{"id": entry_id, "text": f"text {entry_id}", "created_at": START, **values})


def ids(adapter: Adapter) -> set[str]:
    async def everything() -> set[str]:
        return {found.id async for found in iterate(adapter)}

    return asyncio.run(everything())


def found(adapter: Adapter, **query: Any) -> list[str]:
    return [hit.entry.id for hit in asyncio.run(adapter.query(Query(**query)))]


def scored(adapter: Adapter, **query: Any) -> list[tuple[str, float]]:
    return [(hit.entry.id, round(hit.score, 9)) for hit in asyncio.run(adapter.query(Query(**query)))]


def vector(numbers: Any) -> Any:
    return as_embedding(np.asarray(numbers, np.float32))
