"""Answering a query from the indexes of a store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import nlargest
from itertools import islice
from typing import TYPE_CHECKING

from axon.ranking import bm25
from axon.ranking.fusion import fuse

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import MemoryEntry, Query
    from axon_inmemory.store import Store
    from axon_inmemory.words import WordIndex

_FEW = 1000
"""Up to here candidates are scored one by one; above, the index is read as a whole."""


def search(store: Store, analyzer: Analyzer, query: Query) -> list[tuple[MemoryEntry, float]]:
    """The best entries with their scores: better scores first, then what was created later."""
    limit = query.limit
    admitted = None if query.filter is None else store.admitted(query.filter)
    by_text = {} if query.text is None else _by_text(store, analyzer, query.text, limit, admitted)
    if query.vector is None:
        scores = by_text
    else:
        by_vector = _by_vector(store, query, admitted)
        scores = by_vector if query.text is None else fuse([_ranked(by_text), _ranked(by_vector)])
    found: Iterable[tuple[float, MemoryEntry]]
    if admitted is None or (query.vector is None and len(admitted) > _FEW and len(scores) >= limit):
        found = ((score, store.entries[entry_id]) for entry_id, score in scores.items())
    elif scores:
        found = ((scores.get(entry_id, 0.0), entry) for entry_id, entry in admitted.items())
    else:
        found = ((0.0, entry) for entry in admitted.values())
    least = float("-inf") if query.min_score is None else query.min_score
    ranked = [(score, entry.created_at, entry.id, entry) for score, entry in found if score >= least]
    best = nlargest(limit, ranked) if len(ranked) > limit else sorted(ranked, reverse=True)
    return [(entry, score) for score, _, _, entry in best]


def _by_vector(store: Store, query: Query, admitted: Mapping[str, MemoryEntry] | None) -> dict[str, float]:
    if query.vector is None:
        return {}
    return (
        store.vectors.search(query.vector, query.limit)
        if admitted is None
        else store.vectors.score(query.vector, admitted)
    )


def _by_text(
    store: Store, analyzer: Analyzer, text: str, limit: int, admitted: Mapping[str, MemoryEntry] | None
) -> dict[str, float]:
    """Scores, 0 to 1, by words and tags: of the best ``limit`` at least, of all where only few are admitted."""
    terms = analyzer.query(text)
    tagged = {tag: entries.keys() for tag in terms.tags if (entries := store.tags.having(tag))}
    tag_weights = {tag: bm25.idf(len(ids), len(store.entries)) for tag, ids in tagged.items()}
    weights = {} if store.words is None else store.words.weights(terms.words)
    with_tag: set[str] = set().union(*tagged.values())
    if admitted is not None:
        with_tag &= admitted.keys()
    scores = {} if store.words is None else _by_words(store.words, weights, limit, admitted, with_tag)
    for tag, ids in tagged.items():
        weight = tag_weights[tag] * bm25.TAG_WEIGHT
        for entry_id in ids if admitted is None else ids & with_tag:
            scores[entry_id] = scores.get(entry_id, 0.0) + weight
    whole = sum(weights.values()) + sum(tag_weights.values())
    return {entry_id: score / whole for entry_id, score in scores.items()}


def _by_words(
    words: WordIndex,
    weights: dict[str, float],
    limit: int,
    admitted: Mapping[str, MemoryEntry] | None,
    with_tag: set[str],
) -> dict[str, float]:
    """Scores by words: of the best ``limit``, and of all that are ``with_tag``, since a tag may lift those."""
    if admitted is not None and len(admitted) <= _FEW:
        return words.score(weights, admitted)
    if len(with_tag) > _FEW:
        return {i: score for i, score in words.search(weights, None) if admitted is None or i in admitted}
    if admitted is None:
        best = dict(words.search(weights, limit))
    else:
        best = dict(islice((hit for hit in words.search(weights, None) if hit[0] in admitted), limit))
    return best | words.score(weights, with_tag)


def _ranked(scores: dict[str, float]) -> list[str]:
    return sorted(scores, key=scores.__getitem__, reverse=True)
