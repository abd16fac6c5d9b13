"""What entries at hand give for a query is what the reference adapter gives."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import CapabilityError
from axon.ranking.analysis import Analyzer
from axon.ranking.hits import best_hits, text_scores
from axon.spi import Filter, MemoryEntry, Query, as_embedding

START = datetime(2030, 1, 1, tzinfo=UTC)
TEXTS = (
    "Ada bakes bread",
    "Bo bakes bread and cake",
    "The night train to York",
    "bread bread bread",
    "??",
    "10:30 to York",
)
ENTRIES = [
    MemoryEntry(
        id=f"n{n}",
        text=text,
        tags=["note", "york"] if n % 2 else ["note"],
        user_id=f"u{n % 3}",
        created_at=START + timedelta(hours=n),
    )
    for n, text in enumerate(TEXTS)
]


QUERIES = ["bread", "baking a cake", "note", "york", "the train at 10:30", "10:30", "nothing", "??", None]
FILTERS = [None, Filter(), Filter(user_id="u1"), Filter(tags=["york"]), Filter(user_id="nobody")]


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("where", FILTERS, ids=str)
@pytest.mark.parametrize("more", [{}, {"limit": 2}, {"min_score": 0.3}, {"explain": True}], ids=str)
def test_it_agrees_with_the_reference(text, where, more):
    if text is None and where is None:
        return
    query = Query(text=text, filter=where, **more)

    async def expected():
        reference = InMemoryAdapter()
        await reference.save_many(ENTRIES)
        return await reference.query(query)

    hits, theirs = best_hits(reversed(ENTRIES), query, Analyzer()), asyncio.run(expected())
    assert [(hit.entry, hit.explanation) for hit in hits] == [(hit.entry, hit.explanation) for hit in theirs]
    assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in theirs], abs=1e-9)


def test_a_vector_alone_is_refused_and_beside_a_filter_it_is_overlooked():
    vector = as_embedding([1.0, 0.0])
    with pytest.raises(CapabilityError, match="vector_search"):
        best_hits(ENTRIES, Query(vector=vector), Analyzer())
    hits = best_hits(ENTRIES, Query(vector=vector, filter=Filter(user_id="u0")), Analyzer())
    assert [(hit.entry.id, hit.score) for hit in hits] == [("n3", 0.0), ("n0", 0.0)]


def test_nothing_has_no_scores():
    assert text_scores([], "bread", Analyzer()) == {}
    assert best_hits([], Query(text="bread"), Analyzer()) == []
