"""How recall grows with the number of entries: by words, tags, vectors and both, from memory, the disk and Redis."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.redis import RedisAdapter
from axon.adapters.vector import VectorAdapter
from axon.spi import Adapter, Query, as_embedding
from benchmarks import texts
from benchmarks.figure import Figure
from benchmarks.report import Report

DIMENSION = 384
ROUNDS = 5
_CALLS = 30
_AT_ONCE = 2000
_SENTENCES = 2000


def main(report: Report) -> None:
    """Report the milliseconds over a thousand to a hundred thousand entries."""
    for count in (1_000, 10_000, 100_000):
        asyncio.run(_measure(report, count))


def full(report: Report) -> None:
    """Report those over a million."""
    asyncio.run(_measure(report, 1_000_000))


async def _measure(report: Report, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        stores: dict[str, Adapter] = {
            "Axon in memory": InMemoryAdapter(),
            "Axon's store": VectorAdapter(folder),
            "Axon on Redis": RedisAdapter(port=server.port),
        }
        for who, store in stores.items():
            report.progress(f"{count:,} entries: {who}")
            await _fill(store, count, vectors=not isinstance(store, RedisAdapter))
        for kind, queries in _queries(count).items():
            rounds: dict[str, list[float]] = {}
            for number in range(1 + ROUNDS):
                for who, store in stores.items():
                    if isinstance(store, RedisAdapter) and queries[0].vector is not None:
                        continue
                    took = await _milliseconds(store, queries)
                    if number:
                        rounds.setdefault(who, []).append(took)
            for who, times in rounds.items():
                report.add(Figure(f"recall by {kind}", times, unit="ms", more_is_better=False, who=who, at=count))
        for store in stores.values():
            await store.close()


async def _fill(store: Adapter, count: int, *, vectors: bool) -> None:
    sentences = [texts.words(30) for _ in range(_SENTENCES)]
    chance = np.random.default_rng(count)
    for start in range(0, count, _AT_ONCE):
        rows = range(start, min(count, start + _AT_ONCE))
        matrix = chance.standard_normal((len(rows), DIMENSION), np.float32) if vectors else [None] * len(rows)
        await store.save_many(
            [
                MemoryEntry(
                    text=f"{sentences[number % _SENTENCES]} {number}",
                    tags=(f"group-{number % max(1, count // 20)}", "all"),
                    user_id=f"user-{number % 500}",
                    embedding=vector,
                )
                for number, vector in zip(rows, matrix, strict=True)
            ]
        )


def _queries(count: int) -> dict[str, list[Query]]:
    chance, numbers = random.Random(count), np.random.default_rng(1)
    words = [texts.words(3) for _ in range(_CALLS)]
    vectors = [as_embedding(vector) for vector in numbers.standard_normal((_CALLS, DIMENSION), np.float32)]
    tags = [f"group-{chance.randrange(max(1, count // 20))}" for _ in range(_CALLS)]
    return {
        "three words": [Query(text=text, limit=10) for text in words],
        "a tag of 20 entries": [Query(filter=Filter(tags=[tag]), limit=20) for tag in tags],
        "a vector": [Query(vector=vector, limit=10) for vector in vectors],
        "words and a vector": [Query(text=t, vector=v, limit=10) for t, v in zip(words, vectors, strict=True)],
    }


async def _milliseconds(store: Any, queries: Sequence[Query]) -> float:
    times = []
    for query in queries:
        start = perf_counter()
        await store.query(query)
        times.append((perf_counter() - start) * 1000)
    return median(times)
