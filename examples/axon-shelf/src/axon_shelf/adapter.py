"""The adapter: entries as rows of an SQLite file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import attrs

from axon.core.errors import InvalidInput, StoreCorrupt
from axon.formats.entries import decode, encode
from axon.ranking.analysis import Analyzer
from axon.ranking.hits import best_hits
from axon.spi import Adapter, Filter, Hit, MemoryEntry, Page, Query
from axon_shelf.file import File

_READ = "select id, body from entries where namespace = ? and expires > ?"
_SAVE = "insert or replace into entries (namespace, id, expires, body) values (?, ?, ?, ?)"
_DELETE = "delete from entries where namespace = ? and id = ?"


class ShelfAdapter(Adapter):
    """Entries in an SQLite file, which survive a kill and which several processes share."""

    def __init__(self, *, namespace: str = "axon", path: str, clock: Callable[[], float] = time.time) -> None:
        self._namespace = namespace
        self._clock = clock
        self._file = File(path)
        self._analyzer = Analyzer()

    async def save(self, entry: MemoryEntry) -> None:
        """Insert or replace it."""
        await self.save_many([entry])

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        """All of them in one transaction."""
        with self._file.writing(self._clock()) as connection:
            connection.executemany(_SAVE, map(self._row, entries))

    async def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry, if there is one."""
        return next(self._read("and id = ?", entry_id), None)

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        """Read and saved in one transaction, so that no other process comes between."""
        with self._file.writing(self._clock()) as connection:
            entry = next(self._read("and id = ?", entry_id), None)
            if entry is not None:
                entry = attrs.evolve(entry, **changes)
                connection.execute(_SAVE, self._row(entry))
            return entry

    async def delete(self, entry_id: str) -> bool:
        """Delete it; whether there was one."""
        with self._file.writing(self._clock()) as connection:
            return connection.execute(_DELETE, [self._namespace, entry_id]).rowcount == 1

    async def delete_where(self, filter: Filter) -> int:
        """Delete what is admitted, in one transaction; how many there were."""
        with self._file.writing(self._clock()) as connection:
            found = [(self._namespace, entry.id) for entry in self._read() if filter.matches(entry)]
            return connection.executemany(_DELETE, found).rowcount

    async def query(self, query: Query) -> Sequence[Hit]:
        """The best hits first: selected and scored by Axon."""
        return best_hits(self._read(), query, self._analyzer)

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        """A page in the order of the ids; the cursor is the last of them."""
        entries = list(self._read("and id > ? order by id limit ?", cursor or "", limit))
        return Page(entries=entries, cursor=entries[-1].id if len(entries) == limit else None)

    async def residue(self) -> int:
        """How many rows there are, for the kit, which finds leaks with it."""
        with self._file.writing(self._clock()) as connection:
            return len(connection.execute("select id from entries where namespace = ?", [self._namespace]).fetchall())

    async def close(self) -> None:
        """Close the file; any number of times."""
        self._file.close()

    def _row(self, entry: MemoryEntry) -> tuple[str, str, float, str]:
        expires = float("inf") if entry.expires_at is None else entry.expires_at.timestamp()
        return self._namespace, entry.id, expires, encode(entry)

    def _read(self, more: str = "", *values: Any) -> Iterator[MemoryEntry]:
        with self._file.reading() as connection:
            rows = connection.execute(f"{_READ} {more}", [self._namespace, self._clock(), *values]).fetchall()
        for entry_id, body in rows:
            try:
                yield decode(body)
            except InvalidInput as error:
                raise StoreCorrupt(f"the entry {entry_id!r} cannot be read: {error}", entry_id=entry_id) from error
