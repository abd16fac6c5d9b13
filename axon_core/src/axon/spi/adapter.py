"""The contract between Axon and a store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import attrs

from axon.core.entries import MemoryEntry
from axon.core.errors import WrongType, shown
from axon.core.walk import each_once
from axon.spi.query import Health, Hit, Page, Query

if TYPE_CHECKING:
    from axon.core.filters import Filter

_BATCH = 500


class Adapter(ABC):
    """A store of entries, in a namespace of its own.

    It is constructed anywhere, connects on first use, and belongs to the running event loop: a new
    loop gets a new connection. An entry whose ``expires_at`` has come is absent from everything.
    Errors are those of :mod:`axon.core.errors`; none is swallowed.
    """

    @abstractmethod
    async def save(self, entry: MemoryEntry) -> None:
        """Insert ``entry``, or replace the one with its id."""

    @abstractmethod
    async def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry, or ``None`` if it never was, was deleted or has expired."""

    @abstractmethod
    async def delete(self, entry_id: str) -> bool:
        """Delete the entry; whether there was one."""

    @abstractmethod
    async def query(self, query: Query) -> Sequence[Hit]:
        """The best entries first, ``query.limit`` at the most."""

    @abstractmethod
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        """A page of all entries, from ``cursor`` on.

        What is there from the first page to the last appears at least once, whatever else is
        written meanwhile. ``limit`` is a hint. A cursor works in another process and tomorrow.
        """

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        """Save all of ``entries``; the last one of an id counts.

        If one is refused, of the others all are saved or none. Here they are saved one after the other, and what is no
        entry is refused first; an adapter whose ``save`` may refuse an entry looks at all of them before it saves one.
        """
        for entry in entries:
            if not isinstance(entry, MemoryEntry):
                raise WrongType(f"a batch is of entries, got {shown(entry)}")
        for entry in entries:
            await self.save(entry)

    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        """What :meth:`get` gives for each id, in their order."""
        return [await self.get(entry_id) for entry_id in entry_ids]

    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        """Delete these entries; how many there were."""
        return sum([await self.delete(entry_id) for entry_id in entry_ids])

    async def delete_where(self, filter: Filter) -> int:
        """Delete what ``filter`` admits; how many entries there were.

        Here all entries are scanned and those admitted deleted page by page, so that one may be changed between
        the two; an adapter that can do it in one step should. It is no read: nothing is refreshed.
        """
        deleted = 0
        cursor: str | None = None
        while True:
            page = await self.scan(cursor, limit=_BATCH)
            admitted = list(dict.fromkeys(entry.id for entry in page.entries if filter.matches(entry)))
            deleted += await self.delete_many(admitted) if admitted else 0
            if (cursor := page.cursor) is None:
                return deleted

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        """Store a copy of the entry with some fields changed; the copy, or ``None`` if there is no entry.

        Here it is read and saved again, so that of two updates at once the later may undo the
        earlier; an adapter that can do it in one step should.
        """
        entry = await self.get(entry_id)
        if entry is None:
            return None
        changed = attrs.evolve(entry, **changes)
        await self.save(changed)
        return changed

    async def count(self, filter: Filter | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        total = 0
        async for entry in iterate(self):
            total += filter is None or filter.matches(entry)
        return total

    async def clear(self) -> int:
        """Delete every entry of this adapter's namespace and nothing else; how many there were."""
        deleted = 0
        while page := [entry.id async for entry in iterate(self)]:
            deleted += await self.delete_many(page)
        return deleted

    async def health(self) -> Health:
        """How the store is; never raises."""
        start = perf_counter()
        try:
            await self.scan(limit=1)
        except Exception as error:
            return Health(status="down", latency_ms=_since(start), detail=f"{type(error).__name__}: {error}")
        return Health(status="ok", latency_ms=_since(start))

    async def close(self) -> None:
        """Give back what the adapter opened, and nothing that it was handed; any number of times."""
        return


def iterate(adapter: Adapter, *, limit: int = _BATCH) -> AsyncIterator[MemoryEntry]:
    """All entries, each once, without what expires before its turn comes; ``limit`` is the size of a page."""
    return each_once(lambda cursor: adapter.scan(cursor, limit=limit))


def _since(start: float) -> float:
    return (perf_counter() - start) * 1000
