"""Going through a store page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from axon.core.errors import StoreError

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.spi.query import Page


class NeverEnds(StoreError):
    """A cursor that leads in a circle: the adapter does not say which page is the last one."""


async def each_once(page_from: Callable[[str | None], Awaitable[Page]]) -> AsyncIterator[MemoryEntry]:
    """The entries of all pages, each once; ``page_from`` gives the page that a cursor begins.

    :class:`NeverEnds` where a cursor comes back and no entry since was a new one.
    """
    seen: set[str] = set()
    asked: set[str] = set()  # the cursors since the last new entry
    cursor: str | None = None
    while True:
        page = await page_from(cursor)
        if cursor is not None:
            asked.add(cursor)
        for entry in page.entries:
            if entry.id in seen:
                continue
            seen.add(entry.id)
            asked.clear()
            # Whoever goes through the page may take longer than an entry of it lives.
            if entry.expires_at is None or entry.expires_at > datetime.now(UTC):
                yield entry
        if page.cursor is None:
            return
        if page.cursor in asked:
            raise NeverEnds(
                f"scan({cursor!r}) gave the cursor {page.cursor!r} again: the last page has the cursor None"
            )
        cursor = page.cursor
