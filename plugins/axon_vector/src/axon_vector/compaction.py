"""Giving the space of what was deleted back to the disk, in steps between which others read and write."""

from __future__ import annotations

import sqlite3
from functools import partial
from typing import TYPE_CHECKING

from axon_vector.schema import words_table

if TYPE_CHECKING:
    from axon.spi import Progress
    from axon_vector.store import Store
    from axon_vector.worker import Worker

_PAGES_PER_STEP = 500


async def compact(worker: Worker[Store], progress: Progress | None) -> int:
    """Merge the word index and cut free pages off the file; how many bytes that gave back."""
    before = await worker.run(_size)
    start = True
    while await worker.run(partial(_merge, start=start)):
        start = False
    left = free = await worker.run(_free)
    while left:
        if progress is not None:
            progress(max(0, free - left), free)
        await worker.run(_shorten)
        remaining = await worker.run(_free)
        if remaining >= left:  # others delete as fast as this gives back; the next call goes on
            break
        left = remaining
    return max(0, before - await worker.run(_flushed_size))


def _merge(store: Store, *, start: bool) -> bool:
    """Merge segments of the word index, which drops the words of deleted texts; whether there is more to merge."""
    table = words_table(store.namespace)
    with store.database.writing("compact") as connection:
        before = connection.total_changes
        connection.execute(
            f"INSERT INTO {table}({table}, rank) VALUES ('merge', ?)",
            # Negative: all segments are to become one, also those that are merged already.
            (-_PAGES_PER_STEP if start else _PAGES_PER_STEP,),
        )
        # The statement itself counts as one; how FTS5 says that it had nothing to do.
        return connection.total_changes - before >= 2


def _shorten(store: Store) -> None:
    with store.database.writing("compact") as connection:
        for _ in range(_PAGES_PER_STEP):
            connection.execute("PRAGMA incremental_vacuum(1)")


def _free(store: Store) -> int:
    with store.database.explained("compact"):
        return _number(store.database.connection, "freelist_count")


def _size(store: Store) -> int:
    with store.database.explained("compact"):
        connection = store.database.connection
        return _number(connection, "page_count") * _number(connection, "page_size")


def _flushed_size(store: Store) -> int:
    """The size, after the log was written into the file as far as readers let it."""
    with store.database.explained("compact"):
        store.database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return _size(store)


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (number,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(number)
