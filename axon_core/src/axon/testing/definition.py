"""What a query finds by definition: filters by `Filter.matches`, words by axon.ranking, vectors by their cosines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from axon.core.filters import Filter
from axon.ranking.analysis import Analyzer
from axon.ranking.hits import best_hits
from axon.spi.query import Query

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.spi.query import Hit
    from axon.testing.bench import Bench

EXACT = 2e-6
"""How far a score may be off: vectors are of single precision."""
_ALL = Filter()


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of two vectors, in double precision; 0 where one of them is zero. What one has more is zeros."""
    lengths = math.sqrt(math.fsum(a * a for a in one)) * math.sqrt(math.fsum(b * b for b in other))
    return math.fsum(a * b for a, b in zip(one, other, strict=False)) / lengths if lengths else 0.0


def expected_hits(entries: Sequence[MemoryEntry], query: str, where: Filter | None) -> list[tuple[str, float]]:
    """Id and score of what ``query`` finds among ``entries`` by definition, the best first."""
    asked = Query(text=query, filter=where, limit=len(entries) + 1)
    return [(hit.entry.id, hit.score) for hit in best_hits(entries, asked, Analyzer())]


def scores(entries: Sequence[MemoryEntry], query: Query) -> dict[str, float]:
    """The score of each candidate by a text, by a vector or by neither, whatever ``limit`` and ``min_score`` are."""
    where = query.filter or _ALL
    if query.text is not None:
        return dict(expected_hits(entries, query.text, query.filter))
    if query.vector is None:
        return {entry.id: 0.0 for entry in entries if where.matches(entry)}
    found = {}
    for entry in entries:
        # Without a filter the vector selects, and what has none is no candidate.
        if where.matches(entry) and (query.filter is not None or entry.embedding is not None):
            found[entry.id] = 0.0 if entry.embedding is None else cosine(query.vector, entry.embedding)
    return found


def candidates(entries: Sequence[MemoryEntry], query: Query) -> set[str]:
    """Who may be a hit of ``query``, by a text, a vector or both."""
    found: set[str] = set()
    for text, vector in ((query.text, None), (None, query.vector)):
        if text is not None or vector is not None:
            found |= scores(entries, Query(text=text, vector=vector, filter=query.filter)).keys()
    return found


def agree(
    bench: Bench, hits: Sequence[Hit], entries: Iterable[MemoryEntry], query: Query, *, ties: bool = True
) -> None:
    """Nothing if ``hits`` are what ``query`` finds among ``entries``: who, in which order, with which scores.

    ``ties=False`` where cosines may be equal that single precision tells apart.
    """
    there = {entry.id: entry for entry in entries}
    found = [hit.entry.id for hit in hits]
    bench.equal(len(set(found)), len(found), "how many different hits")
    bench.equal([hit.explanation is not None for hit in hits], [query.explain] * len(hits), "who has an explanation")
    if query.text is not None and query.vector is not None:
        _of_both(bench, hits, list(there.values()), query)
        return
    by_id = scores(list(there.values()), query)
    least = -math.inf if query.min_score is None else query.min_score
    # Scores that are equal but for rounding are ties.
    places = {i: (round(by_id[i], 6), there[i].created_at if ties else 0) for i in by_id if by_id[i] >= least}
    best = sorted(places, key=places.__getitem__, reverse=True)[: query.limit]
    if len(best) == len(places):
        bench.equal(set(found), set(best), "who is a hit")
    bench.equal(set(found) - places.keys(), set(), "hits that are none")
    for hit in hits:
        wanted = by_id[hit.entry.id]
        bench.true(abs(hit.score - wanted) < EXACT, f"{hit.entry.id!r} scored {hit.score!r}", f"{wanted!r}")
    if [places[i] for i in found] != [places[i] for i in best]:
        bench.equal(found, best, "the order of the hits")


def _of_both(bench: Bench, hits: Sequence[Hit], entries: Sequence[MemoryEntry], query: Query) -> None:
    """What holds of a text and a vector together, however the two are weighed."""
    able = candidates(entries, query)
    bench.equal({hit.entry.id for hit in hits} - able, set(), "hits that are none")
    bench.equal([hit.score for hit in hits], sorted((hit.score for hit in hits), reverse=True), "scores in order")
    if query.min_score is None:
        bench.equal(len(hits), min(len(able), query.limit), "how many hits")
    else:
        bench.equal([hit.entry.id for hit in hits if hit.score < query.min_score], [], "hits below the least score")
