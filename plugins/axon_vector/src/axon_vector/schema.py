"""The tables, and how a file of an older format becomes one of this format."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import NoReturn

from axon.core.errors import StoreUnsupported

FORMAT = 1
"""The version of the format, kept in ``PRAGMA user_version``."""

APPLICATION = 0x41786F6E
"""``Axon`` in ASCII: the ``PRAGMA application_id`` of our files."""

_TABLES = """
CREATE TABLE namespace(
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    analyzer TEXT NOT NULL,              -- what made the words: a language and a version
    embedder TEXT,                       -- what made the vectors; NULL: whoever handed them in
    target TEXT,                         -- what makes those in pending; NULL: nothing is embedded anew
    dimension INTEGER,                   -- of all vectors; NULL: there are none yet
    entries INTEGER NOT NULL DEFAULT 0,
    words INTEGER NOT NULL DEFAULT 0,    -- the lengths of all texts
    epoch INTEGER NOT NULL DEFAULT 0     -- grows when the log of gone vectors is cut off
);
CREATE TABLE entry(
    position INTEGER PRIMARY KEY AUTOINCREMENT,  -- only grows: what follows a scan or a reader is above it
    namespace INTEGER NOT NULL REFERENCES namespace,
    id TEXT NOT NULL,
    text TEXT NOT NULL,
    tags TEXT NOT NULL,                  -- JSON, sorted
    user_id TEXT,
    session_id TEXT,
    importance REAL NOT NULL,
    metadata TEXT NOT NULL,              -- JSON
    created INTEGER NOT NULL,            -- microseconds since 1970, UTC, as are the next two
    expires INTEGER,
    ttl INTEGER,
    used INTEGER NOT NULL,               -- when it was read last, where the eviction asks for it
    checksum INTEGER NOT NULL,           -- CRC-32 of what was written, from id to ttl
    UNIQUE(namespace, id)
);
CREATE INDEX entry_user ON entry(namespace, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX entry_session ON entry(namespace, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX entry_expires ON entry(namespace, expires) WHERE expires IS NOT NULL;
CREATE TABLE tag(
    namespace INTEGER NOT NULL,
    tag TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY(namespace, tag, position)
) WITHOUT ROWID;
CREATE TABLE vector(
    position INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    embedding BLOB NOT NULL              -- float32, as it came, and their CRC-32
);
CREATE TABLE pending(                    -- vectors of another embedder, until there is one for every entry
    position INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    embedding BLOB NOT NULL
);
CREATE TABLE gone(                       -- vectors that readers have to drop from their memory
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace INTEGER NOT NULL,
    position INTEGER NOT NULL
);
CREATE INDEX gone_namespace ON gone(namespace);
"""

_MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}
"""From each older format, the step to the next one."""


def prepare(connection: sqlite3.Connection, file: str) -> None:
    """Create the tables in a new file, or bring an older one up to this format, in one transaction."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found == FORMAT:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            _create(connection, file)
        elif found > FORMAT:
            _refuse(file, found)
        else:
            for step in range(found, FORMAT):
                _MIGRATIONS[step](connection)
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _refuse(file: str, found: int) -> NoReturn:
    raise StoreUnsupported(
        f"{file} has format {found}, and this axon-vector reads up to {FORMAT}: pip install --upgrade axon-vector"
    )


def _create(connection: sqlite3.Connection, file: str) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
        raise StoreUnsupported(f"{file} is an SQLite file of something else; give another path")
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")


def words_table(namespace: int) -> str:
    """The full-text table of a namespace: one each, so that a word's frequency is that of the namespace."""
    return f"words_{namespace}"


def create_words(connection: sqlite3.Connection, namespace: int) -> None:
    """Create the full-text table of a namespace, empty: for the tokens of :mod:`axon_vector.words`, not for text."""
    table = words_table(namespace)
    connection.execute(f"DROP TABLE IF EXISTS {table}_terms")
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(
        f"CREATE VIRTUAL TABLE {table} USING fts5(tokens, content='', detail=full, "
        "tokenize=\"ascii tokenchars '_:/@#=+%&~.-'\")"
    )
    connection.execute(f"CREATE VIRTUAL TABLE {table}_terms USING fts5vocab({table}, row)")
