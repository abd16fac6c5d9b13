"""How many words the texts of a namespace have, in memory: read as they come, and when a query by words needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from axon.core.errors import StoreDamaged
from axon_vector.schema import words_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from axon_vector.database import Database
    from axon_vector.matrix import Positions

_FEW = 1000
_PLACES = np.array([1 << 21, 1 << 14, 1 << 7, 1])


class Lengths:
    """Lengths by position, 12 bytes a text: FTS5 has them in a table of its own.

    A position never gets another text, and positions only grow: what follows the last one is all that is new. What is
    gone stays until it is more than what is there.
    """

    def __init__(self, database: Database, namespace: int) -> None:
        self._database = database
        self._table = f"{words_table(namespace)}_docsize"
        self._forget()

    def _forget(self) -> None:
        self._positions: Positions = np.empty(0, np.int64)
        self._lengths: NDArray[np.int32] = np.empty(0, np.int32)

    @property
    def places(self) -> int:
        """How many texts are known, also such as are gone."""
        return len(self._positions)

    def trim(self, entries: int) -> None:
        """Forget all, to be read again, where most of it is gone: there are so many ``entries``."""
        if len(self._positions) > (2 * entries + _FEW if entries else 0):
            self._forget()

    def of(self, positions: Positions) -> Any:
        """The lengths of the texts at ``positions`` (ascending); inside a transaction."""
        self._follow()
        places = np.searchsorted(self._positions, positions)
        if len(positions) and (
            places[-1] == len(self._positions) or not np.array_equal(self._positions[places], positions)
        ):
            self._refuse()
        return self._lengths[places]

    def _refuse(self) -> NoReturn:
        raise StoreDamaged(f"{self._database.file}: the word index has texts of unknown length; see `axon doctor`")

    def _follow(self) -> None:
        last = int(self._positions[-1]) if len(self._positions) else 0
        # A length is a number of SQLite's own kind: seven bits a byte, the highest first.
        positions, lengths, others = self._database.connection.execute(
            "SELECT group_concat(id), group_concat(substr('00000000' || hex(sz), -8), ''), "
            "sum(typeof(sz) <> 'blob' OR length(sz) NOT BETWEEN 1 AND 4) "
            f"FROM (SELECT id, sz FROM {self._table} WHERE id > ? ORDER BY id)",
            (last,),
        ).fetchone()
        if others:
            self._refuse()
        if positions is not None:
            digits = np.frombuffer(bytes.fromhex(lengths), np.uint8).reshape(-1, len(_PLACES)) & 0x7F
            self._positions = np.concatenate([self._positions, np.fromstring(positions, np.int64, sep=",")])
            self._lengths = np.concatenate([self._lengths, (digits @ _PLACES).astype(np.int32)])
