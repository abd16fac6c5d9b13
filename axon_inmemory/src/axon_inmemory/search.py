"""Answering a query from the indexes of a store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from axon.ranking import bm25
from axon.ranking.fusion import fuse_scores

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import MemoryEntry, Query
    from axon_inmemory.store import Store

_FEW = 1000
"""Up to here candidates are scored one by one; above, the index is read as a whole."""

_FUSED = 200
"""So many of the best by words take part in a fusion: what is further down may not be lifted far enough to matter."""


def search(store: Store, analyzer: Analyzer, query: Query) -> list[tuple[MemoryEntry, float]]:
    """The best entries with their scores: better scores first, then what was created later."""
    limit = query.limit
    admitted = None if query.filter is None else store.admitted(query.filter)
    lists = scored(store, analyzer, query, admitted)
    scores = lists.fused
    found: Iterable[tuple[float, MemoryEntry]]
    if admitted is None or (query.vector is None and len(admitted) > _FEW and len(scores) >= limit):
        found = ((score, store.entries[entry_id]) for entry_id, score in scores.items())
    else:
        # From the last one on, which mostly is the newest: then few others take the place of one that was chosen.
        found = ((scores.get(entry.id, 0.0), entry) for entry in reversed(list(admitted.values())))
    least = float("-inf") if query.min_score is None else query.min_score
    best = nlargest(limit, ((score, entry.created_at, entry.id, entry) for score, entry in found if score >= least))
    return [(entry, score) for score, _, _, entry in best]


class Lists(NamedTuple):
    """Scores by id: of what fits best by words and tags or by vector, with that of each in the other list too."""

    by_text: dict[str, float]
    by_vector: dict[str, float]
    fused: dict[str, float]


def scored(store: Store, analyzer: Analyzer, query: Query, admitted: Mapping[str, MemoryEntry] | None) -> Lists:
    """What the store knows of the best entries, ``query.limit`` of each kind at least."""
    limit = query.limit
    if query.vector is None:
        by_text = {} if query.text is None else _by_text(store, analyzer, query.text, limit, admitted)
        return Lists(by_text, {}, by_text)
    cosines = store.vectors.cosines(query.vector, admitted)
    if query.text is None:
        # Of all that are admitted: some may be below 0, which is what those get that have no vector.
        by_vector = cosines.nearest(limit) if admitted is None else cosines.of(admitted)
        return Lists({}, by_vector, by_vector)
    nearest = cosines.nearest(max(limit, _FUSED))
    by_text = _by_text(store, analyzer, query.text, max(limit, _FUSED), admitted, also=nearest.keys())
    by_vector = nearest | cosines.of(by_text)
    fused = fuse_scores(by_text, by_vector, mean=cosines.mean, deviation=cosines.deviation, rows=len(cosines))
    return Lists(by_text, by_vector, fused)


def _by_text(
    store: Store,
    analyzer: Analyzer,
    text: str,
    limit: int,
    admitted: Mapping[str, MemoryEntry] | None,
    *,
    also: Collection[str] = (),
) -> dict[str, float]:
    """Scores, 0 to 1, by words and tags: of the best ``limit`` and of ``also``; of all where only few are admitted."""
    terms = analyzer.query(text)
    words = store.words
    if words is None:
        return _by_tags(store, terms.tags, admitted)
    weights = words.weights(terms)
    if admitted is not None and len(admitted) <= _FEW:
        scores = words.score(weights, admitted)
    elif admitted is None:
        scores = dict(words.search(weights, limit)) | words.score(weights, also)
    else:
        best = islice((hit for hit in words.search(weights, None) if hit[0] in admitted), limit)
        scores = dict(best) | words.score(weights, admitted.keys() & also)
    return _shares(scores, weights.whole)


def _by_tags(store: Store, tags: Iterable[str], admitted: Mapping[str, MemoryEntry] | None) -> dict[str, float]:
    """The scores of all that have one of ``tags``, where there is no index of words."""
    tagged = {tag: entries.keys() for tag in tags if (entries := store.tags.having(tag))}
    weights = {tag: bm25.idf(len(ids), len(store.entries)) for tag, ids in tagged.items()}
    scores: dict[str, float] = {}
    for tag, ids in tagged.items():
        for entry_id in ids if admitted is None else ids & admitted.keys():
            scores[entry_id] = scores.get(entry_id, 0.0) + weights[tag] * bm25.TAG_WEIGHT
    return _shares(scores, sum(weights.values()))


def _shares(scores: dict[str, float], whole: float) -> dict[str, float]:
    # Rounded, since the same terms added up in another order must still make a tie.
    return {entry_id: round(score / whole, 12) for entry_id, score in scores.items()}
