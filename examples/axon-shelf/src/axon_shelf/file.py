"""The file: a connection that opens at the first call, and SQLite's errors in the words of Axon."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from axon.core.errors import StoreDamaged, StoreError, StoreFull, StoreUnavailable

_TABLE = """
create table if not exists entries (namespace text, id text, expires real, body text, primary key (namespace, id));
create index if not exists entries_by_end on entries (expires);
"""


class File:
    """An SQLite file that several processes may use."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for a statement that reads."""
        try:
            yield self._open()
        except sqlite3.Error as error:
            raise _explained(error, self._path) from error

    @contextmanager
    def writing(self, now: float) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction, of which all is done or nothing; what expired before ``now`` is gone."""
        with self.reading() as connection, connection:
            connection.execute("begin immediate")
            connection.execute("delete from entries where expires <= ?", [now])
            yield connection

    def close(self) -> None:
        """Close the connection; the next call makes another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # 30 s while another process writes. Loops may run in other threads than the one that made the adapter.
            self._connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
            try:
                with suppress(sqlite3.OperationalError):  # another process has the new file right now, and does it
                    self._connection.execute("pragma journal_mode = wal")
                self._connection.executescript(_TABLE)
            except BaseException:
                self.close()
                raise
        return self._connection


def _explained(error: sqlite3.Error, path: str) -> StoreError:
    sentence = f"{path}: {error}"
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:
        case sqlite3.SQLITE_FULL:
            return StoreFull(sentence)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreDamaged(f"{sentence}; put a copy of it in its place")
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_BUSY | sqlite3.SQLITE_READONLY:
            return StoreUnavailable(sentence, sent=False)
        case _:
            return StoreUnavailable(sentence, sent=True)
