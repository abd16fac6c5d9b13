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
_IN_DOUBT = 400
"""So many texts at least are chosen where it is not known how often each holds a common word."""
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
        long as rarer words bring up enough. Where those bring up more than ``limit``, they help to choose among them.
        """
        known = [word for word in weights if frequencies[word]]
        telling = known
        if documents > _LARGE and admitted is None:
            telling = [word for word in known if frequencies[word] * _COMMON <= documents]
        self._database.connection.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._table} USING fts5vocab(main, {self._words}, instance)"
        )
        while True:
            listed = {word: self._listed(word, admitted, without) for word in telling}
            positions = _united([having for having, _ in listed.values()])
            if len(positions) >= enough or len(telling) == len(known):
                break
            telling = known
        if len(telling) < len(known):
            limit = max(limit, 2 * enough, _IN_DOUBT)
        if len(positions) <= limit:
            return list(positions.tolist())
        lengths, scores = self.lengths.of(positions), np.zeros(len(positions))
        for word in known:
            having, counts = listed[word] if word in listed else (self._having(word, positions), np.ones(1, np.int32))
            rows = np.searchsorted(positions, having)
            scores[rows] += weights[word] * bm25.saturation(counts, lengths[rows], average_length)
        least = np.partition(scores, -limit)[-limit]
        above, equal = positions[scores > least + _NOISE], positions[np.abs(scores - least) <= _NOISE]
        missing = limit - len(above)
        if len(equal) > missing:
            # Those that were saved last, unless they are among what is asked for: then those that were created last.
            equal = equal[-missing:] if len(above) >= enough else self._newest(equal, missing)
        return [*above.tolist(), *equal.tolist()]

    def _listed(self, word: str, admitted: Positions | None, without: Positions) -> tuple[Positions, Any]:
        """The positions of the texts that hold ``word``, ascending, and how often each does."""
        (joined,) = self._database.connection.execute(
            f"SELECT group_concat(doc) FROM {self._table} WHERE term = ?", (token(word),)
        ).fetchone()
        places = np.fromstring(joined or "", np.int64, sep=",")
        first = np.flatnonzero(np.concatenate([[True], places[1:] != places[:-1]])) if len(places) else places
        having, counts = places[first], np.diff(first, append=len(places)).astype(np.int32)
        if admitted is not None:
            kept = _among(having, admitted)
            having, counts = having[kept], counts[kept]
        if len(without):
            kept = ~_among(having, without)
            having, counts = having[kept], counts[kept]
        return having, counts

    def _having(self, word: str, positions: Positions) -> Positions:
        """Those of ``positions`` whose texts hold ``word``: where it is common, quicker than how often they do."""
        (joined,) = self._database.connection.execute(
            f"SELECT group_concat(rowid) FROM {self._words} WHERE {self._words} MATCH ?", (f'"{token(word)}"',)
        ).fetchone()
        having: Positions = positions[_among(positions, np.fromstring(joined or "", np.int64, sep=","))]
        return having

    def _newest(self, positions: Positions, count: int) -> Positions:
        rows: Iterable[Any] = self._database.connection.execute(
            "SELECT position FROM entry WHERE position IN (SELECT value FROM json_each(?)) "
            "ORDER BY created DESC, id DESC LIMIT ?",
            (json.dumps(positions.tolist()), count),
        )
        return np.array([position for (position,) in rows], np.int64)


def _among(positions: Positions, some: Positions) -> Any:
    """Which of ``positions`` are among ``some``; both ascending."""
    if not len(some):
        return np.zeros(len(positions), np.bool_)
    places = np.searchsorted(some, positions)
    places[places == len(some)] = 0
    return some[places] == positions


def _united(several: Iterable[Positions]) -> Positions:
    """All of ``several``, each ascending: each once, ascending."""
    united: Positions = np.empty(0, np.int64)
    for positions in several:
        united = np.concatenate([united, positions])
        united.sort(kind="stable")  # which merges what is ascending already
        united = united[np.concatenate([[True], united[1:] != united[:-1]])] if len(united) else united
    return united
