"""What is done with the file: every write is one transaction, every read one view. For one thread."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from axon.core.errors import InvalidInput, StoreUnavailable
from axon.ranking.analysis import Analyzer
from axon.spi import Filter, MemoryEntry, Page
from axon_vector.conditions import condition
from axon_vector.database import Database
from axon_vector.kept import Kept
from axon_vector.rows import COLUMNS, FROM, entry_of, microseconds, moment, row_of
from axon_vector.writer import Writer

if TYPE_CHECKING:
    from axon_vector.matrix import Matrix, Positions
    from axon_vector.options import VectorOptions
    from axon_vector.words import WordIndex

_FEWEST_TERMS = 1.0
_LONGEST_CURSOR = 18
"""Digits: more than any position has."""


class Store:
    """The entries of one namespace in the file of ``directory``, which is opened at once."""

    def __init__(self, directory: Path, options: VectorOptions, clock: Callable[[], float] = time.time) -> None:
        self._options = options
        self._clock = clock
        self.analyzer = Analyzer(options.language)
        self.database = Database(directory, synchronous=options.synchronous, busy_timeout=options.busy_timeout)
        try:
            self._writer = Writer(options, self.analyzer, file=self.database.file)
            with self.database.reading("open") as connection:
                found = self._writer.find(connection)
            if not found:
                with self.database.writing("open") as connection:
                    self._writer.make_ready(connection)
        except BaseException:
            self.database.close()
            raise
        self.namespace = self._writer.namespace
        self.kept = Kept(self.database, self.namespace, eight_bits=options.scan == "int8")

    @property
    def matrix(self) -> Matrix:
        """The vectors, as of the last view."""
        return self.kept.matrix

    @property
    def words(self) -> WordIndex:
        """The word index."""
        return self._writer.words

    # -- writing -----------------------------------------------------------

    def save(self, entries: Sequence[MemoryEntry]) -> None:
        """Insert or replace ``entries``, all or none; the last one of an id counts."""
        newest = {entry.id: entry for entry in entries}
        writer = self._writer
        with self.database.writing("save to") as connection:
            now = self.now()
            writer.drop(connection, writer.expired(connection, now))
            alive = [entry for entry in newest.values() if _is_alive(entry, now)]
            writer.check_dimensions(connection, alive)
            writer.drop(connection, writer.having_ids(connection, newest))
            writer.insert(connection, alive, now)
            writer.evict(connection)
        self.written()

    def delete(self, entry_ids: Sequence[str]) -> int:
        """Delete entries; how many there were."""
        with self.database.writing("delete from") as connection:
            now = self.now()
            self._writer.drop(connection, self._writer.expired(connection, now))
            found = self._writer.having_ids(connection, entry_ids, alive_at=now)
            self._writer.drop(connection, found)
        self.written()
        return len(found)

    def delete_where(self, filter: Filter) -> int:
        """Delete what ``filter`` admits; how many entries there were."""
        with self.database.writing("delete from") as connection:
            admitted = condition(filter, self.namespace, self.now())
            found = connection.execute(
                f"SELECT position, text, tags FROM entry WHERE {admitted.sql}", admitted.parameters
            ).fetchall()
            self._writer.drop(connection, found)
        self.written()
        return len(found)

    def update(self, entry_id: str, changes: dict[str, Any]) -> MemoryEntry | None:
        """Change fields of an entry, in one transaction."""
        with self.database.writing("update") as connection:
            now = self.now()
            found = self._having_ids(connection, [entry_id], now)
            if not found:
                return None
            changed = attrs.evolve(found[0], **changes)
            self._writer.check_dimensions(connection, [changed])
            self._writer.drop(connection, self._writer.having_ids(connection, [entry_id]))
            self._writer.insert(connection, [changed] if _is_alive(changed, now) else [], now)
        self.written()
        return changed

    def clear(self) -> int:
        """Delete every entry of the namespace; how many there were."""
        with self.database.writing("clear") as connection:
            alive = condition(None, self.namespace, self.now())
            (count,) = connection.execute(f"SELECT count(*) FROM entry WHERE {alive.sql}", alive.parameters).fetchone()
            self._writer.clear(connection)
        self.written()
        return int(count)

    def written(self) -> None:
        """Say that this connection has written: the next view reads what has changed."""
        self.kept.written()

    # -- reading -----------------------------------------------------------

    def get(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        """The entries of ``entry_ids``, in their order."""
        with self.database.reading("read") as connection:
            found = self._having_ids(connection, entry_ids, self.now())
        read = {entry.id: entry for entry in self.read(found)}
        return [read.get(entry_id) for entry_id in entry_ids]

    def count(self, filter: Filter | None) -> int:
        """How many entries ``filter`` admits."""
        with self.database.reading("count in") as connection:
            admitted = condition(filter, self.namespace, self.now())
            (count,) = connection.execute(
                f"SELECT count(*) FROM entry WHERE {admitted.sql}", admitted.parameters
            ).fetchone()
        return int(count)

    def scan(self, cursor: str | None, limit: int) -> Page:
        """A page of entries in the order of their positions; what is overwritten meanwhile moves to the end."""
        if limit < 1:
            raise InvalidInput(f"limit must be at least 1, got {limit}")
        if cursor is not None and not (
            isinstance(cursor, str) and cursor.isascii() and cursor.isdecimal() and len(cursor) <= _LONGEST_CURSOR
        ):
            raise InvalidInput(f"{cursor!r} is no cursor of a scan")
        with self.database.reading("scan") as connection:
            alive = condition(None, self.namespace, self.now())
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM {FROM} WHERE {alive.sql} AND entry.position > ? "
                "ORDER BY entry.position LIMIT ?",
                (*alive.parameters, int(cursor or 0), limit + 1),
            ).fetchall()
            entries = [entry_of(row) for row in rows[:limit]]
        return Page(entries=entries, cursor=str(rows[limit - 1][0]) if len(rows) > limit else None)

    def read(self, entries: list[MemoryEntry]) -> list[MemoryEntry]:
        """``entries`` as their reader gets them: refreshed, and noted as used, where that is asked for."""
        lru = self._options.max_entries is not None and self._options.eviction == "lru"
        if not entries or not (self._options.refresh_on_read or lru):
            return entries
        now = self.now()
        found = entries
        if self._options.refresh_on_read:
            entries = [entry.refreshed(moment(now)) for entry in found]
        with self.database.writing("refresh entries of") as connection:
            # Only where the entry is still the one that was read: another process may have saved another meanwhile.
            connection.executemany(
                "UPDATE entry SET expires = ?, ttl = ?, used = ?, checksum = ? "
                "WHERE namespace = ? AND id = ? AND created = ? AND expires IS ?",
                [
                    (*row_of(entry, self.namespace, now)[-4:], self.namespace, entry.id, *row_of(old, 0, 0)[-5:-3])
                    for old, entry in zip(found, entries, strict=True)
                ],
            )
        self.kept.forget_entries()
        return entries

    def view(self) -> None:
        """Bring what is kept in memory to the state of the file, if anybody has written since."""
        if not self.kept.is_current():
            with self.database.reading("follow"):
                self.kept.follow()

    def entries_at(self, positions: Sequence[int]) -> dict[int, MemoryEntry]:
        """The entries at ``positions`` that are there and have not expired; after :meth:`view`."""
        now = self.now()
        found = self.kept.entries_at(positions)
        return {position: entry for position, entry in found.items() if _is_alive(entry, now)}

    def average_length(self, connection: sqlite3.Connection) -> tuple[int, float]:
        """How many entries there are, and how many words each has on average."""
        entries, words = connection.execute(
            "SELECT entries, words FROM namespace WHERE number = ?", (self.namespace,)
        ).fetchone()
        return entries, max(_FEWEST_TERMS, words / entries if entries else 0.0)

    def check_query_dimension(self, given: int) -> None:
        """Refuse a query vector of another embedder or dimension than those that are stored."""
        self._writer.check_embedder(self.kept.embedder)
        if given != self.matrix.dimension:
            raise InvalidInput(
                f"the embedding has {given} dimensions, those stored in {self._options.namespace!r} "
                f"have {self.matrix.dimension}: embed with the model that made them"
            )

    def only_reads(self) -> bool:
        """Whether a query writes nothing: no refresh, no note of a use, nothing expired to purge."""
        if self._options.refresh_on_read or (self._options.max_entries is not None and self._options.eviction == "lru"):
            return False
        with self.database.explained("search"):
            return not self._writer.has_expired(self.database.connection, self.now())

    def purge(self) -> None:
        """Delete what has expired, unless another process is writing: it would count in the weights of words."""
        now = self.now()
        with self.database.explained("search"):
            if not self._writer.has_expired(self.database.connection, now):
                return
        # One who cannot write can still read: what has expired is then left out of the answer, and purged later.
        with suppress(StoreUnavailable), self.database.not_waiting(), self.database.writing("purge") as connection:
            self._writer.drop(connection, self._writer.expired(connection, now))
            self.written()

    def purge_all(self) -> None:
        """Delete all that has expired, some thousands in one transaction; waits for another process that is writing."""
        while True:
            with self.database.writing("purge") as connection:
                expired = self._writer.expired(connection, self.now())
                self._writer.drop(connection, expired)
            self.written()
            if not expired:
                return

    def expired(self, now: int) -> Positions:
        """The positions of what has expired and is still there."""
        rows = self.database.connection.execute(
            "SELECT position FROM entry WHERE namespace = ? AND expires <= ? ORDER BY position", (self.namespace, now)
        ).fetchall()
        return np.array([position for (position,) in rows], np.int64)

    def now(self) -> int:
        """The time in microseconds."""
        return int(self._clock() * 1_000_000)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def _having_ids(self, connection: sqlite3.Connection, entry_ids: Sequence[str], now: int) -> list[MemoryEntry]:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM {FROM} WHERE entry.namespace = ? AND (entry.expires IS NULL OR entry.expires > ?) "
            "AND entry.id IN (SELECT value FROM json_each(?))",
            (self.namespace, now, json.dumps(list(entry_ids))),
        )
        return [entry_of(row) for row in rows]


def _is_alive(entry: MemoryEntry, now: int) -> bool:
    return entry.expires_at is None or microseconds(entry.expires_at) > now
