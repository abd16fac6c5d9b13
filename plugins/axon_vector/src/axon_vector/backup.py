"""A copy of the file while it is in use: one state of it, on the disk and looked at, or none at all."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from axon.core.errors import InvalidInput, StoreConflict, StoreDamaged, StoreUnavailable
from axon_vector.database import FILE, explained
from axon_vector.readonly import reading_only
from axon_vector.schema import APPLICATION

if TYPE_CHECKING:
    from axon.spi import Progress

_PAGES_PER_STEP = 1024
_WAIT_S = 10.0

Contents = tuple[int, int, list[tuple[str, int]]]
"""Whose file it is, its format, and how many entries each namespace has."""


async def back_up(directory: Path, target: Path, *, replace: bool, progress: Progress | None) -> None:
    """Copy the file in ``directory``; see :class:`axon.spi.SupportsBackup`. A directory gets a file of the same name.

    It runs beside the thread of the store, and locks nobody out: what others commit meanwhile goes to the log.
    """
    stopped = threading.Event()
    try:
        await asyncio.to_thread(_back_up, directory / FILE, target, progress, stopped, replace=replace)
    except asyncio.CancelledError:
        stopped.set()
        raise


def _back_up(source: Path, target: Path, progress: Progress | None, stopped: threading.Event, *, replace: bool) -> None:
    file = target / FILE if target.is_dir() else target
    _check(source, file, replace=replace)
    # A name of its own for each process: two backups at once must not write into one file.
    partial = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with explained(f"copy {source} to", file, busy_timeout=_WAIT_S):
            partial.unlink(missing_ok=True)
            wanted = _copy(source, partial, progress, stopped)
            _flush(partial)
        _look_at(partial, wanted, source)
        with explained(f"copy {source} to", file, busy_timeout=_WAIT_S):
            partial.replace(file)
            _flush(file.parent)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _check(source: Path, file: Path, *, replace: bool) -> None:
    if not source.is_file():
        raise StoreUnavailable(f"there is no {source} to copy: nothing was ever stored there", sent=False)
    if not file.parent.is_dir():
        raise InvalidInput(f"there is no directory {file.parent} to put the copy into")
    if not file.exists():
        return
    if file.samefile(source):
        raise InvalidInput(f"{file} is the store itself: give another place for its copy")
    if not replace:
        raise InvalidInput(f"{file} is there already: give another name, or say that it may be replaced (--force)")
    if _is_in_use(file):
        raise StoreConflict(f"{file} is in use as a store: give another name")


def _is_in_use(file: Path) -> bool:
    log = file.with_name(f"{file.name}-wal")
    if log.exists():
        # The last one who closes takes the log away.
        with suppress(sqlite3.Error), closing(sqlite3.connect(file)) as connection:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    return log.exists()


def _copy(source: Path, partial: Path, progress: Progress | None, stopped: threading.Event) -> Contents:
    def step(_: int, remaining: int, pages: int) -> None:
        if stopped.is_set():
            raise InterruptedError("the backup was cancelled")
        if progress is not None:
            progress(pages - remaining, pages)

    copy = sqlite3.connect(partial, isolation_level=None)
    try:
        # Nobody else sees the copy before it is flushed as a whole.
        copy.execute("PRAGMA synchronous = OFF")
        copy.execute("PRAGMA journal_mode = OFF")
        with reading_only(source) as connection:
            wanted = _contents(connection)
            connection.backup(copy, pages=_PAGES_PER_STEP, progress=step)
        return wanted
    finally:
        copy.close()


def _look_at(partial: Path, wanted: Contents, source: Path) -> None:
    """Open the copy and read all of it."""
    try:
        connection = sqlite3.connect(f"{partial.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            problems = [problem for (problem,) in connection.execute("PRAGMA quick_check(1)") if problem != "ok"]
            found = _contents(connection)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        problems, found = [str(error)], wanted
    if problems or found != wanted:
        raise StoreDamaged(
            f"the copy of {source} is damaged ({problems[0] if problems else 'entries are missing'}) and was not kept: "
            "`axon doctor` says whether the store itself is"
        )


def _contents(connection: sqlite3.Connection) -> Contents:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise StoreConflict("the file to copy is no file of axon-vector")
    return application, version, connection.execute("SELECT name, entries FROM namespace ORDER BY name").fetchall()


def _flush(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # Windows has no way to open one
        return
    descriptor = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
