"""Answering a query: candidates by words, tags and vectors, one list of scores, the best as entries."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np
from axon.ranking import bm25
from axon.ranking.fusion import fuse
from axon.spi import Hit, MemoryEntry, Query

from axon_vector.conditions import Condition, condition
from axon_vector.matrix import unit
from axon_vector.rows import COLUMNS, FROM, entry_of

if TYPE_CHECKING:
    from axon_vector.matrix import Floats, Positions
    from axon_vector.store import Store

_FEWEST_CANDIDATES = 200
"""So many texts at least are scored of those that FTS5 ranks first."""
_SPARE = 16
"""So many more rows than asked for are fetched, in case some have expired."""


def search(store: Store, query: Query) -> list[Hit]:
    """The best entries: better scores first, then what was created later."""
    with store.database.reading("search") as connection:
        store.view(connection)
        return _Search(store, connection, query).hits()


class _Search:
    def __init__(self, store: Store, connection: sqlite3.Connection, query: Query) -> None:
        self._store = store
        self._connection = connection
        self._query = query
        now = store.now()
        self._alive = condition(None, store.namespace, now)
        self._admitted = None if query.filter is None else condition(query.filter, store.namespace, now)

    def hits(self) -> list[Hit]:
        by_text = {} if self._query.text is None else self._by_text(self._query.text)
        if self._query.vector is None:
            scores = by_text
            positions = np.fromiter(scores, np.int64, len(scores))
            values = np.fromiter(scores.values(), np.float64, len(scores))
        else:
            positions, cosines = self._by_vector()
            values = cosines.astype(np.float64)
            if self._query.text is not None:
                scores = fuse([_ranked(by_text), positions[np.argsort(-cosines)][: self._depth].tolist()])
                positions = np.fromiter(scores, np.int64, len(scores))
                values = np.fromiter(scores.values(), np.float64, len(scores))
        return self._best(positions, values)

    @property
    def _depth(self) -> int:
        return max(_FEWEST_CANDIDATES, 2 * self._query.limit)

    # -- candidates --------------------------------------------------------

    def _by_text(self, text: str) -> dict[int, float]:
        """Scores, 0 to 1, by words and tags."""
        store, connection = self._store, self._connection
        terms = store.analyzer.query(text)
        documents, average_length = store.average_length(connection)
        weights = store.words.weights(connection, terms.words, documents) if terms.words else {}
        tags = {
            tag: bm25.idf(min(count, documents), documents)
            for tag, count in connection.execute(
                f"SELECT tag, count(*) FROM tag WHERE namespace = ? AND tag IN ({', '.join('?' * len(terms.tags))}) "
                "GROUP BY tag",
                (store.namespace, *terms.tags),
            )
        }
        found = store.words.candidates(connection, weights, self._depth, self._admitted) if weights else []
        tagged = self._tagged(tags)
        candidates = list(dict.fromkeys([*found, *tagged]))
        texts = connection.execute(
            "SELECT position, text FROM entry WHERE position IN (SELECT value FROM json_each(?))",
            (json.dumps(candidates),),
        )
        scores = store.words.scores(texts, weights, average_length)
        for position, names in tagged.items():
            scores[position] = scores.get(position, 0.0) + sum(tags[name] * bm25.TAG_WEIGHT for name in names)
        whole = sum(weights.values()) + sum(tags.values())
        return {position: score / whole for position, score in scores.items()}

    def _tagged(self, tags: dict[str, float]) -> dict[int, list[str]]:
        """The newest entries with one of ``tags``, and which."""
        wanted = self._admitted or self._alive
        tagged: dict[int, list[str]] = {}
        for tag in tags:
            for (position,) in self._connection.execute(
                "SELECT entry.position FROM tag JOIN entry ON entry.position = tag.position "
                f"WHERE tag.namespace = ? AND tag.tag = ? AND {wanted.sql} ORDER BY entry.created DESC LIMIT ?",
                (self._store.namespace, tag, *wanted.parameters, max(self._depth, 1000)),
            ):
                tagged.setdefault(position, []).append(tag)
        return tagged

    def _by_vector(self) -> tuple[Positions, Floats]:
        """Positions with their cosines: of everything that is admitted and has a vector."""
        matrix, vector = self._store.matrix, self._query.vector
        if vector is None or not len(matrix):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        self._store.check_query_dimension(len(vector))
        wanted = unit(np.asarray(vector, np.float32))
        if self._admitted is None:
            return matrix.scores(wanted)
        return matrix.scores_of(self._positions(self._admitted), wanted)

    def _positions(self, wanted: Condition) -> Positions:
        (joined,) = self._connection.execute(
            f"SELECT group_concat(entry.position) FROM entry WHERE {wanted.sql}", wanted.parameters
        ).fetchone()
        positions: Positions = np.array((joined or "").split(",") if joined else [], np.int64)
        positions.sort()
        return positions

    # -- the answer --------------------------------------------------------

    def _best(self, positions: Positions, scores: Any) -> list[Hit]:
        limit = self._query.limit
        if self._query.min_score is not None:
            kept = scores >= self._query.min_score
            positions, scores = positions[kept], scores[kept]
        wanted = limit + _SPARE
        while True:
            best = _top(scores, wanted)
            entries = self._fetch(positions[best].tolist())
            if len(entries) >= limit or wanted >= len(scores):
                break
            wanted *= 4
        score_of = dict(zip(positions[best].tolist(), scores[best].tolist(), strict=True))
        found = [Hit(entry, score_of[position]) for position, entry in entries.items()]
        if self._admitted is not None and (self._query.min_score is None or self._query.min_score <= 0):
            found += self._unscored(positions, limit)
        found.sort(key=lambda hit: (hit.score, hit.entry.created_at, hit.entry.id), reverse=True)
        return found[:limit]

    def _unscored(self, scored: Positions, limit: int) -> list[Hit]:
        """What the filter admits and no ranking knows: with score 0, the newest first."""
        if self._admitted is None:
            return []
        known = set(scored.tolist())
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM {FROM} WHERE {self._admitted.sql} ORDER BY entry.created DESC, entry.id DESC",
            self._admitted.parameters,
        )
        found: list[Hit] = []
        for row in rows:
            if row[0] not in known:
                found.append(Hit(entry_of(row), 0.0))
                if len(found) == limit:
                    break
        return found

    def _fetch(self, positions: list[int]) -> dict[int, MemoryEntry]:
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM {FROM} "
            f"WHERE entry.position IN (SELECT value FROM json_each(?)) AND {self._alive.sql}",
            (json.dumps(positions), *self._alive.parameters),
        )
        return {row[0]: entry_of(row) for row in rows}


def _top(scores: Any, count: int) -> Any:
    """Where the ``count`` best scores are, and all that equal the last of them."""
    if len(scores) <= count:
        return np.arange(len(scores))
    least = np.partition(scores, -count)[-count]
    best = np.flatnonzero(scores >= least)
    # Among very many equals the later positions are the newer entries, as a rule.
    return best if len(best) <= 4 * count else np.concatenate([best[scores[best] > least], best[scores[best] == least][-count:]])


def _ranked(scores: dict[int, float]) -> list[int]:
    return sorted(scores, key=scores.__getitem__, reverse=True)
