"""What is done with the file: every write is one transaction, every read one view. For one thread."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from axon.core.errors import InvalidInput, StoreConflict
from axon.ranking.analysis import Analyzer
from axon.spi import Filter, MemoryEntry, Page
from axon_vector.conditions import Condition, condition, positions_of
from axon_vector.database import Database
from axon_vector.matrix import Matrix
from axon_vector.rows import COLUMNS, FROM, entry_of, microseconds, moment, row_of
from axon_vector.words import ANALYSIS, WordIndex

if TYPE_CHECKING:
    from axon_vector.matrix import Positions
    from axon_vector.options import VectorOptions

_PURGED_PER_WRITE = 200
_GONE_BEFORE_CUT = 1000
_FEWEST_TERMS = 1.0
_KEPT_FILTERS = 16
_KEPT_ENTRIES = 4096

_ORDERS = {
    "oldest": "created, id",
    "lru": "used, created",
    "importance": "importance, created",
    "ttl": "expires IS NULL, expires, created",
}

Dropped = tuple[int, str, str]
"""Position, text and tags of an entry that is to go."""


class Store:
    """The entries of one namespace in the file of ``directory``, which is opened at once."""

    def __init__(self, directory: Path, options: VectorOptions, clock: Callable[[], float] = time.time) -> None:
        self._options = options
        self._clock = clock
        self.analyzer = Analyzer(options.language)
        self.database = Database(directory, synchronous=options.synchronous, busy_timeout=options.busy_timeout)
        try:
            self._open()
        except BaseException:
            self.database.close()
            raise

    def _open(self) -> None:
        self._analyzed = made_by = f"{self._options.language}:{ANALYSIS}"
        with self.database.writing("open") as connection:
            connection.execute(
                "INSERT OR IGNORE INTO namespace(name, analyzer) VALUES (?, '')", (self._options.namespace,)
            )
            number, analyzer, embedder = connection.execute(
                "SELECT number, analyzer, embedder FROM namespace WHERE name = ?", (self._options.namespace,)
            ).fetchone()
            self.namespace = int(number)
            self.words = WordIndex(self.namespace, self.analyzer)
            self._check_embedder(embedder)
            if analyzer != made_by:
                self._rebuild_words(connection, made_by)
            if self._options.max_entries is not None:
                order = _ORDERS[self._options.eviction]
                connection.execute(
                    f"CREATE INDEX IF NOT EXISTS entry_{self._options.eviction} ON entry(namespace, {order})"
                )
        self.matrix = Matrix(self.namespace, eight_bits=self._options.scan == "int8")
        self._seen_version: int | None = None
        self._entries_read: dict[int, MemoryEntry] = {}
        self._made_by: str | None = None
        self._admitted: dict[tuple[Filter, str], tuple[Positions, Positions]] = {}
        self._admitted_at = 0

    def _check_embedder(self, stored: str | None) -> None:
        given = self._options.embedder
        if given is not None and stored is not None and given != stored:
            raise StoreConflict(
                f"the vectors of {self._options.namespace!r} in {self.database.file} were made by the embedder "
                f"{stored}, and {given} is configured: their vectors cannot be compared. Configure {stored} again, "
                "or run `axon reindex` to embed everything anew"
            )

    def _rebuild_words(self, connection: sqlite3.Connection, made_by: str) -> None:
        self.words.create(connection)
        texts = connection.execute("SELECT position, text FROM entry WHERE namespace = ?", (self.namespace,)).fetchall()
        words = self.words.add(connection, texts)
        connection.execute(
            "UPDATE namespace SET analyzer = ?, words = ? WHERE number = ?", (made_by, words, self.namespace)
        )

    def _check_analyzer(self, connection: sqlite3.Connection) -> None:
        """Refuse to write when another process has opened the namespace with a language of its own since."""
        (found,) = connection.execute("SELECT analyzer FROM namespace WHERE number = ?", (self.namespace,)).fetchone()
        if found != self._analyzed:
            raise StoreConflict(
                f"the words of {self._options.namespace!r} in {self.database.file} were indexed anew for {found}, and "
                f"this process indexes for {self._analyzed}: configure one language, and one version of Axon"
            )

    # -- writing -----------------------------------------------------------

    def save(self, entries: Sequence[MemoryEntry]) -> None:
        """Insert or replace ``entries``, all or none; the last one of an id counts."""
        newest = {entry.id: entry for entry in entries}
        with self.database.writing("save to") as connection:
            now = self.now()
            self._drop(connection, self._expired(connection, now))
            alive = [entry for entry in newest.values() if _is_alive(entry, now)]
            self._check_dimensions(connection, alive)
            self._drop(connection, self._having_ids(connection, newest))
            self._insert(connection, alive, now)
            self._evict(connection)
        self._seen_version = None

    def delete(self, entry_ids: Sequence[str]) -> int:
        """Delete entries; how many there were."""
        with self.database.writing("delete from") as connection:
            now = self.now()
            self._drop(connection, self._expired(connection, now))
            found = self._having_ids(connection, entry_ids, alive_at=now)
            self._drop(connection, found)
        self._seen_version = None
        return len(found)

    def delete_where(self, filter: Filter) -> int:
        """Delete what ``filter`` admits; how many entries there were."""
        with self.database.writing("delete from") as connection:
            admitted = condition(filter, self.namespace, self.now())
            found = connection.execute(
                f"SELECT position, text, tags FROM entry WHERE {admitted.sql}", admitted.parameters
            ).fetchall()
            self._drop(connection, found)
        self.written()
        return len(found)

    def update(self, entry_id: str, changes: dict[str, Any]) -> MemoryEntry | None:
        """Change fields of an entry, in one transaction."""
        with self.database.writing("update") as connection:
            now = self.now()
            found = self._entries(connection, condition(Filter(ids=[entry_id]), self.namespace, now))
            if not found:
                return None
            changed = attrs.evolve(found[0], **changes)
            self._check_dimensions(connection, [changed])
            self._drop(connection, self._having_ids(connection, [entry_id]))
            self._insert(connection, [changed] if _is_alive(changed, now) else [], now)
        self._seen_version = None
        return changed

    def clear(self) -> int:
        """Delete every entry of the namespace; how many there were."""
        with self.database.writing("clear") as connection:
            alive = condition(None, self.namespace, self.now())
            (count,) = connection.execute(f"SELECT count(*) FROM entry WHERE {alive.sql}", alive.parameters).fetchone()
            for table in ("tag", "vector", "pending", "gone", "entry"):
                connection.execute(f"DELETE FROM {table} WHERE namespace = ?", (self.namespace,))
            self.words.create(connection)
            connection.execute(
                "UPDATE namespace SET entries = 0, words = 0, dimension = NULL, embedder = NULL, epoch = epoch + 1 "
                "WHERE number = ?",
                (self.namespace,),
            )
        self._seen_version = None
        return int(count)

    def _insert(self, connection: sqlite3.Connection, entries: Sequence[MemoryEntry], now: int) -> None:
        if not entries:
            return
        self._check_analyzer(connection)
        (last,) = connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'entry'"
        ).fetchone()
        placed = list(enumerate(entries, start=last + 1))
        namespace = self.namespace
        connection.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(position, *row_of(entry, namespace, now)) for position, entry in placed],
        )
        connection.executemany(
            "INSERT INTO tag VALUES (?, ?, ?)",
            [(namespace, tag, position) for position, entry in placed for tag in entry.tags],
        )
        connection.executemany(
            "INSERT INTO vector VALUES (?, ?, ?)",
            [
                (position, namespace, entry.embedding.cast("B"))
                for position, entry in placed
                if entry.embedding is not None
            ],
        )
        words = self.words.add(connection, ((position, entry.text) for position, entry in placed))
        connection.execute(
            "UPDATE namespace SET entries = entries + ?, words = words + ? WHERE number = ?",
            (len(placed), words, namespace),
        )

    def _check_dimensions(self, connection: sqlite3.Connection, entries: Sequence[MemoryEntry]) -> None:
        given = {len(entry.embedding) for entry in entries if entry.embedding is not None}
        if not given:
            return
        embedder, stored = connection.execute(
            "SELECT embedder, dimension FROM namespace WHERE number = ?", (self.namespace,)
        ).fetchone()
        self._check_embedder(embedder)
        if stored is not None and given != {stored} and not self._has_vectors(connection):
            stored = None
            connection.execute("UPDATE namespace SET epoch = epoch + 1 WHERE number = ?", (self.namespace,))
        if len(given | ({stored} - {None})) > 1:
            raise InvalidInput(
                f"embeddings of {', '.join(map(str, sorted(given)))} dimensions were given, those stored in "
                f"{self._options.namespace!r} have {stored or 'one of these'}: embed all of a tier with one model"
            )
        if stored is None or (embedder is None and self._options.embedder is not None):
            connection.execute(
                "UPDATE namespace SET dimension = ?, embedder = ? WHERE number = ?",
                (given.pop(), self._options.embedder, self.namespace),
            )

    def _has_vectors(self, connection: sqlite3.Connection) -> bool:
        sql = "SELECT EXISTS (SELECT 1 FROM vector WHERE namespace = ?)"
        return bool(connection.execute(sql, (self.namespace,)).fetchone()[0])

    def check_query_dimension(self, given: int) -> None:
        """Refuse a query vector of another embedder or dimension than those that are stored."""
        self._check_embedder(self._made_by)
        if given != self.matrix.dimension:
            raise InvalidInput(
                f"the embedding has {given} dimensions, those stored in {self._options.namespace!r} "
                f"have {self.matrix.dimension}: embed with the model that made them"
            )

    def _drop(self, connection: sqlite3.Connection, dropped: Sequence[Dropped]) -> None:
        if not dropped:
            return
        self._check_analyzer(connection)
        positions = [(position,) for position, _, _ in dropped]
        words = self.words.remove(connection, ((position, text) for position, text, _ in dropped))
        connection.executemany(
            "DELETE FROM tag WHERE namespace = ? AND tag = ? AND position = ?",
            [(self.namespace, tag, position) for position, _, tags in dropped for tag in json.loads(tags)],
        )
        connection.executemany(
            "INSERT INTO gone(namespace, position) SELECT namespace, position FROM vector WHERE position = ?", positions
        )
        connection.executemany("DELETE FROM vector WHERE position = ?", positions)
        connection.executemany("DELETE FROM pending WHERE position = ?", positions)
        connection.executemany("DELETE FROM entry WHERE position = ?", positions)
        connection.execute(
            "UPDATE namespace SET entries = entries - ?, words = words - ? WHERE number = ?",
            (len(dropped), words, self.namespace),
        )
        self._cut_gone(connection)

    def _cut_gone(self, connection: sqlite3.Connection) -> None:
        """Forget the log of gone vectors when it is long; readers then build their matrix anew."""
        # From an index, and without counting the vectors: every delete comes along here.
        first, last, entries = connection.execute(
            "SELECT (SELECT min(sequence) FROM gone WHERE namespace = ?1), "
            "(SELECT max(sequence) FROM gone WHERE namespace = ?1), entries FROM namespace WHERE number = ?1",
            (self.namespace,),
        ).fetchone()
        most = max(_GONE_BEFORE_CUT, entries // 4)
        if first is None or last - first < most:
            return
        (gone,) = connection.execute("SELECT count(*) FROM gone WHERE namespace = ?", (self.namespace,)).fetchone()
        if gone > most:
            connection.execute("DELETE FROM gone WHERE namespace = ?", (self.namespace,))
            connection.execute("UPDATE namespace SET epoch = epoch + 1 WHERE number = ?", (self.namespace,))

    def _expired(self, connection: sqlite3.Connection, now: int) -> list[Dropped]:
        return connection.execute(
            "SELECT position, text, tags FROM entry WHERE namespace = ? AND expires <= ? LIMIT ?",
            # All of them where they would count against max_entries.
            (self.namespace, now, _PURGED_PER_WRITE if self._options.max_entries is None else -1),
        ).fetchall()

    def _having_ids(
        self, connection: sqlite3.Connection, entry_ids: Iterable[str], *, alive_at: int | None = None
    ) -> list[Dropped]:
        ids = list(entry_ids)
        sql = "SELECT position, text, tags FROM entry WHERE namespace = ?"
        parameters: list[Any] = [self.namespace]
        if alive_at is not None:
            sql += " AND (expires IS NULL OR expires > ?)"
            parameters.append(alive_at)
        if len(ids) == 1:
            return connection.execute(f"{sql} AND id = ?", (*parameters, ids[0])).fetchall()
        return connection.execute(
            f"{sql} AND id IN (SELECT value FROM json_each(?))", (*parameters, json.dumps(ids))
        ).fetchall()

    def _evict(self, connection: sqlite3.Connection) -> None:
        most = self._options.max_entries
        if most is None:
            return
        (entries,) = connection.execute("SELECT entries FROM namespace WHERE number = ?", (self.namespace,)).fetchone()
        if entries > most:
            order = _ORDERS[self._options.eviction]
            self._drop(
                connection,
                connection.execute(
                    f"SELECT position, text, tags FROM entry WHERE namespace = ? ORDER BY {order} LIMIT ?",
                    (self.namespace, entries - most),
                ).fetchall(),
            )

    # -- reading -----------------------------------------------------------

    def get(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        """The entries of ``entry_ids``, in their order."""
        with self.database.reading("read") as connection:
            alive = condition(Filter(ids=entry_ids), self.namespace, self.now())
            found = {entry.id: entry for entry in self._entries(connection, alive)}
        read = {entry.id: entry for entry in self.read(list(found.values()))}
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
        if cursor is not None and not (cursor.isascii() and cursor.isdecimal()):
            raise InvalidInput(f"{cursor!r} is no cursor of a scan")
        with self.database.reading("scan") as connection:
            alive = condition(None, self.namespace, self.now())
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM {FROM} WHERE {alive.sql} AND entry.position > ? "
                "ORDER BY entry.position LIMIT ?",
                (*alive.parameters, min(int(cursor or 0), 2**62), limit + 1),
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
                "UPDATE entry SET expires = ?, ttl = ?, used = ? "
                "WHERE namespace = ? AND id = ? AND created = ? AND expires IS ?",
                [
                    (*row_of(entry, self.namespace, now)[-3:], self.namespace, entry.id, *row_of(old, 0, 0)[-4:-2])
                    for old, entry in zip(found, entries, strict=True)
                ],
            )
        self._entries_read.clear()
        return entries

    def written(self) -> None:
        """Say that this connection has written: the next view reads what has changed."""
        self._seen_version = None

    def view(self) -> None:
        """Bring what is kept in memory to the state of the file, if anybody has written since."""
        version = self.database.version()
        if version != self._seen_version:
            with self.database.reading("follow") as connection:
                self.matrix.follow(connection)
                (self._made_by,) = connection.execute(
                    "SELECT embedder FROM namespace WHERE number = ?", (self.namespace,)
                ).fetchone()
            self._entries_read.clear()
            self._seen_version = version

    def entries_at(self, positions: Sequence[int]) -> dict[int, MemoryEntry]:
        """The entries at ``positions`` that are there and have not expired; after :meth:`view`."""
        kept = self._entries_read
        missing = [position for position in positions if position not in kept]
        if missing:
            if len(kept) > _KEPT_ENTRIES:
                kept.clear()
                missing = list(positions)
            rows = self.database.connection.execute(
                f"SELECT {COLUMNS} FROM {FROM} WHERE entry.position IN (SELECT value FROM json_each(?))",
                (json.dumps(missing),),
            )
            kept.update((row[0], entry_of(row)) for row in rows)
        now = self.now()
        found = ((position, kept.get(position)) for position in positions)
        return {position: entry for position, entry in found if entry is not None and _is_alive(entry, now)}

    def admitted(self, filter: Filter) -> tuple[Positions, Positions]:
        """The rows of the matrix that ``filter`` admits, and the positions of what it admits without a vector.

        Whatever has expired is among them. Kept for the next query with the same filter, while nothing is written.
        """
        connection = self.database.connection
        if self._admitted_at != self.matrix.state or len(self._admitted) >= _KEPT_FILTERS:
            self._admitted.clear()
            self._admitted_at = self.matrix.state
        # To Python 1 equals True, and a filter by the one a filter by the other; JSON tells them apart.
        key = filter, json.dumps(filter.metadata, sort_keys=True)
        found = self._admitted.get(key)
        if found is None:
            wanted = positions_of(filter, self.namespace)
            (joined,) = connection.execute(
                f"SELECT group_concat(position) FROM ({wanted.sql})", wanted.parameters
            ).fetchone()
            positions = np.fromstring(joined or "", np.int64, sep=",")
            positions.sort()
            found = self._admitted[key] = self.matrix.rows_of(positions)
        return found

    def average_length(self, connection: sqlite3.Connection) -> tuple[int, float]:
        """How many entries there are, and how many words each has on average."""
        entries, words = connection.execute(
            "SELECT entries, words FROM namespace WHERE number = ?", (self.namespace,)
        ).fetchone()
        return entries, max(_FEWEST_TERMS, words / entries if entries else 0.0)

    def now(self) -> int:
        """The time in microseconds."""
        return int(self._clock() * 1_000_000)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    @staticmethod
    def _entries(connection: sqlite3.Connection, wanted: Condition) -> list[MemoryEntry]:
        rows = connection.execute(f"SELECT {COLUMNS} FROM {FROM} WHERE {wanted.sql}", wanted.parameters)
        return [entry_of(row) for row in rows]


def _is_alive(entry: MemoryEntry, now: int) -> bool:
    return entry.expires_at is None or microseconds(entry.expires_at) > now
