"""The Redis adapter against redis-py alone: same server, same number of tasks, in turns.

20,000 entries of 30 words (some 200 bytes) with four tags, a user, a session and an end lie on the server; redis-py's
GET and SET are of 400 bytes. Each figure of several entries is by one such GET as well: `get_many` of a hundred counts
each of its entries, a query counts as one call with its twenty.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import median
from time import perf_counter

from redis.asyncio import Redis
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryEntry
from axon.adapters.redis import RedisAdapter
from axon.spi import Query
from benchmarks import texts
from benchmarks.cores import apart, one_core
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.rounds import in_rounds
from benchmarks.texts import Texts

ROUNDS = 7
STORED = 20_000
TASKS = 64
_VALUE = b"x" * 400
_SAVED = 3000
_WORDED = "save with 30 words, 1 task"
_MGET = "get_many(100), 64 tasks, times redis-py's MGET of 100 values of 400 bytes"


def entries(amount: int, *, texts_of: list[str]) -> list[MemoryEntry]:
    """Entries with six terms: four tags, a user, a session; ``topic-N`` is on one of a hundred."""
    now = datetime.now(UTC)
    chance = random.Random(amount)
    return [
        MemoryEntry(
            text=texts_of[number % len(texts_of)],
            tags=(f"topic-{number % 100}", "chat", f"kind-{number % 7}", f"place-{number % 50}"),
            user_id=f"user-{number % 500}",
            session_id=f"session-{number % 800}",
            importance=chance.random(),
            created_at=now + timedelta(microseconds=number),
            expires_at=now + timedelta(hours=1),
        )
        for number in range(amount)
    ]


async def rate(call: Callable[[int], Awaitable[object]], *, tasks: int, calls: int) -> float:
    """Calls a second, made by so many tasks."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            await call(number)

    gc.collect()
    start = perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return calls / (perf_counter() - start)


async def _measure(port: int, *, is_alone: bool) -> dict[str, list[float]]:
    """The ratios of each round, by name: those of one task, or those of 64."""
    sentences = Texts(1).sentences(2000)
    stored = entries(STORED, texts_of=sentences)
    raw = Redis(port=port, max_connections=1024)
    plain = RedisAdapter(port=port, namespace="plain", text_index=False)
    worded = RedisAdapter(port=port, namespace="worded")
    for first in range(0, STORED, 1000):
        await plain.save_many(stored[first : first + 1000])
        await worded.save_many(stored[first : first + 1000])
    ids = [entry.id for entry in stored]
    one_tag = [Query(filter=Filter(tags=[f"topic-{number}"]), limit=20) for number in range(100)]
    two_terms = [Query(filter=Filter(tags=[f"topic-{number}", "chat"]), limit=20) for number in range(100)]
    fresh = iter(count())
    new = {name: entries(_SAVED, texts_of=sentences) for name in ("plain", "worded", "alone")}

    def saving(adapter: RedisAdapter, name: str) -> Callable[[int], Awaitable[object]]:
        # New ids each round, made before the clock runs: an entry is not what is measured.
        again = [
            MemoryEntry(
                **{n: getattr(entry, n) for n in ("text", "tags", "user_id", "session_id", "importance", "expires_at")},
                id=f"{name}-{next(fresh)}",
            )
            for entry in new[name]
        ]
        return lambda number: adapter.save(again[number % len(again)])

    async def hits(query: Query) -> None:
        found = await plain.query(query)
        if len(found) != query.limit:
            raise RuntimeError(f"{len(found)} hits")

    async def many(number: int) -> None:
        await plain.get_many(ids[number * 100 % 10_000 :][:100])

    async def mget(number: int) -> None:
        await raw.mget([f"raw:{n}" for n in range(number * 100 % 1000, number * 100 % 1000 + 100)])

    await asyncio.gather(*(raw.set(f"raw:{number}", _VALUE) for number in range(1000)))

    async def alone(_: int) -> dict[str, float]:
        raw_get = await rate(lambda n: raw.get(f"raw:{n % 1000}"), tasks=1, calls=1500)
        raw_set = await rate(lambda n: raw.set(f"raw:{n % 1000}", _VALUE, ex=3600), tasks=1, calls=1500)
        get = await rate(lambda n: plain.get(ids[n % 10_000]), tasks=1, calls=4000)
        return {
            "get, 1 task": get / raw_get,
            "save, 6 terms, no words, 1 task": await rate(saving(plain, "alone"), tasks=1, calls=1000) / raw_set,
            _WORDED: await rate(saving(worded, "alone"), tasks=1, calls=1000) / raw_set,
        }

    async def together(_: int) -> dict[str, float]:
        raw_get = await rate(lambda n: raw.get(f"raw:{n % 1000}"), tasks=TASKS, calls=3000)
        raw_set = await rate(lambda n: raw.set(f"raw:{n % 1000}", _VALUE, ex=3600), tasks=TASKS, calls=3000)

        async def times(raw: float, call: Callable[[int], Awaitable[object]], calls: int) -> float:
            return await rate(call, tasks=TASKS, calls=calls) / raw

        return {
            "get, 64 tasks": await times(raw_get, lambda n: plain.get(ids[n % 10_000]), 20_000),
            "save of a new entry, 6 terms, no words, 64 tasks": await times(raw_set, saving(plain, "plain"), _SAVED),
            "save of a new entry with 30 words, 64 tasks": await times(raw_set, saving(worded, "worded"), _SAVED),
            "get_many(100), per entry, 64 tasks": 100 * await times(raw_get, many, 300),
            _MGET: await rate(many, tasks=TASKS, calls=300) / await rate(mget, tasks=TASKS, calls=300),
            "one-tag query, 20 hits, 64 tasks": await times(raw_get, lambda n: hits(one_tag[n % 100]), 2000),
            "two-term query, 20 hits, 64 tasks": await times(raw_get, lambda n: hits(two_terms[n % 100]), 1500),
        }

    results = await in_rounds(ROUNDS, alone if is_alone else together)
    await plain.close()
    await worded.close()
    await getattr(raw, "aclose", raw.close)()
    return results


async def _recall(port: int, amount: int) -> list[float]:
    """Milliseconds of a recall by three words, ten hits, of so many entries: the median of each round."""
    adapter = RedisAdapter(port=port, namespace="recall")
    stored = texts.entries(amount)
    for first in range(0, amount, 1000):
        await adapter.save_many(stored[first : first + 1000])
    asked = Texts(7)
    queries = [Query(text=asked.words(3), limit=10) for _ in range(200)]

    async def measure(_: int) -> dict[str, float]:
        times = []
        for query in queries:
            start = perf_counter()
            await adapter.query(query)
            times.append((perf_counter() - start) * 1000)
        return {"": median(times)}

    rounds = await in_rounds(3, measure)
    await adapter.close()
    return rounds[""]


def main(report: Report) -> None:
    """Report the ratios beside their bars."""
    bars = {"get, 1": 2.8, "get, 64": 10, "save of a new entry, 6": 2.5, "save of a new entry with": 1, "save, 6": 0.7}
    bars |= {"get_many": 22, "one-tag": 0.9, "two-term": 0.3}
    with one_core(), Server() as server:
        results = asyncio.run(_measure(server.port, is_alone=True))
    worded = results.pop(_WORDED)
    with Server() as server:
        with apart([server.pid]):
            results |= asyncio.run(_measure(server.port, is_alone=False))
        beside = results.pop(_MGET)
        for name, values in results.items():
            bar = next(bar for start, bar in bars.items() if name.startswith(start))
            report.barred(f"{name}, times redis-py", values, bar=bar, at_least=True, than="redis-py")
        report.add(Figure(f"{_WORDED}, times redis-py", worded, than="redis-py"))
        report.add(Figure(_MGET, beside, than="redis-py"))
        name = "recall by 3 words over 100k entries, k=10: p50"
        report.barred(name, asyncio.run(_recall(server.port, 100_000)), bar=5, at_least=False, unit="ms")
    report.note(
        "Recall by words ranks at most 5,000 of the 100,000 entries: how many of the ten best it finds is told under "
        "[Growth](#growth)."
    )
    report.note("One task: client and server on one core. Many tasks: the client on one, the server on another.")
