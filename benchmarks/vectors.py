"""Vector top-10 over 100,000 x 384 against one ``matrix @ vector`` of the same size; the orders must agree."""

from __future__ import annotations

import asyncio
from statistics import median
from time import perf_counter

import numpy as np

from axon import MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.spi import Query, as_embedding
from benchmarks.report import Report

ROWS, DIMENSION = 100_000, 384
QUERIES = 20
ROUNDS = 5


async def measure() -> list[float]:
    """The ratio of each round."""
    random = np.random.default_rng(0)
    matrix = random.standard_normal((ROWS, DIMENSION), np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    adapter = InMemoryAdapter(text_index=False)
    for row in range(ROWS):
        await adapter.save(MemoryEntry(id=str(row), text="row", embedding=matrix[row]))
    ratios = []
    for _ in range(ROUNDS):
        products, searches = [], []
        for vector in random.standard_normal((QUERIES, DIMENSION), np.float32):
            start = perf_counter()
            scores = matrix @ vector
            products.append(perf_counter() - start)
            query = Query(vector=as_embedding(vector), limit=10)
            start = perf_counter()
            hits = await adapter.query(query)
            searches.append(perf_counter() - start)
            assert [int(hit.entry.id) for hit in hits] == np.argsort(-scores)[:10].tolist()
        ratios.append(median(searches) / median(products))
    return ratios


def main(report: Report) -> None:
    """Report the ratio beside its bar."""
    name = "vector top-10 over 100k x 384, times one matrix @ vector"
    report.ratio(name, asyncio.run(measure()), bar=1.3, at_least=False)
