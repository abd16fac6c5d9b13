"""The Redis adapter when things go wrong: a server that evicts, a master that dies; and how well it recalls.

120,000 entries of 30 words into a server that has room for about half of them; a master behind Sentinel that is killed
while 16 tasks save and get; and the project's own questions about chats and documents, asked in memory and on Redis.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import fmean
from time import perf_counter
from typing import Any

from redis import Redis
from tests.support.redis_servers.sentinel import SentinelSetup
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryEntry
from axon.adapters.redis import RedisAdapter
from axon.core.errors import AxonError
from axon.spi import Adapter, Query
from axon_redis.keys import packed, unpacked
from benchmarks.quality.asking import ask, everybody, metrics_of
from benchmarks.quality.corpus import conversations
from benchmarks.quality.rules import RULES
from benchmarks.quality.tables import WORDS, Setting, settings
from benchmarks.report import Report
from benchmarks.texts import Texts

_MEGABYTES = 60
_SAVED = 120_000
_TASKS = 16


def _entries(amount: int) -> list[MemoryEntry]:
    sentences = Texts(1).sentences(2000)
    now = datetime.now(UTC)
    return [
        MemoryEntry(
            text=sentences[number % 2000],
            tags=(f"topic-{number % 100}", "chat", f"kind-{number % 7}", f"place-{number % 50}"),
            user_id=f"user-{number % 500}",
            session_id=f"session-{number % 800}",
            created_at=now + timedelta(microseconds=number),
            expires_at=now + timedelta(hours=1),
        )
        for number in range(amount)
    ]


async def _evicting(report: Report, port: int) -> None:
    """Twice what fits: which living entries does an index not lead to, and how much of the index leads nowhere?"""
    client: Any = Redis(port=port)
    client.config_set("maxmemory", client.info("memory")["used_memory"] + _MEGABYTES * 2**20)
    client.config_set("maxmemory-policy", "allkeys-lru")
    adapter = RedisAdapter(port=port, namespace="lru", text_index=False)
    entries = _entries(_SAVED)
    for start in range(0, _SAVED, 2000):
        await asyncio.gather(*map(adapter.save, entries[start : start + 2000]))
        await asyncio.gather(
            *(
                adapter.query(Query(filter=Filter(tags=[f"topic-{random.randrange(100)}"]), limit=100))
                for _ in range(20)
            )
        )
    alive = {unpacked(key.removeprefix(b"{lru}")) for key in client.scan_iter("{lru}[=#]*", count=5000)}
    invisible: set[str] = set()
    for which, value in [("tag", f"topic-{n}") for n in range(100)] + [("user", f"user-{n}") for n in range(500)]:
        filter = Filter(tags=[value]) if which == "tag" else Filter(user_id=value)
        found = {hit.entry.id for hit in await adapter.query(Query(filter=filter, limit=_SAVED))}
        expected = {e.id for e in entries if e.id in alive and filter.matches(e)}
        invisible |= {each for each in expected - found if client.exists(b"{lru}" + packed(each))}
    records = client.hkeys("{lru}:f")
    garbage = sum(1 for key in records if key and not client.exists(b"{lru}" + key)) / max(1, len(records))
    report.note(f"{len(alive):,} of {_SAVED:,} entries alive, {client.info('stats')['evicted_keys']:,} evicted")
    name = "allkeys-lru: living entries that an index does not lead to"
    report.barred(name, [len(invisible)], bar=0, at_least=False, unit="entries")
    name = "allkeys-lru: share of the index that leads nowhere"
    report.barred(name, [garbage], bar=0.2, at_least=False, unit="of 1")
    await adapter.close()
    client.close()


async def _under_load(adapter: Adapter, disaster: Callable[[], object], seconds: float) -> tuple[int, int, float]:
    """How many calls, how many of them failed, and the longest time without one that succeeded, in seconds."""
    end = perf_counter() + seconds
    calls = errors = 0
    last, longest = perf_counter(), 0.0
    entries = _entries(1000)

    async def work(task: int) -> None:
        nonlocal calls, errors, last, longest
        number = task
        while perf_counter() < end:
            number += _TASKS
            entry = entries[number % 1000]
            try:
                await (adapter.save(entry) if number % 3 else adapter.get(entry.id))
            except AxonError:
                errors += 1
            else:
                longest, last = max(longest, perf_counter() - last), perf_counter()
            calls += 1

    async def chaos() -> None:
        await asyncio.sleep(2)
        await asyncio.to_thread(disaster)

    jobs: list[Awaitable[None]] = [work(task) for task in range(_TASKS)]
    await asyncio.gather(*jobs, chaos())
    return calls, errors, longest


async def _failover(report: Report) -> None:
    failed, gaps = [], []
    for _ in range(3):
        with SentinelSetup() as setup:
            adapter = RedisAdapter(url=setup.url)
            calls, errors, gap = await _under_load(adapter, partial(setup.master.kill, signal.SIGKILL), 10)
            await adapter.close()
        report.note(f"{calls:,} calls while the master was killed")
        failed.append(errors)
        gaps.append(gap)
    report.barred("Sentinel failover (down-after 1 s): failed", failed, bar=0, at_least=False, unit="calls")
    report.barred("Sentinel failover: longest time without a reply", gaps, bar=3, at_least=False, unit="s")


async def _quality(report: Report, port: int) -> None:
    differences = []
    held_out = [Setting(name, corpus, everybody) for name, corpus in conversations().items()]
    for setting in [*settings(), *held_out]:
        figures = []
        for adapter in (None, RedisAdapter(port=port, namespace=f"quality {setting.name}")):
            answers = await ask(setting.corpus, setting.where, adapter=adapter)
            metrics = metrics_of(answers, setting.corpus.group_of, RULES[WORDS])
            figures.append(fmean(each.recall_5 for each in metrics))
            if adapter is not None:
                await adapter.close()
        report.note(f"{setting.name}: recall@5 by words {figures[0]:.3f} in memory, {figures[1]:.3f} on Redis")
        differences.append(abs(figures[0] - figures[1]))
    report.note("These are some hundreds of entries each: all that have a word of a question are ranked, up to 5,000.")
    name = "recall@5 by words: the largest difference from memory in eight settings"
    report.barred(name, [max(differences)], bar=0.01, at_least=False, unit="of 1")


def main(report: Report) -> None:
    """Report what recall by words finds, beside what it finds in memory, and what is left when a server evicts."""
    with Server() as server:
        asyncio.run(_quality(report, server.port))
    with Server() as server:
        asyncio.run(_evicting(report, server.port))


def full(report: Report) -> None:
    """Report what calls see of a master that dies."""
    asyncio.run(_failover(report))
