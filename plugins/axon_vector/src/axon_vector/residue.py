"""How much a namespace keeps: rows of the file, and what is in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon_vector.schema import words_table

if TYPE_CHECKING:
    from axon_vector.store import Store

_TABLES = ("entry", "tag", "vector", "pending", "gone")
_FIRST_OF_SEGMENTS = 11
"""In the data of FTS5 lower numbers are a row for the averages and one for the structure, which are always there."""


def residue(store: Store) -> int:
    """The rows of the namespace in every table, with the pages of its word index, and the places taken in memory."""
    store.purge_all()
    store.view()
    words = words_table(store.namespace)
    with store.database.reading("count in") as connection:
        counted = [
            *(
                connection.execute(f"SELECT count(*) FROM {table} WHERE namespace = ?", (store.namespace,))
                for table in _TABLES
            ),
            *(connection.execute(f"SELECT count(*) FROM {words}_{part}") for part in ("docsize", "idx")),
            connection.execute(f"SELECT count(*) FROM {words}_data WHERE id >= ?", (_FIRST_OF_SEGMENTS,)),
        ]
        rows = sum(int(cursor.fetchone()[0]) for cursor in counted)
    return rows + store.kept.places
