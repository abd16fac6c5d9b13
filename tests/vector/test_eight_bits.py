"""The eight-bit pass narrows the rows and changes no answer, on vectors as nasty as they come."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.spi import Query, as_embedding

ROWS = 21_000  # below 20,000 the store does not use the pass
RANDOM = np.random.default_rng(5)


def spread(dimension: int) -> Any:
    return RANDOM.standard_normal((ROWS, dimension))


def cone(dimension: int) -> Any:
    """Embeddings as some models make them: all in nearly one direction."""
    return 10 + spread(dimension) * np.geomspace(1, 0.001, dimension)


def spiked(dimension: int) -> Any:
    """One large number and many tiny ones, which eight bits all make 0."""
    vectors = spread(dimension) * 0.001
    vectors[np.arange(ROWS), RANDOM.integers(0, dimension, ROWS)] = 1
    return vectors


def repeated(dimension: int) -> Any:
    return np.repeat(spread(dimension)[: ROWS // 100], 100, axis=0)


@pytest.mark.parametrize("make", [spread, cone, spiked, repeated])
def test_the_answer_is_that_of_the_exact_scan(tmp_path: Path, make: Any) -> None:
    vectors = make(24).astype(np.float32)
    vectors[7] = 0
    vectors[8] *= 1e-12
    vectors[9] *= 1e12

    async def compare() -> None:
        exact = VectorAdapter(tmp_path, synchronous="normal")
        eight_bits = VectorAdapter(tmp_path, scan="int8")
        await exact.save_many([MemoryEntry(id=str(i), text="x", embedding=v) for i, v in enumerate(vectors)])
        for delete in ((), range(0, ROWS, 50)):
            await exact.delete_many([str(i) for i in delete])
            for wanted in (vectors[3], vectors[11], -vectors[5], RANDOM.standard_normal(24), np.eye(24)[2]):
                query = Query(vector=as_embedding(wanted), limit=10)
                best = [(hit.entry.id, pytest.approx(hit.score, abs=1e-6)) for hit in await exact.query(query)]
                assert [(hit.entry.id, hit.score) for hit in await eight_bits.query(query)] == best
        await exact.close()
        await eight_bits.close()

    asyncio.run(compare())
