"""The Redis adapter with a thousand and with a million entries: latency, the longest call, memory, mass expiry.

Entries of 30 words (some 200 bytes) with four tags, a user and a session: seven terms each with the one that all have.
The index of words is measured apart: what a server uses with 100,000 of them, less what it uses with the same ones
without that index. Of those that expire, all do so at one moment, after the last one was saved.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic, perf_counter
from typing import Any

from redis import Redis
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryEntry
from axon.adapters.redis import RedisAdapter
from axon.spi import Query
from axon_redis import scripts
from axon_redis.commands import Script
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.rounds import in_rounds
from benchmarks.texts import Texts

MANY = 1_000_000
WORDED = 100_000
_AT_ONCE = 2000
_TRIED = 50_000
_MARGIN = 1.5
_MARGIN_S = 10
_PATIENCE_S = 300


def _entries(amount: int, expires_at: datetime, sentences: list[str]) -> Iterator[list[MemoryEntry]]:
    """Entries of seven terms, which end at one moment; every ``group-N`` has 20 of them, whatever the amount."""
    now = datetime.now(UTC)
    for start in range(0, amount, _AT_ONCE):
        yield [
            MemoryEntry(
                text=sentences[number % len(sentences)],
                tags=(f"group-{number % max(1, amount // 20)}", "chat", f"kind-{number % 7}", f"place-{number % 50}"),
                user_id=f"user-{number % 500}",
                session_id=f"session-{number % 800}",
                created_at=now + timedelta(microseconds=number),
                expires_at=expires_at,
            )
            for number in range(start, min(amount, start + _AT_ONCE))
        ]


async def _filled(adapter: RedisAdapter, amount: int, lifetime: timedelta, sentences: list[str]) -> float:
    """Save so many; the seconds that took."""
    start = perf_counter()
    for some in _entries(amount, datetime.now(UTC) + lifetime, sentences):
        await adapter.save_many(some)
    return perf_counter() - start


async def _latency(adapter: RedisAdapter, amount: int) -> float:
    chance, times = random.Random(7), []
    for _ in range(1000):
        query = Query(filter=Filter(tags=[f"group-{chance.randrange(max(1, amount // 20))}"]), limit=20)
        start = perf_counter()
        await adapter.query(query)
        times.append(perf_counter() - start)
    return median(times)


async def _sizes(report: Report, port: int) -> None:
    client: Any = Redis(port=port)
    sentences = Texts(1).sentences(2000)
    few, many = (RedisAdapter(port=port, namespace=name, text_index=False) for name in ("few", "many"))
    await _filled(few, 1000, timedelta(hours=1), sentences)
    client.config_set("slowlog-log-slower-than", 3000)
    client.config_set("slowlog-max-len", 100_000)
    client.slowlog_reset()
    before = client.info("memory")["used_memory"]
    took = await _filled(many, MANY, timedelta(hours=1), sentences)
    report.note(f"saved {MANY:,} entries, {MANY / took:,.0f} a second")
    used = client.info("memory")["used_memory"] - before
    index = used / MANY - _values(client)
    report.barred("index, bytes an entry of 7 terms", [index], bar=1000, at_least=False, unit="bytes")

    async def ratio(_: int) -> dict[str, float]:
        return {"": await _latency(many, MANY) / await _latency(few, 1000)}

    ratios = (await in_rounds(3, ratio))[""]
    report.barred(f"one-tag query, latency at {MANY:,} entries against 1,000", ratios, bar=2.2, at_least=False)
    for query in (
        Query(filter=Filter(tags=["kind-1", "place-2"]), limit=100),
        Query(filter=Filter(user_id="user-7", importance=(0.4, 0.6))),
        Query(filter=Filter(tags=["chat"], importance=(0.9, 1.0)), limit=10),
        Query(filter=Filter()),
    ):
        await many.query(query)
    await many.count()
    slow = sorted((entry["duration"] / 1000, _name(entry["command"])) for entry in client.slowlog_get(-1))
    report.barred("longest call of the server", [slow[-1][0] if slow else 0.0], bar=10, at_least=False, unit="ms")
    shown = ", ".join(f"{name} {duration:.1f}" for duration, name in slow[-5:])
    report.note(f"{len(slow):,} calls above 3 ms; the longest: {shown}")
    await many.clear()
    await few.close()
    await many.close()
    client.close()


async def _words(report: Report) -> None:
    """What the index of words takes, and the counts of words that go with it: the same entries with it and without."""
    entries = [*_entries(WORDED, datetime.now(UTC) + timedelta(hours=1), Texts(1).sentences(WORDED))]
    wordless, worded = [await _used(entries, text_index=text_index) for text_index in (False, True)]
    used = (worded - wordless) / WORDED
    report.add(Figure("index of words, bytes an entry of 30 words", [used], unit="bytes", more_is_better=False))


async def _used(entries: list[list[MemoryEntry]], *, text_index: bool) -> int:
    """By how many bytes a server grows that was empty."""
    with Server() as server:
        client: Any = Redis(port=server.port)
        before = client.info("memory")["used_memory"]
        adapter = RedisAdapter(port=server.port, text_index=text_index)
        for some in entries:
            await adapter.save_many(some)
        await adapter.close()
        used: int = client.info("memory")["used_memory"] - before
        client.close()
        return used


def _name(command: bytes) -> str:
    """A command, and if it runs a script, which one."""
    name, _, rest = command.decode(errors="replace").partition(" ")
    by_sha = {each.sha: each.name for each in vars(scripts).values() if isinstance(each, Script)}
    return f"{name} {by_sha.get(rest[:40], '')}".strip()


def _values(client: Any) -> float:
    """Bytes of a value with its key, by a sample."""
    keys = [key for key, _ in zip(client.scan_iter("{many}#*", count=1000), range(5000), strict=False)]
    return sum(client.memory_usage(key, samples=0) for key in keys) / len(keys)


async def _expiry(report: Report, port: int) -> None:
    """A million entries that are there at once and end at one moment; a second later one looks what is left.

    Their end is set before they are saved, by the time that some take: half as much again for all, and ten seconds.
    """
    client: Any = Redis(port=port)
    sentences = Texts(1).sentences(2000)
    tried = RedisAdapter(port=port, namespace="tried", text_index=False)
    took = await _filled(tried, _TRIED, timedelta(hours=1), sentences)
    await tried.clear()
    await tried.close()
    adapter = RedisAdapter(port=port, namespace="brief", text_index=False)
    lifetime = _MARGIN * took * MANY / _TRIED + _MARGIN_S
    start = monotonic()
    await _filled(adapter, MANY, timedelta(seconds=lifetime), sentences)
    there = await adapter.count()
    left_s = start + lifetime - monotonic()
    if there != MANY:
        raise RuntimeError(
            f"{there:,} of {MANY:,} entries were there at once: filling took longer than {lifetime:.0f} s"
        )
    report.note(f"{there:,} entries were there {left_s:.0f} s before all of them ended at one moment")
    await asyncio.sleep(left_s + 1)
    alive = await adapter.count()
    last = [MemoryEntry(text="after", expires_at=datetime.now(UTC) + timedelta(hours=1)) for _ in range(64)]
    start = monotonic()
    for entry in last:
        await adapter.save(entry)
    await _pruned(client, "{brief}:x", len(last))
    report.note(f"64 saves later the index of all that had ended was gone within {monotonic() - start:.1f} s")
    await adapter.delete_many([entry.id for entry in last])
    await adapter.close()
    left = [key for key in client.scan_iter("{brief}*") if key != b"{brief}:c"]
    report.barred(f"alive after {MANY:,} have expired", [alive], bar=0, at_least=False, unit="entries")
    report.barred("left of them, and of their index", [len(left)], bar=0, at_least=False, unit="keys")
    client.close()


async def _pruned(client: Any, key: str, living: int) -> None:
    """Wait until a sorted set has nothing but what is ``living``; :class:`TimeoutError` with what else it has."""
    end = monotonic() + _PATIENCE_S
    while (there := client.zcard(key)) > living:
        if monotonic() > end:
            raise TimeoutError(f"{there - living:,} expired entries are in {key} after {_PATIENCE_S} s")
        await asyncio.sleep(0.05)


def full(report: Report) -> None:
    """Report the figures beside their bars."""
    with Server() as server:
        asyncio.run(_sizes(report, server.port))
    asyncio.run(_words(report))
    with Server() as server:
        asyncio.run(_expiry(report, server.port))
