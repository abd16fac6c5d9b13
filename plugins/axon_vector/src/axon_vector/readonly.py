"""The file for those who only look: no entry changes, and nobody waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def reading_only(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection to ``file`` that sees one state of it, whatever others commit meanwhile, and cannot write.

    It works on a read-only disk too; elsewhere it may leave an empty log beside the file, which goes when a writer
    closes. It raises what SQLite raises.
    """
    connection = _opened(file)
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()  # the state is taken here
        yield connection
    finally:
        connection.close()


def _opened(file: Path) -> sqlite3.Connection:
    for settings in ("mode=ro", "mode=ro&immutable=1"):
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?{settings}", uri=True, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA cell_size_check = ON")
            connection.execute("PRAGMA schema_version").fetchone()
        except sqlite3.Error as error:
            connection.close()
            # Where SQLite cannot make the memory that a log is shared by, the file can be read if there is no log.
            shared = error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY"))
            if not shared or "immutable" in settings or _has_log(file) or not file.is_file():
                raise
        else:
            return connection
    raise AssertionError("the second way either opened the file or raised")


def _has_log(file: Path) -> bool:
    log = file.with_name(f"{file.name}-wal")
    return log.exists() and log.stat().st_size > 0
