"""The adapter: entries as rows of an SQLite file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from sqlite3 import Connection
from typing import Any

import attrs

from axon.ranking.analysis import Analyzer
from axon.ranking.hits import best_hits
from axon.spi import Adapter, Filter, Hit, MemoryEntry, Page, Query
from axon_shelf.file import File
from axon_shelf.rows import as_json, packed, unpacked

_SAVE = """
insert into entries (namespace, id, user_id, session_id, tags, importance, expires, body)
values (:namespace, :id, :user_id, :session_id, :tags, :importance, :expires, :body)
on conflict (namespace, id) do update set user_id = excluded.user_id, session_id = excluded.session_id,
tags = excluded.tags, importance = excluded.importance, expires = excluded.expires, body = excluded.body
"""
_READ = "select id, body from entries where namespace = ? and (expires is null or expires > ?)"
_PAGE = """
select place, id, body from entries where namespace = ? and (expires is null or expires > ?)
and place > ? order by place limit ?
"""
_COUNT = "select count(*) from entries where namespace = ?"


class ShelfAdapter(Adapter):
    """Entries in an SQLite file, which survive a kill and which several processes share."""

    def __init__(
        self, *, namespace: str = "axon", path: str = "shelf.db", clock: Callable[[], float] = time.time
    ) -> None:
        self._namespace = namespace
        self._clock = clock
        self._file = File(path)
        self._analyzer = Analyzer()

    async def save(self, entry: MemoryEntry) -> None:
        """Insert or replace it."""
        await self.save_many([entry])

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        """All of them in one transaction."""
        rows = [{"namespace": self._namespace, **packed(entry)} for entry in entries]
        with self._file.writing(self._clock()) as connection:
            connection.executemany(_SAVE, rows)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry, if there is one."""
        with self._file.reading() as connection:
            return next(self._read(connection, Filter(ids=[entry_id])), None)

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        """Read and saved in one transaction, so that no other process comes between."""
        with self._file.writing(self._clock()) as connection:
            entry = next(self._read(connection, Filter(ids=[entry_id])), None)
            if entry is None:
                return None
            changed = attrs.evolve(entry, **changes)
            connection.execute(_SAVE, {"namespace": self._namespace, **packed(changed)})
            return changed

    async def delete(self, entry_id: str) -> bool:
        """Delete it; whether there was one."""
        return await self.delete_many([entry_id]) == 1

    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        """Delete these; how many there were."""
        return await self.delete_where(Filter(ids=entry_ids))

    async def delete_where(self, filter: Filter) -> int:
        """Delete what is admitted, in one transaction; how many there were."""
        with self._file.writing(self._clock()) as connection:
            found = [(self._namespace, entry.id) for entry in self._read(connection, filter)]
            connection.executemany("delete from entries where namespace = ? and id = ?", found)
            return len(found)

    async def clear(self) -> int:
        """Delete everything of this namespace; how many entries there were."""
        with self._file.writing(self._clock()) as connection:
            return connection.execute("delete from entries where namespace = ?", [self._namespace]).rowcount

    async def query(self, query: Query) -> Sequence[Hit]:
        """The best hits first: selected and scored by Axon."""
        # A word weighs by how many of all entries hold it, so that a query with a text has to see all of them.
        where = query.filter if query.text is None else None
        with self._file.reading() as connection:
            return best_hits(self._read(connection, where), query, self._analyzer)

    async def count(self, filter: Filter | None = None) -> int:
        """How many entries there are, or are admitted."""
        with self._file.reading() as connection:
            return sum(1 for _ in self._read(connection, filter))

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        """A page in the order of the places, which an overwrite does not change."""
        with self._file.reading() as connection:
            rows = connection.execute(_PAGE, [*self._now(), int(cursor or 0), limit]).fetchall()
        entries = [unpacked(entry_id, body) for _, entry_id, body in rows]
        return Page(entries=entries, cursor=str(rows[-1][0]) if len(rows) == limit else None)

    async def residue(self) -> int:
        """How many rows there are, for the kit, which finds leaks with it."""
        with self._file.writing(self._clock()) as connection:
            return int(connection.execute(_COUNT, [self._namespace]).fetchone()[0])

    async def close(self) -> None:
        """Close the file; any number of times."""
        self._file.close()

    def _now(self) -> list[Any]:
        return [self._namespace, self._clock()]

    def _read(self, connection: Connection, filter: Filter | None) -> Iterator[MemoryEntry]:
        """What lives and is admitted. SQL narrows it down; ``Filter.matches`` knows what SQL cannot say."""
        conditions = {} if filter is None else _conditions(filter)
        statement = " and ".join([_READ, *conditions])
        rows = connection.execute(statement, [*self._now(), *chain(*conditions.values())]).fetchall()
        entries = (unpacked(entry_id, body) for entry_id, body in rows)
        return (entry for entry in entries if filter is None or filter.matches(entry))


def _conditions(filter: Filter) -> dict[str, Sequence[Any]]:
    """SQL that holds for every entry which ``filter`` admits, with its values."""
    conditions: dict[str, Sequence[Any]] = {}
    if filter.user_id is not None:
        conditions["user_id = ?"] = [filter.user_id]
    if filter.session_id is not None:
        conditions["session_id = ?"] = [filter.session_id]
    if filter.importance is not None:
        conditions["importance between ? and ?"] = filter.importance
    if filter.ids is not None:
        conditions["id in (select value from json_each(?))"] = [as_json(sorted(filter.ids))]
    if filter.tags:
        # Of the tags asked for there is none that is not among the entry's.
        missing = "select value from json_each(?) except select value from json_each(tags)"
        conditions[f"not exists ({missing})"] = [as_json(sorted(filter.tags))]
    return conditions
