"""What is kept in memory of a namespace, and brought up to date when anybody has written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from axon.spi import Filter, MemoryEntry
from axon_vector.conditions import positions_of
from axon_vector.matrix import Matrix
from axon_vector.postings import Postings
from axon_vector.rows import COLUMNS, FROM, entry_of

if TYPE_CHECKING:
    from axon_vector.database import Database
    from axon_vector.matrix import Positions

_KEPT_FILTERS = 16
_KEPT_ENTRIES = 4096
_FEW = 1000


@frozen
class Admitted:
    """What a filter admits, expired or not; all ascending."""

    positions: Positions
    rows: Positions
    """The rows of the matrix."""
    others: Positions
    """The positions of what has no vector."""
    last: int
    """The last position that was looked at: what a filter says of an entry never changes, so only more follow."""
    state: int
    """As of which this is."""


class Kept:
    """The vectors, the lengths of texts, the entries that were read last, and what the last filters admit."""

    def __init__(self, database: Database, namespace: int, *, eight_bits: bool) -> None:
        self._database = database
        self._namespace = namespace
        self.matrix = Matrix(namespace, eight_bits=eight_bits)
        self.embedder: str | None = None
        """What made the vectors."""
        self._version: int | None = None
        self._version_of_vectors: int | None = None
        self._state = 0
        """Grows when something was taken in."""
        self._entries: dict[int, MemoryEntry] = {}
        self._admitted: dict[tuple[Filter, str], Admitted] = {}
        self.postings = Postings(database, namespace)

    @property
    def places(self) -> int:
        """How many places are taken in memory: by vectors, also masked ones, by entries and by filters."""
        return self.matrix.places + self.postings.lengths.places + len(self._entries) + len(self._admitted)

    def written(self) -> None:
        """This connection has written, of which :meth:`follow` would not know."""
        self._version = self._version_of_vectors = None

    def forget_entries(self) -> None:
        """Entries were changed in their places."""
        self._entries.clear()

    def is_current(self) -> bool:
        """Whether nobody has written since the last :meth:`follow`, of vectors too."""
        return self._database.version() == self._version == self._version_of_vectors

    def follow(self, *, vectors: bool = True) -> None:
        """Take in what was written, or all but ``vectors``; inside a transaction, so that it is one state."""
        version, connection = self._database.version(), self._database.connection
        if vectors and version != self._version_of_vectors:
            self.matrix.follow(connection)
            self._version_of_vectors = version
            self._state += 1
        if version != self._version:
            self.embedder, entries = connection.execute(
                "SELECT embedder, entries FROM namespace WHERE number = ?", (self._namespace,)
            ).fetchone()
            self.postings.lengths.trim(entries)
            if not entries:
                self._admitted.clear()
            self._entries.clear()
            self._version = version
            self._state += 1

    def entries_at(self, positions: Sequence[int]) -> dict[int, MemoryEntry]:
        """The entries at ``positions``, expired or not."""
        missing = [position for position in positions if position not in self._entries]
        if missing:
            rows = self._database.connection.execute(
                f"SELECT {COLUMNS} FROM {FROM} WHERE entry.position IN (SELECT value FROM json_each(?))",
                (json.dumps(missing),),
            )
            self._entries.update((row[0], entry_of(row)) for row in rows)
        found = {position: self._entries[position] for position in positions if position in self._entries}
        if len(self._entries) > _KEPT_ENTRIES:
            self._entries.clear()
        return found

    def known_to_admit(self, filter: Filter) -> int | None:
        """How many rows ``filter`` admits, if that is known already."""
        found = self._admitted.get(_key(filter))
        return None if found is None or found.state != self._state else len(found.rows)

    def admitted(self, filter: Filter) -> Admitted:
        """What ``filter`` admits. Of the last filters it is known what they admitted before."""
        key = _key(filter)
        found = self._admitted.pop(key, None)  # to stand last again
        if found is None or found.state != self._state:
            found = self._looked_up(filter, found)
        self._admitted[key] = found
        if len(self._admitted) > _KEPT_FILTERS:
            del self._admitted[next(iter(self._admitted))]
        return found

    def _looked_up(self, filter: Filter, before: Admitted | None) -> Admitted:
        """What ``filter`` admits now, of which it is known what it admitted ``before``."""
        positions, last = self._positions(filter, after=0 if before is None else before.last)
        if before is not None:
            positions = np.concatenate([before.positions, positions])
        rows, others = self.matrix.rows_of(positions)
        if before is not None:
            if len(others) > _FEW:  # to look at each would take longer than to begin anew
                return self._looked_up(filter, None)
            others = self._there(others)
            positions = np.union1d(self.matrix.positions(rows), others)
        return Admitted(positions, rows, others, last=last, state=self._state)

    def _positions(self, filter: Filter, *, after: int) -> tuple[Positions, int]:
        """What ``filter`` admits above the position ``after``, and the last position that there is, or ``after``."""
        wanted = positions_of(filter, self._namespace, after=after)
        joined, last = self._database.connection.execute(
            f"SELECT group_concat(position), (SELECT max(position) FROM entry) FROM ({wanted.sql})", wanted.parameters
        ).fetchone()
        positions = np.fromstring(joined or "", np.int64, sep=",")
        positions.sort()
        return positions, max(after, last or 0)

    def _there(self, positions: Positions) -> Positions:
        """Those of ``positions`` at which there is an entry."""
        if not len(positions):
            return positions
        rows = self._database.connection.execute(
            "SELECT position FROM entry WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position",
            (json.dumps(positions.tolist()),),
        ).fetchall()
        return np.array([position for (position,) in rows], np.int64)


def _key(filter: Filter) -> tuple[Filter, str]:
    # To Python 1 equals True, and a filter by the one a filter by the other; JSON tells them apart.
    return filter, json.dumps(filter.metadata, sort_keys=True)
