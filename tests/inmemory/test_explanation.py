"""What the adapter tells of its hits when a query asks, and that both lists know of the best of the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from axon.adapters.memory import InMemoryAdapter
from axon.core.embeddings import as_embedding
from axon.ranking.fusion import fused_score
from axon.spi import Explanation, Filter, Hit, MemoryEntry, Query


def answer(adapter: InMemoryAdapter, text: str, vector: Sequence[float], **more: object) -> Sequence[Hit]:
    query = Query(text=text, vector=as_embedding(vector), explain=True, **more)
    return asyncio.run(adapter.query(query))


@pytest.fixture
def adapter() -> InMemoryAdapter:
    made = InMemoryAdapter()
    for number in range(20):
        entry = MemoryEntry(id=f"short-{number}", text="bread", embedding=[1.0, 10.0 + number], user_id="ada")
        asyncio.run(made.save(entry))
    asyncio.run(made.save(MemoryEntry(id="near", text="bread butter", embedding=[1.0, 0.0], user_id="ada")))
    return made


@pytest.mark.parametrize("filter", [None, Filter(user_id="ada"), Filter()])
def test_what_is_near_has_its_words_counted_though_others_fit_better(
    adapter: InMemoryAdapter, filter: Filter | None
) -> None:
    hits = answer(adapter, "bread", [1.0, 0.0], limit=1, filter=filter)
    (deep,) = [hit for hit in answer(adapter, "bread", [1.0, 0.0], filter=filter) if hit.entry.id == "near"]
    assert [hit.entry.id for hit in hits] == ["near"]
    assert hits[0].explanation is not None
    assert deep.explanation is not None
    assert hits[0].explanation.words == ("bread",)
    assert hits[0].score == deep.score
    assert hits[0].explanation.word_score == deep.explanation.word_score
    assert (deep.explanation.vector_rank, deep.explanation.word_rank) == (1, 21)


def test_the_score_is_what_fusion_makes_of_what_is_told(adapter: InMemoryAdapter) -> None:
    hits = answer(adapter, "bread", [1.0, 0.0])
    told = [hit.explanation for hit in hits if hit.explanation is not None]
    assert len(told) == 21
    cosines = np.array([why.cosine for why in told], np.float32)
    for why in told:
        spread = {"mean": float(cosines.mean()), "deviation": float(cosines.std()), "rows": len(cosines)}
        again = fused_score(why.word_score, why.cosine, **spread)
        assert why.score == pytest.approx(again, abs=1e-6)


def test_equals_share_a_rank(adapter: InMemoryAdapter) -> None:
    query = Query(text="bread", explain=True)
    ranks = [hit.explanation and hit.explanation.word_rank for hit in asyncio.run(adapter.query(query))]
    assert ranks == [1] * 20 + [21]


def test_without_a_text_only_the_vector_counts(adapter: InMemoryAdapter) -> None:
    query = Query(vector=as_embedding([1.0, 0.0]), limit=1, explain=True)
    (hit,) = asyncio.run(adapter.query(query))
    assert hit.explanation == Explanation(score=hit.score, cosine=hit.score, vector_rank=1)


def test_nothing_is_told_unless_asked(adapter: InMemoryAdapter) -> None:
    assert {hit.explanation for hit in asyncio.run(adapter.query(Query(text="bread")))} == {None}


def test_what_fits_by_words_has_its_cosine_counted_though_others_are_nearer() -> None:
    adapter = InMemoryAdapter()
    for text, vector in (("bread", [0.0, 1.0]), ("cake", [1.0, 0.0]), ("pie", [0.9, 0.1])):
        asyncio.run(adapter.save(MemoryEntry(text=text, embedding=vector)))
    (hit,) = answer(adapter, "bread", [1.0, 0.0], limit=1)
    assert hit.entry.text == "bread"
    assert hit.explanation is not None
    assert (hit.explanation.cosine, hit.explanation.vector_rank) == (0.0, 3)


def test_what_points_away_comes_after_what_has_no_vector() -> None:
    adapter = InMemoryAdapter()
    for name, vector in (("none", None), ("slightly", [-1.0, 0.1]), ("away", [-1.0, 0.0])):
        asyncio.run(adapter.save(MemoryEntry(id=name, text="x", embedding=vector, user_id="ada")))
    query = Query(vector=as_embedding([1.0, 0.0]), filter=Filter(user_id="ada"), limit=1)
    assert [hit.entry.id for hit in asyncio.run(adapter.query(query))] == ["none"]
