"""Saves, gets, queries, deletes and counts of 5,000 keys by 32 tasks, a minute for each adapter: what grows?

Four of ten calls save an entry of 30 words that lives for 1, 5 or 3,600 seconds, three get one; the others query by tag
or by words, delete, and count. Each adapter has a process of its own: what another has freed would hide what it keeps.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
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
from benchmarks.worker_process import measured_alone

ON_REDIS = "on Redis"
SECONDS = 60
TASKS = 32
_KEYS = 5_000
_SAMPLES = 12
_ADAPTERS: dict[str, Callable[[str], Adapter]] = {
    ON_REDIS: lambda port: RedisAdapter(port=int(port)),
    "in memory": lambda _: InMemoryAdapter(),
    "in the store": VectorAdapter,
}


def full(report: Report) -> None:
    """Report what each adapter's process, and the server, have grown by once warm, and what is left when cleared."""
    with Server() as server:
        _soak(report, ON_REDIS, str(server.port))
        client: Any = Redis(port=server.port)
        left = [key for key in client.scan_iter("{axon}*") if key != b"{axon}:c"]
        name = f"{ON_REDIS}: keys left when it was cleared"
        report.add(Figure(name, [len(left)], unit="keys", more_is_better=False))
        client.close()
    _soak(report, "in memory", "")
    with tempfile.TemporaryDirectory() as folder:
        _soak(report, "in the store", folder)


def _soak(report: Report, where: str, place: str) -> None:
    report.progress(f"{where}, {SECONDS} s")
    found = measured_alone("benchmarks.soak", where, place, SECONDS)
    report.note(f"{where}: {found['calls']:,} calls by {TASKS} tasks in {SECONDS} s")
    for whose, sizes in found["sizes"].items():
        name = f"{where}: the {whose}, more than after the first quarter"
        report.add(Figure(name, [grown(sizes)], unit="MiB", more_is_better=False))
    name = f"{where}: entries left when it was cleared"
    report.add(Figure(name, [found["left"]], unit="entries", more_is_better=False))


def grown(sizes: Sequence[float]) -> float:
    """By how much the last size is more than that at the end of the first quarter; sizes come at equal intervals."""
    return sizes[-1] - sizes[len(sizes) // 4 - 1]


async def measure(where: str, place: str, seconds: float) -> dict[str, Any]:
    """The calls of an adapter on a port or in a folder, how large this process and the server are, and what is left."""
    adapter, process, calls = _ADAPTERS[where](place), psutil.Process(), 0
    sizes: dict[str, list[float]] = {"process": []}
    server: Any = Redis(port=int(place)) if where == ON_REDIS else None
    sentences = Texts(1).sentences(2000)
    end = monotonic() + seconds

    async def work(seed: int) -> None:
        nonlocal calls
        chance = random.Random(seed)
        while monotonic() < end:
            await _something(adapter, chance, sentences)
            calls += 1
            await asyncio.sleep(0)  # in memory nothing waits: one task would work alone, and nobody would watch

    async def watch() -> None:
        for _ in range(_SAMPLES):
            await asyncio.sleep(seconds / _SAMPLES)
            gc.collect()
            sizes["process"].append(process.memory_info().rss / 2**20)
            if server is not None:
                sizes.setdefault("server", []).append(server.info("memory")["used_memory"] / 2**20)

    await asyncio.gather(*map(work, range(TASKS)), watch())
    await adapter.clear()
    left = await adapter.count()
    await adapter.close()
    return {"calls": calls, "sizes": sizes, "left": left}


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


if __name__ == "__main__":  # the process that is measured
    print(json.dumps(asyncio.run(measure(sys.argv[1], sys.argv[2], float(sys.argv[3])))))
