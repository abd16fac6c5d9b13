"""Answering a query: candidates by words, tags and vectors, one list of scores, the best as entries."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from axon.ranking import bm25
from axon.ranking.explanation import explanations
from axon.ranking.fusion import fuse_scores
from axon.spi import Hit, MemoryEntry, Query
from axon_vector.conditions import condition
from axon_vector.matrix import unit
from axon_vector.rows import COLUMNS, FROM, entry_of
from axon_vector.scan import Scan, top

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding
    from axon_vector.matrix import Positions
    from axon_vector.store import Store

Candidates = Callable[[int], "tuple[Positions, Any]"]
"""The best so many positions or more, with their scores."""

Found = tuple[int, "MemoryEntry", float]
"""The position of an entry, the entry, its score."""

_NUMBERS_AT_ONCE = 4_000_000
"""So many numbers of float32 are multiplied in about half a millisecond."""

_FEWEST_CANDIDATES = 200
"""So many texts at least, which fit best by their words, are fused with so many vectors."""


def search(store: Store, query: Query) -> list[Hit]:
    """The best entries: better scores first, then what was created later."""
    store.purge()
    if query.text is None and query.vector is not None and (hits := _from_memory(store, query)) is not None:
        return hits
    with store.database.reading("search"):
        store.kept.follow(vectors=query.vector is not None)
        return _Search(store, query).hits()


def search_at_once(store: Store, query: Query) -> list[Hit] | None:
    """The same where it takes less time than to hand it to another thread; else ``None``."""
    if query.text is not None or query.vector is None or not store.only_reads():
        return None
    rows = len(store.matrix) if query.filter is None else store.kept.known_to_admit(query.filter)
    if rows is None or rows * store.matrix.dimension > _NUMBERS_AT_ONCE:
        return None
    return _from_memory(store, query)


def _from_memory(store: Store, query: Query) -> list[Hit] | None:
    """The answer from memory, but for entries not read before; ``None`` where anybody has written, even meanwhile."""
    with store.database.explained("search"):
        if not store.kept.is_current():
            return None
        hits = _Search(store, query).hits()
        return hits if store.kept.is_current() else None


class _Search:
    def __init__(self, store: Store, query: Query) -> None:
        self._store = store
        self._connection = store.database.connection
        self._query = query
        self._now = store.now()
        # What has expired and was not purged yet must not take the place of what has not.
        self._expired = store.expired(self._now)
        self._by_text: dict[int, float] = {}
        self._by_vector: dict[int, float] = {}
        self._admitted = None if query.filter is None else condition(query.filter, store.namespace, self._now)

    def hits(self) -> list[Hit]:
        query = self._query
        if query.vector is None:
            return self._best(self._by_words, fill=self._admitted is not None)
        scan, others = self._scan(query.vector)
        if query.text is not None:
            fused = _arrays(self._fused(query.text, scan))
            return self._best(lambda _: fused, fill=self._admitted is not None)
        without = np.zeros(len(others), np.float32)

        def nearest(count: int) -> tuple[Positions, Any]:
            positions, cosines = scan.nearest(count)
            self._by_vector = dict(zip(positions.tolist(), cosines.tolist(), strict=True)) if query.explain else {}
            return np.concatenate([positions, others]), np.concatenate([cosines, without])

        return self._best(nearest, fill=False)

    def _by_words(self, count: int) -> tuple[Positions, Any]:
        """The ``count`` that fit best by words and tags, or more; nothing without a text."""
        self._by_text = {} if self._query.text is None else self._text_scores(self._query.text, count)
        return _arrays(self._by_text)

    def _fused(self, text: str, scan: Scan) -> dict[int, float]:
        """Scores by words and vectors: of what either brings up."""
        if not len(scan):
            self._by_text = self._text_scores(text, self._query.limit)
            return self._by_text
        nearest = dict(zip(*(values.tolist() for values in scan.nearest(self._depth)), strict=True))
        self._by_text = self._text_scores(text, self._depth, also=list(nearest))
        self._by_vector = nearest | scan.of(self._by_text.keys() - nearest.keys())
        return fuse_scores(self._by_text, self._by_vector, mean=scan.mean, deviation=scan.deviation, rows=len(scan))

    @property
    def _depth(self) -> int:
        return max(_FEWEST_CANDIDATES, 2 * self._query.limit)

    # -- candidates --------------------------------------------------------

    def _text_scores(self, text: str, depth: int, *, also: Sequence[int] = ()) -> dict[int, float]:
        """Scores, 0 to 1, by words and tags: of the ``depth`` that fit best, and of the positions in ``also``."""
        store, connection = self._store, self._connection
        terms = store.analyzer.query(text)
        documents, average_length = store.average_length(connection)
        frequencies = store.words.frequencies(connection, terms.words)
        weights = {word: bm25.idf(min(count, documents), documents) for word, count in frequencies.items()}
        tags = {
            tag: bm25.idf(min(count, documents), documents)
            for tag, count in connection.execute(
                "SELECT tag, count(*) FROM tag WHERE namespace = ? AND tag IN (SELECT value FROM json_each(?)) "
                "GROUP BY tag",
                (store.namespace, json.dumps(list(terms.tags))),
            )
        }
        filter = self._query.filter
        found = store.kept.postings.best(
            weights,
            frequencies,
            depth,
            enough=self._query.limit,
            documents=documents,
            average_length=average_length,
            admitted=None if filter is None else store.kept.admitted(filter).positions,
            without=self._expired,
        )
        tagged = self._tagged(tags)
        # By their texts, so that an index that is damaged, or has it from another analyzer, makes no wrong answer.
        texts = connection.execute(
            "SELECT position, text FROM entry WHERE position IN (SELECT value FROM json_each(?))",
            (json.dumps(list({*found, *tagged, *also})),),
        )
        scores = store.words.scores(texts, weights, average_length)
        for position, names in tagged.items():
            scores[position] = scores.get(position, 0.0) + sum(tags[name] * bm25.TAG_WEIGHT for name in names)
        whole = sum(weights.values()) + sum(tags.values())
        # Rounded, since the same terms added up in another order must still make a tie.
        return {position: round(score / whole, 12) for position, score in scores.items()}

    def _tagged(self, tags: dict[str, float]) -> dict[int, list[str]]:
        """The newest entries with one of ``tags``, and which."""
        wanted = self._admitted or condition(None, self._store.namespace, self._now)
        tagged: dict[int, list[str]] = {}
        for tag in tags:
            for (position,) in self._connection.execute(
                "SELECT entry.position FROM tag JOIN entry ON entry.position = tag.position "
                f"WHERE tag.namespace = ? AND tag.tag = ? AND {wanted.sql} ORDER BY entry.created DESC LIMIT ?",
                (self._store.namespace, tag, *wanted.parameters, max(self._depth, 1000)),
            ):
                tagged.setdefault(position, []).append(tag)
        return tagged

    def _scan(self, vector: Embedding) -> tuple[Scan, Positions]:
        """The cosines of everything that is admitted and has a vector, and the positions of what has none."""
        store = self._store
        rows, others = None, np.empty(0, np.int64)
        if self._query.filter is not None:
            admitted = store.kept.admitted(self._query.filter)
            rows, others = admitted.rows, admitted.others
        if len(self._expired):
            rows = store.matrix.without(self._expired, rows)
            others = np.setdiff1d(others, self._expired, assume_unique=True)
        if len(store.matrix):
            store.check_query_dimension(len(vector))
        wanted = unit(np.asarray(vector, np.float32)[: store.matrix.dimension])
        # A fusion needs the mean and the deviation of the cosines themselves, not of estimates.
        return Scan(store.matrix, wanted, rows, exact=self._query.text is not None), others

    # -- the answer --------------------------------------------------------

    def _best(self, candidates: Candidates, *, fill: bool) -> list[Hit]:
        """The best of ``candidates``; with ``fill`` what the filter admits besides follows with score 0."""
        limit, least = self._query.limit, self._query.min_score
        wanted = limit
        while True:
            positions, scores = candidates(wanted)
            best = top(scores, wanted)
            entries = self._store.entries_at(positions[best].tolist())
            if len(entries) >= limit or wanted > len(scores):
                break
            wanted *= 4  # some have expired
        score_of = dict(zip(positions[best].tolist(), scores[best].tolist(), strict=True))
        found = [(position, entry, score_of[position]) for position, entry in entries.items()]
        if fill and len(found) < limit:
            found += self._newest(limit + len(score_of), without=score_of)
        if least is not None:
            found = [hit for hit in found if hit[2] >= least]
        found.sort(key=lambda hit: (hit[2], hit[1].created_at, hit[1].id), reverse=True)
        return self._hits(found[:limit])

    def _hits(self, found: list[Found]) -> list[Hit]:
        if not self._query.explain:
            return [Hit(entry, score) for _, entry, score in found]
        explained = explanations(
            found,
            text=self._query.text,
            by_text=self._by_text,
            by_vector=self._by_vector,
            analyzer=self._store.analyzer,
        )
        return [Hit(entry, score, why) for (_, entry, score), why in zip(found, explained, strict=True)]

    def _newest(self, limit: int, *, without: dict[int, float]) -> list[Found]:
        if self._admitted is None:
            return []
        rows = self._connection.execute(
            f"SELECT {COLUMNS} FROM {FROM} WHERE {self._admitted.sql} "
            "ORDER BY entry.created DESC, entry.id DESC LIMIT ?",
            (*self._admitted.parameters, limit),
        )
        return [(row[0], entry_of(row), 0.0) for row in rows if row[0] not in without]


def _arrays(scores: dict[int, float]) -> tuple[Positions, Any]:
    return np.fromiter(scores, np.int64, len(scores)), np.fromiter(scores.values(), np.float64, len(scores))
