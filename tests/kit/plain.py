"""Correct adapters of other designs than ours: five methods over a dictionary, no vectors, vectors of one length."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from attrs import frozen

from axon.core.errors import CapabilityError, InvalidInput
from axon.spi import Adapter, AdapterSpec, Hit, MemoryEntry, Page, Query, hookimpl
from axon_inmemory import InMemoryAdapter


class Plain(Adapter):
    """Filters and expiry in the real time; neither words nor vectors, no settings, and every call awaits."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, MemoryEntry]] = {}
        self._saved = 0

    async def _reached(self) -> None:
        await asyncio.sleep(0)

    def _alive(self) -> list[tuple[int, MemoryEntry]]:
        now = datetime.now(UTC)
        return [one for one in self._entries.values() if one[1].expires_at is None or one[1].expires_at > now]

    async def save(self, entry: MemoryEntry) -> None:
        await self._reached()
        old = self._entries.get(entry.id)
        self._saved += 1
        self._entries[entry.id] = (self._saved if old is None else old[0], entry)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        await self._reached()
        return next((entry for _, entry in self._alive() if entry.id == entry_id), None)

    async def delete(self, entry_id: str) -> bool:
        await self._reached()
        there = any(entry.id == entry_id for _, entry in self._alive())
        self._entries.pop(entry_id, None)
        return there

    async def query(self, query: Query) -> Sequence[Hit]:
        await self._reached()
        if query.filter is None:
            raise CapabilityError("this adapter goes by filters alone")
        found = [entry for _, entry in self._alive() if query.filter.matches(entry)]
        found.sort(key=lambda entry: entry.created_at, reverse=True)
        return [Hit(entry, 0.0) for entry in found if not (query.min_score or 0.0) > 0.0][: query.limit]

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        await self._reached()
        after = sorted((one for one in self._alive() if one[0] > int(cursor or 0)), key=lambda one: one[0])[:limit]
        last = str(after[-1][0]) if len(after) == limit else None
        return Page(entries=[entry for _, entry in after], cursor=last)


class NoVectors(Plain):
    """Takes no embeddings, and has a setting that is called like an argument of the kit's."""

    def __init__(self, *, folder: str = "", called: str = "") -> None:
        super().__init__()
        self._places = (folder, called)

    async def save(self, entry: MemoryEntry) -> None:
        if entry.embedding is not None:
            raise InvalidInput("this store keeps no embeddings")
        await super().save(entry)


@frozen(kw_only=True)
class Places:
    """The settings of NoVectors."""

    folder: str = ""
    called: str = ""


class FixedDimension(InMemoryAdapter):
    """Takes vectors of 32 numbers and no others, as a column of a database does."""

    async def save(self, entry: MemoryEntry) -> None:
        self._check(entry.embedding)
        await super().save(entry)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        for entry in entries:
            self._check(entry.embedding)
        await super().save_many(entries)

    async def query(self, query: Query) -> Sequence[Hit]:
        self._check(query.vector)
        return await super().query(query)

    def _check(self, vector: Sequence[float] | None) -> None:
        if vector is not None and len(vector) != 32:
            raise InvalidInput(f"vectors have 32 numbers here, got {len(vector)}")


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    """Three adapters."""
    places, memory = "plain:Places", "axon_inmemory.options:InMemoryOptions"
    all_of_memory = {"ttl", "text_search", "vector_search", "locks", "counters", "limits", "values"}
    return [
        AdapterSpec(name="plain", target="plain:Plain", capabilities={"ttl"}, summary="Five methods."),
        AdapterSpec(
            name="no_vectors", target="plain:NoVectors", options=places, capabilities={"ttl"}, summary="No vectors."
        ),
        AdapterSpec(
            name="fixed",
            target="plain:FixedDimension",
            options=memory,
            capabilities=all_of_memory,
            summary="32 numbers.",
        ),
    ]
