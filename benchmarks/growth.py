"""Recall as the entries become more, and as more tasks ask: by words, tags, vectors and both.

In memory, in the embedded store and on Redis, with the same 30 questions at every size. Entries of 30 words (some 200
bytes) with two tags and a user, and where vectors are searched, with 384 numbers by chance. By tasks it is 10,000
entries, through MemorySystem, which asks the adapter for them.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryConfig, MemoryEntry, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.redis import RedisAdapter
from axon.adapters.vector import VectorAdapter
from axon.spi import Adapter, Query, as_embedding
from benchmarks.figure import Figure
from benchmarks.redis_speed import rate
from benchmarks.report import Report
from benchmarks.rounds import in_rounds
from benchmarks.texts import Texts

DIMENSION = 384
ROUNDS = 5
TASKS = (1, 64, 256)
_BY_TASKS = 10_000
_CALLS = 30
_CALLS_BY_TASKS = 512
_AT_ONCE = 2000
_SENTENCES = 2000
_TAGGED = 20


def main(report: Report) -> None:
    """Report the milliseconds over a thousand to a hundred thousand entries, and the calls a second by tasks."""
    for count in (1_000, 10_000, 100_000):
        asyncio.run(_by_entries(report, count))
    asyncio.run(_by_tasks(report))


def full(report: Report) -> None:
    """Report those over a million."""
    asyncio.run(_by_entries(report, 1_000_000))


@asynccontextmanager
async def _filled(report: Report, count: int) -> AsyncIterator[dict[str, Adapter]]:
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        stores: dict[str, Adapter] = {
            "Axon in memory": InMemoryAdapter(),
            "Axon's store": VectorAdapter(folder),
            "Axon on Redis": RedisAdapter(port=server.port),
        }
        for who, store in stores.items():
            report.progress(f"{count:,} entries: {who}")
            await _fill(store, count, vectors=_has_vectors(store))
        yield stores
        for store in stores.values():
            await store.close()


async def _by_entries(report: Report, count: int) -> None:
    async with _filled(report, count) as stores:
        for kind, queries in _queries(count).items():
            asked = {who: store for who, store in stores.items() if queries[0].vector is None or _has_vectors(store)}

            async def measure(
                _: int, queries: Sequence[Query] = queries, asked: dict[str, Adapter] = asked
            ) -> dict[str, float]:
                return {who: await _milliseconds(store, queries) for who, store in asked.items()}

            for who, times in (await in_rounds(ROUNDS, measure)).items():
                report.add(Figure(f"recall by {kind}", times, unit="ms", more_is_better=False, who=who, at=count))


async def _by_tasks(report: Report) -> None:
    async with _filled(report, _BY_TASKS) as stores:
        for kind, queries in _queries(_BY_TASKS).items():
            for who, store in stores.items():
                if queries[0].vector is not None and not _has_vectors(store):
                    continue
                memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": store})

                async def ask(number: int, memory: MemorySystem = memory, queries: Sequence[Query] = queries) -> None:
                    query = queries[number % len(queries)]
                    await memory.recall(query.text, filter=query.filter, k=query.limit, embedding=query.vector)

                for tasks in TASKS:
                    name = f"recall by {kind}, {_BY_TASKS:,} entries, by tasks"
                    rounds = await in_rounds(3, partial(_a_second, ask, tasks))
                    report.add(Figure(name, rounds[""], unit="calls/s", who=who, at=tasks))


async def _fill(store: Adapter, count: int, *, vectors: bool) -> None:
    sentences = Texts(1).sentences(_SENTENCES)
    chance = np.random.default_rng(count)
    for start in range(0, count, _AT_ONCE):
        rows = range(start, min(count, start + _AT_ONCE))
        matrix = chance.standard_normal((len(rows), DIMENSION), np.float32) if vectors else [None] * len(rows)
        await store.save_many(
            [
                MemoryEntry(
                    text=f"{sentences[number % _SENTENCES]} {number}",
                    tags=(f"group-{number % (count // _TAGGED)}", "all"),
                    user_id=f"user-{number % 500}",
                    embedding=vector,
                )
                for number, vector in zip(rows, matrix, strict=True)
            ]
        )


def _queries(count: int) -> dict[str, list[Query]]:
    asked, numbers = Texts(7), np.random.default_rng(7)
    words = [asked.words(3) for _ in range(_CALLS)]
    vectors = [as_embedding(vector) for vector in numbers.standard_normal((_CALLS, DIMENSION), np.float32)]
    tags = [f"group-{number * 37 % (count // _TAGGED)}" for number in range(_CALLS)]
    return {
        "three words": [Query(text=text, limit=10) for text in words],
        "a tag of 20 entries": [Query(filter=Filter(tags=[tag]), limit=_TAGGED) for tag in tags],
        "a vector": [Query(vector=vector, limit=10) for vector in vectors],
        "words and a vector": [Query(text=t, vector=v, limit=10) for t, v in zip(words, vectors, strict=True)],
    }


def _has_vectors(store: Adapter) -> bool:
    return not isinstance(store, RedisAdapter)


async def _milliseconds(store: Adapter, queries: Sequence[Query]) -> float:
    times = []
    for query in queries:
        start = perf_counter()
        await store.query(query)
        times.append((perf_counter() - start) * 1000)
    return median(times)


async def _a_second(ask: Callable[[int], Awaitable[None]], tasks: int, _: int) -> dict[str, float]:
    return {"": await rate(ask, tasks=tasks, calls=_CALLS_BY_TASKS)}
