"""Recall as the entries become more, and as more tasks ask: by words, tags, vectors and both.

In memory, in the embedded store and on Redis, with 30 new questions a round; by words and by a tag beside those that a
user would ask instead, each of which has a process of its own. Every entry has a text of its own: 30 words (some 200
bytes), drawn by Zipf's law from 5,000 made-up ones, and its number. It has two tags and a user, and where vectors are
searched, 384 numbers by chance. By entries Axon's adapters are asked; by tasks it is MemorySystem, which asks them,
over 10,000 entries, the same 30 questions again and again.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import attrs
import numpy as np
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryConfig, MemoryEntry, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.redis import RedisAdapter
from axon.adapters.vector import VectorAdapter
from axon.spi import Adapter, Query, as_embedding
from benchmarks import peers
from benchmarks.contenders.recall_jobs import Row, blocks
from benchmarks.figure import Figure
from benchmarks.recall_peers import NOTES, TAG, TAGGED, WORDS, RecallPeers
from benchmarks.redis_speed import rate
from benchmarks.report import Report
from benchmarks.rounds import in_rounds, in_turn
from benchmarks.texts import Texts

DIMENSION = 384
ROUNDS = 5
ROUNDS_BY_TASKS = 3
TASKS = (1, 64, 256)
_BY_TASKS = 10_000
_CALLS = 30
_ROUND_S = 0.4
_MOST_CALLS = 4096
_SHARE = f"recall by {WORDS}: share of the ten that are as good as the ten best, as Axon in memory scores them"
_NOISE = 1e-9
_TEN = 10
_MOST_EQUAL = 20_000


def main(report: Report) -> None:
    """Report the milliseconds over a thousand to a hundred thousand entries, and the calls a second by tasks."""
    report.versions = peers.versions()
    for count in (1_000, 10_000, 100_000):
        asyncio.run(_by_entries(report, count))
    asyncio.run(_by_tasks(report))
    for note in NOTES:
        report.note(note)


def full(report: Report) -> None:
    """Report those over a million."""
    report.versions = peers.versions()
    asyncio.run(_by_entries(report, 1_000_000))


@asynccontextmanager
async def _filled(report: Report, entries: Path, count: int) -> AsyncIterator[dict[str, Adapter]]:
    """Stores filled with ``count`` entries, which are kept in a file for others: one as JSON on each line."""
    _write(entries, count)
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        stores: dict[str, Adapter] = {
            "Axon in memory": InMemoryAdapter(),
            "Axon's store": VectorAdapter(folder),
            "Axon on Redis": RedisAdapter(port=server.port),
        }
        for who, store in stores.items():
            report.progress(f"{count:,} entries: {who}")
            await _fill(store, entries, count)
        yield stores
        for store in stores.values():
            await store.close()


async def _by_entries(report: Report, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        entries = Path(folder) / "entries.jsonl"
        async with _filled(report, entries, count) as stores:
            with RecallPeers(report, entries, count) as others:
                await _in_turns(report, count, stores, others)


async def _in_turns(report: Report, count: int, stores: dict[str, Adapter], others: RecallPeers) -> None:
    rounds = [_queries(count, number) for number in range(ROUNDS + 1)]
    asked = {kind: [*_able(stores, queries), *others.who(kind)] for kind, queries in rounds[0].items()}

    async def measure(number: int) -> dict[str, float]:
        times = {}
        for kind, queries in in_turn(list(rounds[number].items()), number):
            for who in in_turn(asked[kind], number):
                if who in stores:
                    times[f"{kind}: {who}"] = await _milliseconds(stores[who], queries)
                elif (took := others.milliseconds(who, kind, queries)) is not None:
                    times[f"{kind}: {who}"] = took
        return times

    measured = await in_rounds(ROUNDS, measure)
    for kind, those in asked.items():
        for who in those:
            if times := measured.get(f"{kind}: {who}"):
                report.add(Figure(f"recall by {kind}", times, unit="ms", more_is_better=False, who=who, at=count))
    queries = rounds[-1][WORDS]
    memory = next(iter(stores.values()))
    right = [await _as_good_as_the_best(memory, query) for query in queries]
    found = {who: [await _texts(stores[who], query) for query in queries] for who in stores}
    for who, texts in (found | others.found(WORDS)).items():
        report.add(Figure(_SHARE, [_share(texts, right)], unit="of 1", who=who, at=count))
    others.tell(_CALLS)


async def _by_tasks(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with _filled(report, Path(folder) / "entries.jsonl", _BY_TASKS) as stores:
            # A recall of each kind from each store by so many tasks; all of them take turns.
            places = {
                f"{kind}: {who}: {tasks}": (queries, who, tasks)
                for kind, queries in _queries(_BY_TASKS, 0).items()
                for who in _able(stores, queries)
                for tasks in TASKS
            }
            memories = {
                who: MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": store})
                for who, store in stores.items()
            }
            calls = {name: max(_CALLS, tasks) for name, (_, _, tasks) in places.items()}

            async def measure(number: int) -> dict[str, float]:
                rates = {}
                for name in in_turn(list(places), number):
                    queries, who, tasks = places[name]
                    ask = partial(_recall, memories[who], queries)
                    rates[name] = await rate(ask, tasks=tasks, calls=calls[name])
                    if not number:  # the round that warms up tells how many calls the others should have
                        calls[name] = max(calls[name], min(_MOST_CALLS, int(rates[name] * _ROUND_S)))
                return rates

            measured = await in_rounds(ROUNDS_BY_TASKS, measure)
            for name, (_, who, tasks) in places.items():
                label = f"recall by {name.partition(': ')[0]}, {_BY_TASKS:,} entries, by tasks"
                report.add(Figure(label, measured[name], unit="calls/s", who=who, at=tasks))


def _write(entries: Path, count: int) -> None:
    texts = Texts(1)
    with entries.open("w", encoding="utf-8") as lines:
        for number in range(count):
            tags = [f"group-{number % (count // TAGGED)}", "all"]
            row = Row(text=f"{texts.words(30)} {number}", tags=tags, user_id=f"user-{number % 500}")
            lines.write(json.dumps(row) + "\n")


async def _fill(store: Adapter, entries: Path, count: int) -> None:
    chance = np.random.default_rng(count)
    for rows in blocks(entries):
        there = _has_vectors(store)
        matrix = chance.standard_normal((len(rows), DIMENSION), np.float32) if there else [None] * len(rows)
        await store.save_many([MemoryEntry(**row, embedding=vector) for row, vector in zip(rows, matrix, strict=True)])


def _queries(count: int, number: int) -> dict[str, list[Query]]:
    """Those of one round."""
    asked, numbers = Texts(7 + number), np.random.default_rng(7 + number)
    words = [asked.words(3) for _ in range(_CALLS)]
    vectors = [as_embedding(vector) for vector in numbers.standard_normal((_CALLS, DIMENSION), np.float32)]
    groups = range(number * _CALLS, (number + 1) * _CALLS)
    tags = [f"group-{group * 37 % (count // TAGGED)}" for group in groups]
    return {
        WORDS: [Query(text=text, limit=10) for text in words],
        TAG: [Query(filter=Filter(tags=[tag]), limit=TAGGED) for tag in tags],
        "a vector": [Query(vector=vector, limit=10) for vector in vectors],
        "words and a vector": [Query(text=t, vector=v, limit=10) for t, v in zip(words, vectors, strict=True)],
    }


def _able(stores: dict[str, Adapter], queries: Sequence[Query]) -> dict[str, Adapter]:
    """Those of ``stores`` that can answer."""
    return {who: store for who, store in stores.items() if queries[0].vector is None or _has_vectors(store)}


def _has_vectors(store: Adapter) -> bool:
    return not isinstance(store, RedisAdapter)


async def _milliseconds(store: Adapter, queries: Sequence[Query]) -> float:
    times = []
    for query in queries:
        start = perf_counter()
        await store.query(query)
        times.append((perf_counter() - start) * 1000)
    return median(times)


async def _recall(memory: MemorySystem, queries: Sequence[Query], number: int) -> None:
    query = queries[number % len(queries)]
    await memory.recall(query.text, filter=query.filter, k=query.limit, embedding=query.vector)


async def _texts(store: Adapter, query: Query) -> list[str]:
    return [hit.entry.text for hit in await store.query(query)]


async def _as_good_as_the_best(memory: Adapter, query: Query) -> set[str]:
    """The texts with the score of the tenth best or a better one: of equals any is right."""
    hits = await memory.query(attrs.evolve(query, limit=_MOST_EQUAL))
    least = hits[min(query.limit, len(hits)) - 1].score - _NOISE if hits else 0.0
    return {hit.entry.text for hit in hits if hit.score >= least}


def _share(found: Sequence[Sequence[str]], right: Sequence[set[str]]) -> float:
    """Of the ten that there could have been, of those questions that were asked here."""
    pairs = list(zip(found, right, strict=False))
    return sum(len(set(some) & good) for some, good in pairs) / sum(min(_TEN, len(good)) for _, good in pairs)
