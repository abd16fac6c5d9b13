"""Embedding everything anew: the old vectors answer until there is a new one for every entry.

New vectors wait in the table ``pending``, by the position of their entry: a position never gets another text, so that
what is overwritten or deleted meanwhile takes its vector along, and what is new is seen to have none.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from axon.core.embedding import CachingEmbedder, identity
from axon.core.errors import StoreConflict
from axon_vector.rows import blob_of

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding
    from axon.spi import Embedder, Progress
    from axon_vector.store import Store
    from axon_vector.worker import Worker

_TEXTS_PER_CALL = 128
_PURGED_PER_STEP = 2000

Text = tuple[int, str]
"""The position of an entry, and its text."""


async def reindex(worker: Worker[Store], embedder: Embedder, progress: Progress | None) -> int:
    """Make the vectors of the store with ``embedder``; how many it made. See :class:`axon.spi.SupportsReindex`."""
    checked = embedder if isinstance(embedder, CachingEmbedder) else CachingEmbedder(embedder, size=0)
    work = _Reindex(await asyncio.to_thread(identity, checked), checked.dimension)
    await _purged(worker, work)
    done, total = await worker.run(work.begin)
    embedded = 0
    while True:
        if progress is not None:
            progress(done, max(done, total))
        texts = await worker.run(work.lacking)
        if texts:
            vectors = await checked.embed([text for _, text in texts])
            await worker.run(partial(work.keep, texts=texts, vectors=vectors))
            done, embedded = done + len(texts), embedded + len(texts)
        elif await worker.run(work.finish):
            await _purged(worker, work)
            return embedded


async def _purged(worker: Worker[Store], work: _Reindex) -> None:
    while await worker.run(work.purge):
        pass


class _Reindex:
    """The steps, each one transaction; between them the embedder works, and others read and write."""

    def __init__(self, target: str, dimension: int) -> None:
        self._target = target
        self._dimension = dimension
        self._seen = 0

    def purge(self, store: Store) -> bool:
        """Delete some vectors that nobody waits for: of another target, or replaced ones; whether there may be more."""
        with store.database.writing("reindex") as connection:
            connection.execute(
                "UPDATE namespace SET target = NULL WHERE number = ? AND target <> ?", (store.namespace, self._target)
            )
            deleted = connection.execute(
                "DELETE FROM pending WHERE position IN (SELECT position FROM pending WHERE namespace NOT IN "
                "(SELECT number FROM namespace WHERE target IS NOT NULL) LIMIT ?)",
                (_PURGED_PER_STEP,),
            ).rowcount
        return deleted == _PURGED_PER_STEP

    def begin(self, store: Store) -> tuple[int, int]:
        """Go on where another run for this target stopped, or start; how many have a vector, of how many."""
        with store.database.writing("reindex") as connection:
            connection.execute("UPDATE namespace SET target = ? WHERE number = ?", (self._target, store.namespace))
            stored, entries = connection.execute(
                "SELECT embedder, entries FROM namespace WHERE number = ?", (store.namespace,)
            ).fetchone()
            number = _Lacking(store, everything=stored != self._target).count(connection)
        return max(0, entries - number), max(entries, number)

    def lacking(self, store: Store) -> list[Text]:
        """The next entries without a vector of the target."""
        with store.database.reading("reindex") as connection:
            if not self._is_under_way(store, connection):
                return []
            everything = _state(store, connection)[0] != self._target
            return _Lacking(store, everything=everything).after(connection, self._seen, _TEXTS_PER_CALL)

    def keep(self, store: Store, *, texts: Sequence[Text], vectors: Sequence[Embedding]) -> None:
        """Keep the vectors of those that are still there."""
        with store.database.writing("reindex") as connection:
            if self._is_under_way(store, connection):
                connection.executemany(
                    "INSERT OR REPLACE INTO pending SELECT position, namespace, ? FROM entry WHERE position = ?",
                    [(blob_of(vector), position) for (position, _), vector in zip(texts, vectors, strict=True)],
                )
        self._seen = texts[-1][0]

    def finish(self, store: Store) -> bool:
        """Put the new vectors in the place of the old ones, unless an entry has none; whether it is done."""
        with store.database.writing("reindex") as connection:
            if not self._is_under_way(store, connection):
                return True
            everything = _state(store, connection)[0] != self._target
            if _Lacking(store, everything=everything).after(connection, 0, 1):
                self._seen = 0
                return False
            if everything and _is_smaller_to_exchange(store, connection):
                _exchange(store, connection)
            else:
                _copy(store, connection, everything=everything)
            connection.execute("DELETE FROM gone WHERE namespace = ?", (store.namespace,))
            # Another epoch: every reader builds its matrix anew, this process and the others.
            connection.execute(
                "UPDATE namespace SET embedder = ?1, target = NULL, epoch = epoch + 1, "
                "dimension = CASE WHEN EXISTS(SELECT 1 FROM vector WHERE namespace = ?3) THEN ?2 END WHERE number = ?3",
                (self._target, self._dimension, store.namespace),
            )
        store.written()
        return True

    def _is_under_way(self, store: Store, connection: sqlite3.Connection) -> bool:
        """Whether there is something left to do: another process may have done it."""
        stored, target = _state(store, connection)
        if target is None and stored == self._target:
            return False
        if target != self._target:
            raise StoreConflict(
                f"{store.database.file} is embedded anew with {target or stored} by another process, and here with "
                f"{self._target}: agree on one of them, and run `axon reindex` with it again"
            )
        return True


def _is_smaller_to_exchange(store: Store, connection: sqlite3.Connection) -> bool:
    """Whether the other namespaces have fewer vectors than this one, and none that wait as ours do."""
    ours, others = connection.execute(
        "SELECT sum(entries) FILTER (WHERE number = ?1), sum(entries) FILTER (WHERE number <> ?1 AND dimension > 0) "
        "FROM namespace",
        (store.namespace,),
    ).fetchone()
    waiting = connection.execute("SELECT 1 FROM pending WHERE namespace <> ? LIMIT 1", (store.namespace,)).fetchone()
    return ours > (others or 0) and waiting is None


def _exchange(store: Store, connection: sqlite3.Connection) -> None:
    """Let the two tables change their names, which takes no time; what is then in ``pending`` is purged at leisure."""
    connection.execute("INSERT INTO pending SELECT * FROM vector WHERE namespace <> ?", (store.namespace,))
    for old, new in (("vector", "replaced"), ("pending", "vector"), ("replaced", "pending")):
        connection.execute(f"ALTER TABLE {old} RENAME TO {new}")


def _copy(store: Store, connection: sqlite3.Connection, *, everything: bool) -> None:
    if everything:
        connection.execute("DELETE FROM vector WHERE namespace = ?", (store.namespace,))
    connection.execute(
        "INSERT OR REPLACE INTO vector SELECT * FROM pending WHERE namespace = ? ORDER BY position", (store.namespace,)
    )


class _Lacking:
    """The living entries without a new vector; ``everything`` says that the old ones are of another embedder."""

    def __init__(self, store: Store, *, everything: bool) -> None:
        # The + keeps SQLite from an index that has not the order of the positions.
        self._where = (
            "FROM entry WHERE +namespace = ? AND (expires IS NULL OR expires > ?) "
            "AND NOT EXISTS (SELECT 1 FROM pending WHERE pending.position = entry.position)"
        )
        if not everything:
            self._where += " AND NOT EXISTS (SELECT 1 FROM vector WHERE vector.position = entry.position)"
        self._parameters = (store.namespace, store.now())

    def count(self, connection: sqlite3.Connection) -> int:
        (count,) = connection.execute(f"SELECT count(*) {self._where}", self._parameters).fetchone()
        return int(count)

    def after(self, connection: sqlite3.Connection, position: int, limit: int) -> list[Text]:
        return connection.execute(
            f"SELECT position, text {self._where} AND position > ? ORDER BY position LIMIT ?",
            (*self._parameters, position, limit),
        ).fetchall()


def _state(store: Store, connection: sqlite3.Connection) -> tuple[str | None, str | None]:
    """The embedder of the vectors, and that of those in ``pending``."""
    stored, target = connection.execute(
        "SELECT embedder, target FROM namespace WHERE number = ?", (store.namespace,)
    ).fetchone()
    return stored, target
