"""Search by vector, alone and fused with words: exact, and kept so under change."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput
from axon.spi import Query, as_embedding


def cosine(a: Any, b: Any) -> float:
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.dot(a, b) / length) if length else 0.0


def query(vector: Any, **rest: Any) -> Query:
    return Query(vector=as_embedding(vector), **rest)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60),
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
)
def test_the_order_is_that_of_exact_cosines(changes: list[tuple[int, bool]], seed: int, limit: int) -> None:
    random = np.random.default_rng(seed)
    adapter = InMemoryAdapter()
    model: dict[str, Any] = {}
    for number, keep in changes:
        if keep:
            model[str(number)] = random.standard_normal(8).astype(np.float32)
            asyncio.run(adapter.save(MemoryEntry(id=str(number), text="x", embedding=model[str(number)])))
        else:
            model.pop(str(number), None)
            asyncio.run(adapter.delete(str(number)))
    wanted = random.standard_normal(8).astype(np.float32)
    hits = asyncio.run(adapter.query(query(wanted, limit=limit)))
    expected = sorted(((cosine(vector, wanted), i) for i, vector in model.items()), reverse=True)[:limit]
    assert [hit.entry.id for hit in hits] == [i for _, i in expected]
    assert [hit.score for hit in hits] == pytest.approx([score for score, _ in expected], abs=1e-5)


def test_a_filter_scores_only_what_it_admits() -> None:
    adapter = InMemoryAdapter()
    for number in range(40):
        vector = np.eye(40, dtype=np.float32)[number]
        asyncio.run(adapter.save(MemoryEntry(id=str(number), text="x", user_id=f"u{number % 2}", embedding=vector)))
    wanted = np.arange(40, dtype=np.float32)
    hits = asyncio.run(adapter.query(query(wanted, filter=Filter(user_id="u1"), limit=3)))
    assert [hit.entry.id for hit in hits] == ["39", "37", "35"]


def test_what_has_no_embedding_is_still_admitted_by_a_filter() -> None:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(MemoryEntry(id="with", text="x", tags=["t"], embedding=[1, 0])))
    asyncio.run(adapter.save(MemoryEntry(id="without", text="x", tags=["t"])))
    hits = asyncio.run(adapter.query(query([1, 0.1], filter=Filter(tags=["t"]))))
    assert [hit.entry.id for hit in hits] == ["with", "without"]
    assert [hit.entry.id for hit in asyncio.run(adapter.query(query([1, 0.1])))] == ["with"]


def test_an_overwrite_without_embedding_takes_the_vector_away() -> None:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(MemoryEntry(id="a", text="x", embedding=[1, 0])))
    asyncio.run(adapter.save(MemoryEntry(id="a", text="x")))
    assert asyncio.run(adapter.query(query([1, 0]))) == []


def test_another_dimension_is_refused_and_nothing_is_written() -> None:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(MemoryEntry(id="a", text="x", embedding=[1, 0])))
    with pytest.raises(InvalidInput, match=r"3 dimensions.*2"):
        asyncio.run(adapter.save(MemoryEntry(id="b", text="x", embedding=[1, 0, 0])))
    with pytest.raises(InvalidInput, match="dimensions"):
        asyncio.run(adapter.save_many([MemoryEntry(text="x"), MemoryEntry(text="y", embedding=[1, 0, 0])]))
    with pytest.raises(InvalidInput, match="dimensions"):
        asyncio.run(adapter.query(query([1, 0, 0])))
    assert asyncio.run(adapter.count()) == 1


def test_one_batch_of_two_dimensions_is_refused_whole() -> None:
    adapter = InMemoryAdapter()
    batch = [MemoryEntry(text="x", embedding=[1, 0]), MemoryEntry(text="y", embedding=[1, 0, 0])]
    with pytest.raises(InvalidInput, match="2 and 3"):
        asyncio.run(adapter.save_many(batch))
    assert asyncio.run(adapter.count()) == 0


def test_an_empty_store_takes_any_dimension_again() -> None:
    adapter = InMemoryAdapter()
    for dimension in (2, 3):
        asyncio.run(adapter.save(MemoryEntry(id="a", text="x", embedding=np.ones(dimension))))
        asyncio.run(adapter.delete("a"))


@pytest.mark.parametrize("vector", [[0.0, 0.0], [1e-40, 0.0], [3e38, 3e38]])
def test_vectors_at_the_edge_of_float32(vector: list[float]) -> None:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(MemoryEntry(id="a", text="x", embedding=vector)))
    (hit,) = asyncio.run(adapter.query(query([1.0, 1.0])))
    assert hit.score == pytest.approx(cosine(np.array(vector), np.array([1.0, 1.0])), abs=1e-5)


def test_words_and_vectors_are_fused_so_that_first_in_both_comes_first() -> None:
    adapter = InMemoryAdapter()
    for name, text, vector in (
        ("both", "blue whale", [1.0, 0.0]),
        ("words", "blue whale", [0.0, 1.0]),
        ("vector", "something", [0.9, 0.1]),
        ("neither", "something", [0.0, 1.0]),
    ):
        asyncio.run(adapter.save(MemoryEntry(id=name, text=text, embedding=vector)))
    hits = asyncio.run(adapter.query(query([1.0, 0.0], text="blue whale", limit=3)))
    assert hits[0].entry.id == "both"
    assert {hit.entry.id for hit in hits} == {"both", "words", "vector"}
    assert all(0 < hit.score <= 1 for hit in hits)


def test_ties_go_to_the_newer() -> None:
    adapter = InMemoryAdapter()
    start = datetime(2030, 1, 1, tzinfo=UTC)
    for number in range(50):
        created = start + timedelta(seconds=number * 37 % 50)
        asyncio.run(adapter.save(MemoryEntry(id=str(number), text="same", embedding=[1, 0], created_at=created)))
    for asked in (query([1, 0], limit=5), query([1, 0], limit=5, text="same"), query([1, 0], limit=5, filter=Filter())):
        hits = asyncio.run(adapter.query(asked))
        assert [hit.entry.created_at for hit in hits] == [start + timedelta(seconds=s) for s in (49, 48, 47, 46, 45)]
