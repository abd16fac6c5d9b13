"""Vector top-10 in memory over 100,000 x 384 against one ``matrix @ vector`` of that size; the orders must agree."""

from __future__ import annotations

import asyncio
from statistics import median
from time import perf_counter

import numpy as np

from axon import MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.spi import Query, as_embedding
from benchmarks.report import Report
from benchmarks.rounds import in_rounds

ROWS, DIMENSION = 100_000, 384
QUERIES = 20
ROUNDS = 5
_RATIO = "vector top-10 over 100k x 384, times one matrix @ vector"


async def _measure() -> dict[str, list[float]]:
    random = np.random.default_rng(0)
    matrix = random.standard_normal((ROWS, DIMENSION), np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    adapter = InMemoryAdapter(text_index=False)
    for row in range(ROWS):
        await adapter.save(MemoryEntry(id=str(row), text="row", embedding=matrix[row]))

    async def measure(_: int) -> dict[str, float]:
        products, searches = [], []
        for vector in random.standard_normal((QUERIES, DIMENSION), np.float32):
            start = perf_counter()
            scores = matrix @ vector
            products.append(perf_counter() - start)
            query = Query(vector=as_embedding(vector), limit=10)
            start = perf_counter()
            hits = await adapter.query(query)
            searches.append(perf_counter() - start)
            if [int(hit.entry.id) for hit in hits] != np.argsort(-scores)[:10].tolist():
                raise RuntimeError("these are not the ten nearest, or not in their order")
        return {_RATIO: median(searches) / median(products)}

    return await in_rounds(ROUNDS, measure)


def main(report: Report) -> None:
    """Report the ratio beside its bar."""
    for name, values in asyncio.run(_measure()).items():
        report.barred(name, values, bar=1.3, at_least=False)
