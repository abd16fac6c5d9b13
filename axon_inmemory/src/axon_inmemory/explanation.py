"""How the hits of a query got their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from axon.ranking.analysis import QueryTerms
from axon.spi import Explanation
from axon_inmemory.search import scored

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import MemoryEntry, Query
    from axon_inmemory.store import Store


def explanations(
    store: Store, analyzer: Analyzer, query: Query, found: Sequence[tuple[MemoryEntry, float]]
) -> list[Explanation]:
    """One for each of ``found``, which is what the store answers to ``query`` as it is now.

    Both lists are ranked once more for it, so that a query which asks for no explanation pays nothing.
    """
    admitted = None if query.filter is None else store.admitted(query.filter)
    by_text, by_vector, _ = scored(store, analyzer, query, admitted)
    word_ranks, vector_ranks = _ranks(by_text), _ranks(by_vector)
    terms = QueryTerms((), ()) if query.text is None else analyzer.query(query.text)
    explained: list[Explanation] = []
    for entry, score in found:
        held = frozenset() if store.words is None else frozenset(analyzer.terms(entry.text))
        explained.append(
            Explanation(
                score=score,
                words=tuple(word for word in terms.words if word in held),
                tags=tuple(tag for tag in terms.tags if tag in entry.tags),
                word_score=by_text.get(entry.id),
                word_rank=word_ranks.get(entry.id),
                cosine=by_vector.get(entry.id),
                vector_rank=vector_ranks.get(entry.id),
            )
        )
    return explained


def _ranks(scores: dict[str, float]) -> dict[str, int]:
    """The place of each id, from 1 on; equals share one."""
    places: dict[float, int] = {}
    for place, score in enumerate(sorted(scores.values(), reverse=True), start=1):
        places.setdefault(score, place)
    return {entry_id: places[score] for entry_id, score in scores.items()}
