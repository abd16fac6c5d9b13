"""Changes of one namespace, inside the transaction of the caller: rows, words, tags and vectors go together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from axon.core.errors import InvalidInput, StoreConflict, StoreDamaged
from axon.spi import MemoryEntry
from axon_vector.rows import blob_of, row_of
from axon_vector.words import ANALYSIS, WordIndex

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon_vector.options import VectorOptions

_PURGED_PER_WRITE = 2000
_GONE_BEFORE_CUT = 1000

_ORDERS = {
    "oldest": "created, id",
    "lru": "used, created",
    "importance": "importance, created",
    "ttl": "expires IS NULL, expires, created",
}

Dropped = tuple[int, str, str]
"""Position, text and tags of an entry that is to go."""


class Writer:
    """What a store does to its namespace; ``file`` is named in errors."""

    def __init__(self, options: VectorOptions, analyzer: Analyzer, *, file: object) -> None:
        self._options = options
        self._analyzer = analyzer
        self._file = file
        self._analyzed = f"{options.language}:{ANALYSIS}"
        self.namespace: int
        """Its number in the file, from when it was found."""
        self.words: WordIndex
        """Its word index, likewise."""

    def find(self, connection: sqlite3.Connection) -> bool:
        """Find the namespace; whether it has all that it needs: who only reads does not wait for a writer then."""
        row = connection.execute(
            "SELECT number, analyzer, embedder FROM namespace WHERE name = ?", (self._options.namespace,)
        ).fetchone()
        if row is None:
            return False
        number, analyzed, embedder = row
        self.namespace = int(number)
        self.words = WordIndex(self.namespace, self._analyzer)
        self.check_embedder(embedder)
        indexes = {name for (_, name, *_) in connection.execute("PRAGMA index_list(entry)")}
        needed = set() if self._options.max_entries is None else {f"entry_{self._options.eviction}"}
        return analyzed == self._analyzed and needed <= indexes

    def make_ready(self, connection: sqlite3.Connection) -> None:
        """Make what :meth:`find` misses."""
        connection.execute("INSERT OR IGNORE INTO namespace(name, analyzer) VALUES (?, '')", (self._options.namespace,))
        if self.find(connection):
            return
        (analyzed,) = connection.execute(
            "SELECT analyzer FROM namespace WHERE number = ?", (self.namespace,)
        ).fetchone()
        if analyzed != self._analyzed:
            self._index_words(connection)
        if self._options.max_entries is not None:
            eviction = self._options.eviction
            connection.execute(f"CREATE INDEX IF NOT EXISTS entry_{eviction} ON entry(namespace, {_ORDERS[eviction]})")

    def insert(self, connection: sqlite3.Connection, entries: Sequence[MemoryEntry], now: int) -> None:
        """Insert entries, of which no id is there; ``now`` is when they were used last."""
        if not entries:
            return
        self._check_analyzer(connection)
        (last,) = connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'entry'"
        ).fetchone()
        placed = list(enumerate(entries, start=last + 1))
        namespace = self.namespace
        connection.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(position, *row_of(entry, namespace, now)) for position, entry in placed],
        )
        connection.executemany(
            "INSERT INTO tag VALUES (?, ?, ?)",
            [(namespace, tag, position) for position, entry in placed for tag in entry.tags],
        )
        connection.executemany(
            "INSERT INTO vector VALUES (?, ?, ?)",
            [
                (position, namespace, blob_of(entry.embedding))
                for position, entry in placed
                if entry.embedding is not None
            ],
        )
        words = self.words.add(connection, ((position, entry.text) for position, entry in placed))
        connection.execute(
            "UPDATE namespace SET entries = entries + ?, words = words + ? WHERE number = ?",
            (len(placed), words, namespace),
        )

    def drop(self, connection: sqlite3.Connection, dropped: Sequence[Dropped]) -> None:
        """Delete entries with all that belongs to them."""
        if not dropped:
            return
        self._check_analyzer(connection)
        positions = [(position,) for position, _, _ in dropped]
        words = self.words.remove(connection, ((position, text) for position, text, _ in dropped))
        connection.executemany(
            "DELETE FROM tag WHERE namespace = ? AND tag = ? AND position = ?",
            [(self.namespace, tag, position) for position, _, tags in dropped for tag in self._tags(tags)],
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
        self._tidy(connection)

    def has_expired(self, connection: sqlite3.Connection, now: int) -> bool:
        """Whether there is anything to purge: quick."""
        sql = "SELECT EXISTS (SELECT 1 FROM entry WHERE namespace = ? AND expires <= ?)"
        return bool(connection.execute(sql, (self.namespace, now)).fetchone()[0])

    def expired(self, connection: sqlite3.Connection, now: int) -> list[Dropped]:
        """What has expired, some thousands of it at the most."""
        return connection.execute(
            "SELECT position, text, tags FROM entry WHERE namespace = ? AND expires <= ? LIMIT ?",
            # All of them where they would count against max_entries.
            (self.namespace, now, _PURGED_PER_WRITE if self._options.max_entries is None else -1),
        ).fetchall()

    def having_ids(
        self, connection: sqlite3.Connection, entry_ids: Iterable[str], *, alive_at: int | None = None
    ) -> list[Dropped]:
        """The entries of these ids; only what has not expired ``alive_at``, if that is given."""
        sql = "SELECT position, text, tags FROM entry WHERE namespace = ? AND id IN (SELECT value FROM json_each(?))"
        parameters: list[Any] = [self.namespace, json.dumps(list(entry_ids))]
        if alive_at is not None:
            sql += " AND (expires IS NULL OR expires > ?)"
            parameters.append(alive_at)
        return connection.execute(sql, parameters).fetchall()

    def evict(self, connection: sqlite3.Connection) -> None:
        """Delete what there is more of than ``max_entries``."""
        most = self._options.max_entries
        if most is None:
            return
        (entries,) = connection.execute("SELECT entries FROM namespace WHERE number = ?", (self.namespace,)).fetchone()
        if entries > most:
            order = _ORDERS[self._options.eviction]
            self.drop(
                connection,
                connection.execute(
                    f"SELECT position, text, tags FROM entry WHERE namespace = ? ORDER BY {order} LIMIT ?",
                    (self.namespace, entries - most),
                ).fetchall(),
            )

    def clear(self, connection: sqlite3.Connection) -> None:
        """Delete every entry, and what is known of them."""
        for table in ("tag", "vector", "pending", "gone", "entry"):
            connection.execute(f"DELETE FROM {table} WHERE namespace = ?", (self.namespace,))
        self.words.create(connection)
        connection.execute(
            "UPDATE namespace SET entries = 0, words = 0, dimension = NULL, embedder = NULL, epoch = epoch + 1 "
            "WHERE number = ?",
            (self.namespace,),
        )

    def check_dimensions(self, connection: sqlite3.Connection, entries: Sequence[MemoryEntry]) -> None:
        """Refuse embeddings of another embedder or dimension; the first ones say which."""
        given = {len(entry.embedding) for entry in entries if entry.embedding is not None}
        if not given:
            return
        embedder, stored = connection.execute(
            "SELECT embedder, dimension FROM namespace WHERE number = ?", (self.namespace,)
        ).fetchone()
        self.check_embedder(embedder)
        if stored is not None and embedder != self._options.embedder and self._has_vectors(connection):
            self._refuse_mixing(embedder)
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

    def _refuse_mixing(self, stored: str | None) -> NoReturn:
        there = f"made by the embedder {stored}" if stored else "handed in by an application"
        given = f"{self._options.embedder} is configured" if self._options.embedder else "these are handed in by hand"
        raise StoreConflict(
            f"the vectors of {self._options.namespace!r} in {self._file} were {there}, and {given}: nobody knows "
            "whether they can be compared. Configure the same embedder, or run `axon reindex` to embed all anew"
        )

    def check_embedder(self, stored: str | None) -> None:
        """Refuse an embedder that did not make what is stored."""
        given = self._options.embedder
        if given is not None and stored is not None and given != stored:
            raise StoreConflict(
                f"the vectors of {self._options.namespace!r} in {self._file} were made by the embedder "
                f"{stored}, and {given} is configured: their vectors cannot be compared. Configure {stored} again, "
                "or run `axon reindex` to embed everything anew"
            )

    def _check_analyzer(self, connection: sqlite3.Connection) -> None:
        """Refuse to write when another process has opened the namespace with a language of its own since."""
        (found,) = connection.execute("SELECT analyzer FROM namespace WHERE number = ?", (self.namespace,)).fetchone()
        if found != self._analyzed:
            raise StoreConflict(
                f"the words of {self._options.namespace!r} in {self._file} were indexed anew for {found}, and "
                f"this process indexes for {self._analyzed}: configure one language, and one version of Axon"
            )

    def _index_words(self, connection: sqlite3.Connection) -> None:
        self.words.create(connection)
        texts = connection.execute("SELECT position, text FROM entry WHERE namespace = ?", (self.namespace,)).fetchall()
        words = self.words.add(connection, texts)
        connection.execute(
            "UPDATE namespace SET analyzer = ?, words = ? WHERE number = ?", (self._analyzed, words, self.namespace)
        )

    def _tidy(self, connection: sqlite3.Connection) -> None:
        """Forget what is left of entries that are gone, where nothing else is there any more or it has become much."""
        # From an index, and without counting the vectors: every delete comes along here.
        first, last, entries = connection.execute(
            "SELECT (SELECT min(sequence) FROM gone WHERE namespace = ?1), "
            "(SELECT max(sequence) FROM gone WHERE namespace = ?1), entries FROM namespace WHERE number = ?1",
            (self.namespace,),
        ).fetchone()
        if not entries:
            self.words.clear(connection)
        most = max(_GONE_BEFORE_CUT, entries // 4) if entries else 0
        if first is None or last - first < most:
            return
        (gone,) = connection.execute("SELECT count(*) FROM gone WHERE namespace = ?", (self.namespace,)).fetchone()
        if gone > most:
            # Readers then build their matrix anew.
            connection.execute("DELETE FROM gone WHERE namespace = ?", (self.namespace,))
            connection.execute("UPDATE namespace SET epoch = epoch + 1 WHERE number = ?", (self.namespace,))

    def _tags(self, tags: str) -> list[str]:
        try:
            return list(json.loads(tags))
        except ValueError:
            raise StoreDamaged(f"{self._file} holds an entry whose tags cannot be read: see `axon doctor`") from None
