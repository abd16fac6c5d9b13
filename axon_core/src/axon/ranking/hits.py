"""The hits of a query among entries that are all at hand: for a store that cannot rank, and some thousands of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from axon.core.errors import CapabilityError
from axon.ranking import bm25
from axon.ranking.explanation import explanations
from axon.spi.query import Hit, Query

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.ranking.analysis import Analyzer


def best_hits(entries: Iterable[MemoryEntry], query: Query, analyzer: Analyzer) -> list[Hit]:
    """What the contract wants ``query`` to find among ``entries``, the best first.

    For a query with a text these are all entries of the namespace that have not expired, since a word weighs by how
    many of them hold it; without one, those that the filter admits are enough. Vectors are not looked at:
    :class:`~axon.core.errors.CapabilityError` where there is nothing else to go by.
    """
    if query.text is None and query.filter is None:
        raise CapabilityError("a query by a vector alone, of an adapter without vector_search")
    candidates = list(entries)
    scores = {} if query.text is None else text_scores(candidates, query.text, analyzer)
    if query.filter is None:
        candidates = [entry for entry in candidates if entry.id in scores]
    else:
        candidates = [entry for entry in candidates if query.filter.matches(entry)]
    least = float("-inf") if query.min_score is None else query.min_score
    found = [(score, entry) for entry in candidates if (score := scores.get(entry.id, 0.0)) >= least]
    found.sort(key=lambda each: (each[0], each[1].created_at), reverse=True)
    best = found[: query.limit]
    if not query.explain:
        return [Hit(entry, score) for score, entry in best]
    why = explanations(
        ((entry.id, entry, score) for score, entry in best),
        text=query.text,
        by_text={entry.id: scores[entry.id] for entry in candidates if entry.id in scores},
        by_vector={},
        analyzer=analyzer,
    )
    return [Hit(entry, score, reason) for (score, entry), reason in zip(best, why, strict=True)]


def text_scores(entries: Sequence[MemoryEntry], text: str, analyzer: Analyzer) -> dict[str, float]:
    """The score, above 0 and at most 1, of each of ``entries`` that answers ``text`` by its words or tags; by id."""
    terms = analyzer.query(text)
    bags = [Counter(analyzer.terms(entry.text)) for entry in entries]
    count = len(bags)
    average = max(1.0, sum(bag.total() for bag in bags) / count) if count else 1.0
    words = {word: bm25.idf(sum(word in bag for bag in bags), count) for word in terms.words}
    holders = {tag: sum(tag in entry.tags for entry in entries) for tag in terms.tags}
    tags = {tag: bm25.idf(holding, count) for tag, holding in holders.items() if holding}
    whole = sum(words.values()) + sum(tags.values())
    scores: dict[str, float] = {}
    for entry, bag in zip(entries, bags, strict=True):
        score = sum(idf * bm25.saturation(bag[word], bag.total(), average) for word, idf in words.items() if bag[word])
        score += sum(idf * bm25.TAG_WEIGHT for tag, idf in tags.items() if tag in entry.tags)
        if score:
            # Rounded, since the same terms added up in another order must still make a tie.
            scores[entry.id] = round(score / whole, 12)
    return scores
