"""Vectors in a file: exact cosines, kept bit by bit, of one dimension."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapter_answers import entry, found, ids, vector
from hypothesis import given, settings
from hypothesis import strategies as st

from axon import Filter
from axon.adapters.vector import VectorAdapter
from axon.core.errors import InvalidInput
from axon.spi import Query


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60),
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
)
def test_the_order_is_that_of_exact_cosines(changes: list[tuple[int, bool]], seed: int, limit: int) -> None:
    chance = np.random.default_rng(seed)
    model: dict[str, Any] = {}
    wanted = chance.standard_normal(8).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        adapter = VectorAdapter(folder, synchronous="normal")
        for number, keep in changes:
            if keep:
                model[str(number)] = chance.standard_normal(8).astype(np.float32)
                asyncio.run(adapter.save(entry(str(number), user_id="ab"[number % 2], embedding=model[str(number)])))
            else:
                model.pop(str(number), None)
                asyncio.run(adapter.delete(str(number)))
            if number % 5 == 0:  # so that what is in memory follows step by step
                found(adapter, vector=vector(wanted))
        for filter, kept in ((None, model), (Filter(user_id="a"), {i: v for i, v in model.items() if int(i) % 2 == 0})):
            hits = asyncio.run(adapter.query(Query(vector=vector(wanted), filter=filter, limit=limit)))
            expected = sorted(((cosine(v, wanted), i) for i, v in kept.items()), reverse=True)[:limit]
            assert [hit.entry.id for hit in hits] == [i for _, i in expected]
            assert [hit.score for hit in hits] == pytest.approx([score for score, _ in expected], abs=1e-5)
        asyncio.run(adapter.close())


def cosine(a: Any, b: Any) -> float:
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.dot(a, b) / length) if length else 0.0


def test_an_embedding_comes_back_bit_by_bit(tmp_path: Path) -> None:
    numbers = np.array([1e-40, 3e38, -0.0, 0.1], np.float32)
    asyncio.run(VectorAdapter(tmp_path).save(entry("a", embedding=numbers)))
    stored = asyncio.run(VectorAdapter(tmp_path).get("a"))
    assert stored is not None
    assert stored.embedding is not None
    assert stored.embedding.tobytes() == numbers.tobytes()


def test_another_dimension_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save(entry("a", embedding=[1, 0])))
    with pytest.raises(InvalidInput, match=r"3 dimensions.*2"):
        asyncio.run(adapter.save(entry("b", embedding=[1, 0, 0])))
    with pytest.raises(InvalidInput, match="dimensions"):
        asyncio.run(adapter.save_many([entry("a", text="new"), entry("c"), entry("b", embedding=[1, 0, 0])]))
    with pytest.raises(InvalidInput, match="dimensions"):
        asyncio.run(adapter.update("a", embedding=[1, 0, 0]))
    with pytest.raises(InvalidInput, match="dimensions"):
        found(adapter, vector=vector([1, 0, 0]))
    assert ids(adapter) == {"a"}
    assert found(adapter, text="new") == []
    assert found(adapter, vector=vector([1, 0])) == ["a"]


def test_an_empty_store_takes_any_dimension_again(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    reader = VectorAdapter(tmp_path)
    for dimension in (2, 3, 2):
        asyncio.run(adapter.save(entry("a", embedding=np.ones(dimension))))
        for one in (adapter, reader):
            assert found(one, vector=vector(np.ones(dimension))) == ["a"]
        asyncio.run(adapter.delete("a"))
