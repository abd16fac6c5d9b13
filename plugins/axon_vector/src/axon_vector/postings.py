"""Who has a word: the texts that fit a query best, of all that the word index of a namespace leads to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from axon.ranking import bm25
from axon_vector.lengths import Lengths
from axon_vector.schema import words_table
from axon_vector.words import token

if TYPE_CHECKING:
    from axon_vector.database import Database
    from axon_vector.matrix import Positions

_LARGE = 10_000
_COMMON = 4
"""A word is common from one text in so many on."""
_NOISE = 1e-9


class Postings:
    """Reads the word index: FTS5 lists in which texts a word stands, numpy adds up what it weighs in each."""

    def __init__(self, database: Database, namespace: int) -> None:
        self._database = database
        self._words = words_table(namespace)
        self._table = f"temp.{self._words}_postings"
        self.lengths = Lengths(database, namespace)

    def best(
        self,
        weights: Mapping[str, float],
        frequencies: Mapping[str, int],
        limit: int,
        *,
        enough: int,
        documents: int,
        average_length: float,
        admitted: Positions | None,
        without: Positions,
    ) -> list[int]:
        """The positions of the ``limit`` texts that fit best, of which ``enough`` are asked for.

        Of those at ``admitted`` (``None``: all), ``without`` some; both ascending. Of a large index most would have to
        be read to find the words that every other text holds, for next to no weight: there they bring up nobody, as
        long as rarer words bring up enough.
        """
        known = {word for word, count in frequencies.items() if count}
        telling = known
        if documents > _LARGE:
            telling = {word for word in known if frequencies[word] * _COMMON <= documents}
        self._database.connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._table} USING fts5vocab(main, {self._words}, instance)"
        )
        while True:
            listed = {word: _left(self._listed(word), admitted, without) for word in weights if word in telling}
            positions = _different(np.concatenate([np.empty(0, np.int64), *listed.values()]))
            if len(positions) >= enough or telling == known:
                break
            telling = known
        if len(positions) <= limit:
            return list(positions.tolist())
        lengths, scores = self.lengths.of(positions), np.zeros(len(positions))
        for word, places in listed.items():
            rows, counts = np.unique(np.searchsorted(positions, places), return_counts=True)
            scores[rows] += weights[word] * bm25.saturation(counts, lengths[rows], average_length)
        least = np.partition(scores, -limit)[-limit]
        above, equal = positions[scores > least + _NOISE], positions[np.abs(scores - least) <= _NOISE]
        missing = limit - len(above)
        if len(equal) > missing:
            # Those that were saved last, unless they are among what is asked for: then those that were created last.
            equal = equal[-missing:] if len(above) >= enough else self._newest(equal, missing)
        return [*above.tolist(), *equal.tolist()]

    def _listed(self, word: str) -> Positions:
        """The positions of the texts that hold ``word``, ascending, each as often as they do."""
        (joined,) = self._database.connection.execute(
            f"SELECT group_concat(doc) FROM {self._table} WHERE term = ?", (token(word),)
        ).fetchone()
        return np.fromstring(joined or "", np.int64, sep=",")

    def _newest(self, positions: Positions, count: int) -> Positions:
        rows: Iterable[Any] = self._database.connection.execute(
            "SELECT position FROM entry WHERE position IN (SELECT value FROM json_each(?)) "
            "ORDER BY created DESC, id DESC LIMIT ?",
            (json.dumps(positions.tolist()), count),
        )
        return np.array([position for (position,) in rows], np.int64)


def _left(listed: Positions, admitted: Positions | None, without: Positions) -> Positions:
    if admitted is not None:
        listed = listed[_among(listed, admitted)]
    return listed[~_among(listed, without)] if len(without) else listed


def _among(positions: Positions, some: Positions) -> Any:
    """Which of ``positions`` are among ``some``; both ascending."""
    if not len(some):
        return np.zeros(len(positions), np.bool_)
    places = np.searchsorted(some, positions)
    places[places == len(some)] = 0
    return some[places] == positions


def _different(positions: Positions) -> Positions:
    """Each of ``positions`` once, ascending."""
    positions.sort(kind="stable")  # which merges what is ascending already
    return positions[np.concatenate([[True], positions[1:] != positions[:-1]])] if len(positions) else positions
