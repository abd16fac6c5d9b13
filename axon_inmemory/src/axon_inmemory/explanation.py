"""How the hits of a query got their scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from axon.ranking import explanation
from axon_inmemory.search import scored

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import Explanation, MemoryEntry, Query
    from axon_inmemory.store import Store


def explanations(
    store: Store, analyzer: Analyzer, query: Query, found: Sequence[tuple[MemoryEntry, float]]
) -> list[Explanation]:
    """One for each of ``found``, which is what the store answers to ``query`` as it is now.

    Both lists are ranked once more for it, so that a query which asks for no explanation pays nothing.
    """
    admitted = None if query.filter is None else store.admitted(query.filter)
    by_text, by_vector, _ = scored(store, analyzer, query, admitted)
    return explanation.explanations(
        ((entry.id, entry, score) for entry, score in found),
        text=query.text,
        by_text=by_text,
        by_vector=by_vector,
        analyzer=analyzer,
        words=store.words is not None,
    )
