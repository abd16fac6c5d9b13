"""The file: opening it, transactions, and what SQLite's errors mean to a user."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from axon.core.errors import (
    StoreConflict,
    StoreCorrupt,
    StoreDamaged,
    StoreError,
    StoreFull,
    StoreTimeout,
    StoreUnavailable,
)
from axon_vector import conditions
from axon_vector.schema import APPLICATION, prepare

if TYPE_CHECKING:
    from axon_vector.options import Synchronous

FILE = "memory.sqlite3"

_PAUSE_S = 0.005

_WHAT_HELPS = (
    "nothing is answered from a damaged file: `axon doctor` says more, "
    "and a copy made by `axon backup` can take its place"
)


class Database:
    """A connection to the file in a directory, which is made if it is not there; for one thread at a time."""

    def __init__(self, directory: Path, *, synchronous: Synchronous, busy_timeout: float) -> None:
        self.file = directory / FILE
        self._busy_timeout = busy_timeout
        with self.explained("open"):
            directory.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(
                self.file, timeout=busy_timeout, isolation_level=None, check_same_thread=False
            )
            try:
                self._check()
                self._configure(synchronous)
                prepare(self.connection, str(self.file))
            except BaseException:
                self.connection.close()
                raise
        conditions.register(self.connection)

    def _configure(self, synchronous: Synchronous) -> None:
        execute = self.connection.execute
        # The space of what was deleted can be given back in small steps. Of a file with tables it would change nothing,
        # and wait for who writes to it.
        if not execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._keep_log()
        # FULL: one fsync of the log for every commit, so that an acknowledged write survives a power cut.
        execute(f"PRAGMA synchronous = {synchronous.upper()}")
        execute("PRAGMA cache_size = -32768")
        execute("PRAGMA cell_size_check = ON")

    def _keep_log(self) -> None:
        # SQLite does not wait for another process here, as it does everywhere else.
        deadline = time.monotonic() + self._busy_timeout
        while self.connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            try:
                self.connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)

    def _check(self) -> None:
        """Refuse a file that is not ours or not whole, before anything is written to it."""
        self._check_size()
        # In this order: another process may be making our tables, with the application's number in one transaction.
        (tables,) = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = self.connection.execute("PRAGMA application_id").fetchone()
        if tables and application != APPLICATION:
            raise StoreConflict(f"{self.file} is an SQLite file of something else; give another path")

    def _check_size(self) -> None:
        # SQLite reads what is missing of a last page as zeros, and throws the log of an empty file away. Where there is
        # a log the file may be behind; the size is read last, as another process may let it grow meanwhile. The file
        # must not be opened for this: closing it would drop the locks of every other connection in this process.
        logged = _size(self.file.with_name(f"{self.file.name}-wal"))
        if logged and not _size(self.file):
            raise StoreDamaged(f"{self.file} is empty, and its log beside it is not; {_WHAT_HELPS}")
        if logged:
            return
        (pages,) = self.connection.execute("PRAGMA page_count").fetchone()
        (page,) = self.connection.execute("PRAGMA page_size").fetchone()
        if not _size(self.file.with_name(f"{self.file.name}-wal")) and _size(self.file) < pages * page:
            raise StoreDamaged(f"{self.file} was cut off: it had {pages * page:,} bytes; {_WHAT_HELPS}")

    @contextmanager
    def writing(self, what: str) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing. Waits for another writer as long as the busy timeout."""
        with self.explained(what):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def not_waiting(self) -> Iterator[None]:
        """Whoever writes inside does it at once or not at all."""
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {round(self._busy_timeout * 1000)}")

    @contextmanager
    def reading(self, what: str) -> Iterator[sqlite3.Connection]:
        """One view of the file, whatever others commit meanwhile."""
        with self.explained(what):
            self.connection.execute("BEGIN")
            try:
                yield self.connection
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("COMMIT")

    def version(self) -> int:
        """A number that changes when another connection has committed."""
        (version,) = self.connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def explained(self, what: str) -> AbstractContextManager[None]:
        """Raise what SQLite raises inside as an error of ours."""
        return explained(what, self.file, busy_timeout=self._busy_timeout)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def explained(what: str, file: Path, *, busy_timeout: float) -> Iterator[None]:
    """Raise what SQLite and the operating system raise inside as an error of ours: ``cannot {what} {file}: ...``."""
    try:
        yield
    except StoreCorrupt as error:
        error.args = (f"{file}: {error}",)
        raise
    except OSError as error:
        raise StoreUnavailable(f"cannot {what} {file}: {error.strerror or error}", sent=False) from error
    except sqlite3.Error as error:
        # SQLite quotes the whole text that it cannot decode.
        unreadable = "Could not decode to UTF-8" in str(error)
        said = "a text in it is not UTF-8" if unreadable else str(error)
        raise _explanation(f"cannot {what} {file}: {said}", error, busy_timeout, damaged=unreadable) from error


def _explanation(said: str, error: sqlite3.Error, busy_timeout: float, *, damaged: bool) -> StoreError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreTimeout(
            f"{said}; another process has been writing for longer than busy_timeout = {busy_timeout:g} s", sent=False
        )
    if name.startswith("SQLITE_FULL"):
        return StoreFull(f"{said}; nothing was written: make room on the disk")
    # Nothing that we write breaks a constraint of a table that is whole.
    if damaged or name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ", "SQLITE_CONSTRAINT")):
        return StoreDamaged(f"{said}; {_WHAT_HELPS}")
    return StoreUnavailable(said, sent=not name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")))
