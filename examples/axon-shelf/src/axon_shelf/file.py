"""The file: a connection that opens at the first call, and SQLite's errors in the words of Axon."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from axon.core.errors import StoreDamaged, StoreError, StoreFull, StoreUnavailable

_PATIENCE_S = 30.0
"""How long to wait while another process writes."""
_TABLE = """
create table if not exists entries (
    place integer primary key, namespace text not null, id text not null, user_id text, session_id text,
    tags text not null, importance real not null, expires real, body text not null, unique (namespace, id)
)
"""
_BY_END = "create index if not exists entries_by_end on entries (expires) where expires is not null"


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
        with self.reading() as connection:
            connection.execute("begin immediate")
            try:
                connection.execute("delete from entries where expires <= ?", [now])
                yield connection
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("rollback")
                raise

    def close(self) -> None:
        """Close the connection; the next call makes another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # A loop may run in another thread than the one that made the adapter, and one after the other in several.
            connection = sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
            try:
                _keep_log(connection)
                connection.execute(_TABLE)
                connection.execute(_BY_END)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection


def _keep_log(connection: sqlite3.Connection) -> None:
    """Write to a log, so that who reads does not wait for who writes."""
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError:  # it does not wait by itself here, where several open a new file at once
            if time.monotonic() > end:
                raise
            time.sleep(0.005)
        else:
            return


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
