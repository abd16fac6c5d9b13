"""Going through a store page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.spi.query import Page


async def each_once(page_from: Callable[[str | None], Awaitable[Page]]) -> AsyncIterator[MemoryEntry]:
    """The entries of all pages, each once; ``page_from`` gives the page that a cursor begins."""
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = await page_from(cursor)
        for entry in page.entries:
            if entry.id in seen:
                continue
            seen.add(entry.id)
            # Whoever goes through the page may take longer than an entry of it lives.
            if entry.expires_at is None or entry.expires_at > datetime.now(UTC):
                yield entry
        if (cursor := page.cursor) is None:
            return
