"""Saves, gets, queries, deletes and counts of 5,000 keys by 32 tasks, a minute for each adapter: what grows?

Four of ten calls save an entry of 30 words that lives for 1, 5 or 3,600 seconds, three get one; the others query by tag
or by words, delete, and count.
"""

from __future__ import annotations

import asyncio
import gc
import random
import tempfile
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import psutil
from redis import Redis
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.redis import RedisAdapter
from axon.adapters.vector import VectorAdapter
from axon.spi import Adapter, Query
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.texts import Texts

SECONDS = 60
TASKS = 32
_WARM = 0.25
_KEYS = 5_000
_SAMPLES = 12


def full(report: Report) -> None:
    """Report what each adapter's process has grown by after it was warm, and what is left when it is cleared."""
    with Server() as server:
        client: Any = Redis(port=server.port)
        asyncio.run(_soak(report, "on Redis", RedisAdapter(port=server.port)))
        left = [key for key in client.scan_iter("{axon}*") if key != b"{axon}:c"]
        name = "on Redis: keys left when it was cleared"
        report.add(Figure(name, [len(left)], unit="keys", more_is_better=False))
        client.close()
    asyncio.run(_soak(report, "in memory", InMemoryAdapter()))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_soak(report, "in the store", VectorAdapter(folder)))


async def _soak(report: Report, where: str, adapter: Adapter) -> None:
    process, sizes, calls = psutil.Process(), [], 0
    sentences = Texts(1).sentences(2000)
    end = monotonic() + SECONDS

    async def work(seed: int) -> None:
        nonlocal calls
        chance = random.Random(seed)
        while monotonic() < end:
            await _something(adapter, chance, sentences)
            calls += 1

    async def watch() -> None:
        for _ in range(_SAMPLES):
            await asyncio.sleep(SECONDS / _SAMPLES)
            gc.collect()
            sizes.append(process.memory_info().rss / 2**20)
        report.progress(f"{where}: {sizes[-1]:.0f} MiB after {calls:,} calls")

    await asyncio.gather(*map(work, range(TASKS)), watch())
    warm = sizes[int(_SAMPLES * _WARM)]
    report.note(f"{where}: {calls:,} calls by {TASKS} tasks in {SECONDS} s")
    report.add(
        Figure(f"{where}: more than after the first quarter", [sizes[-1] - warm], unit="MiB", more_is_better=False)
    )
    await adapter.clear()
    name = f"{where}: entries left when it was cleared"
    report.add(Figure(name, [await adapter.count()], unit="entries", more_is_better=False))
    await adapter.close()


async def _something(adapter: Adapter, chance: random.Random, sentences: list[str]) -> None:
    """One call, of a verb and with arguments by chance."""
    entry_id = f"entry-{chance.randrange(_KEYS)}"
    kind = chance.random()
    if kind < 0.4:
        lives = timedelta(seconds=chance.choice((1, 5, 3600)))
        await adapter.save(
            MemoryEntry(
                id=entry_id,
                text=chance.choice(sentences),
                tags=(f"topic-{chance.randrange(100)}", "all"),
                user_id=f"user-{chance.randrange(100)}",
                expires_at=datetime.now(UTC) + lives,
            )
        )
    elif kind < 0.7:
        await adapter.get(entry_id)
    elif kind < 0.8:
        await adapter.query(Query(filter=Filter(tags=[f"topic-{chance.randrange(100)}"]), limit=20))
    elif kind < 0.85:
        await adapter.query(Query(text=" ".join(chance.choice(sentences).split()[:3]), limit=10))
    elif kind < 0.95:
        await adapter.delete(entry_id)
    else:
        await adapter.count(Filter(user_id=f"user-{chance.randrange(100)}"))
