"""What the tests of the Redis adapter's data need: adapters that are closed, entries, and audits of an index."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis_servers.address import HOST
from redis_servers.patience import wait_until
from redis_servers.server import Server

from axon import Filter, MemoryEntry
from axon.spi import Query, iterate
from axon_redis.adapter import RedisAdapter
from axon_redis.keys import unpacked

START = datetime(2030, 1, 1, tzinfo=UTC)
INDEX = ("i", "x", "f", "r", "w", "c")
"""What the keys of an index end in, after a colon, as far as they are there."""
PATIENCE_S = 20.0
_ID = slice(13, -1)
"""Where the id stands in a member of the sorted set ``:i``."""


@asynccontextmanager
async def opened(server: Server, **arguments: Any) -> AsyncIterator[RedisAdapter]:
    """An adapter on ``server``, closed in the end."""
    adapter = RedisAdapter(HOST, server.port, **arguments)
    try:
        yield adapter
    finally:
        await adapter.close()


@asynccontextmanager
async def opened_at(url: str, **arguments: Any) -> AsyncIterator[RedisAdapter]:
    """An adapter on what ``url`` names, closed in the end."""
    adapter = RedisAdapter(url=url, **arguments)
    try:
        yield adapter
    finally:
        await adapter.close()


def entry(entry_id: str, **values: Any) -> MemoryEntry:
    """An entry; what is not given follows from its id."""
    return MemoryEntry(**{"id": entry_id, "text": f"text {entry_id}", "created_at": START, **values})


def rich(number: int, **values: Any) -> MemoryEntry:
    """An entry with six terms beside its words, each of which others have too; it lives for an hour."""
    now = datetime.now(UTC)
    return MemoryEntry(
        **{
            "id": f"n{number}",
            "text": f"word{number % 97} of group{number % 7} and common words",
            "tags": [f"tag{number % 89}", f"kind{number % 5}", "all"],
            "user_id": f"user{number % 53}",
            "session_id": f"session{number % 211}",
            "importance": number % 101 / 100,
            "created_at": now,
            "expires_at": now + timedelta(hours=1),
            **values,
        }
    )


async def ids(adapter: RedisAdapter) -> set[str]:
    """What a scan finds."""
    return {found.id async for found in iterate(adapter)}


async def found(adapter: RedisAdapter, **query: Any) -> list[str]:
    """The ids of a query's hits."""
    return [hit.entry.id for hit in await adapter.query(Query(**{"limit": 1_000_000, **query}))]


async def awaited(condition: Any, what: str) -> Any:
    """What ``condition`` gives as soon as that is true."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not (answer := condition()):
        if loop.time() > end:
            raise TimeoutError(f"{what}: not within {PATIENCE_S} s")
        await asyncio.sleep(0.01)
    return answer


def bases(client: Any, namespace: str, shards: int = 1) -> list[bytes]:
    """What the keys of ``namespace``, which holds no braces, begin with."""
    return [f"{{{namespace}{f'#{number}/{shards}' if shards > 1 else ''}}}".encode() for number in range(shards)]


def stored(client: Any, namespace: str = "axon", shards: int = 1) -> set[str]:
    """The ids of the entries that lie in Redis, whatever an index says."""
    found: set[str] = set()
    for base in bases(client, namespace, shards):
        for key in client.scan_iter(match=base + b"[=#]*", count=10_000):
            found.add(unpacked(key.removeprefix(base)))
    return found


def garbage(client: Any, namespace: str = "axon", shards: int = 1) -> tuple[int, int]:
    """How many entries an index holds that are gone, in whichever part of it, and how many it holds."""
    gone = total = 0
    for base in bases(client, namespace, shards):
        indexed = client.zrange(base + b":x", 0, -1)
        for start in range(0, len(indexed), 1000):
            some = indexed[start : start + 1000]
            gone += len(some) - client.exists(*[base + one for one in some])
        parts = {posting[_ID] for posting in client.zrange(base + b":i", 0, -1)} | set(client.hkeys(base + b":f")) - {
            b""
        }
        gone += len(parts.difference(indexed))
        total += len(indexed)
    return gone, total


async def audit(adapter: RedisAdapter, entries: Iterable[MemoryEntry], *, words: bool = True) -> set[str]:
    """The ids of the living ones of ``entries``, after each of them was found by every term that it has.

    Nothing but ``entries`` may be in the namespace; its index must give neither less nor more than what ``get`` gives.
    """
    every = [one.id for one in entries]
    alive: dict[str, MemoryEntry] = {}
    for start in range(0, len(every), 1000):
        alive |= {one.id: one for one in await adapter.get_many(every[start : start + 1000]) if one is not None}
    having: dict[tuple[str, str], set[str]] = {}
    for one in alive.values():
        terms = [("tag", tag) for tag in one.tags] + [("user", one.user_id or ""), ("session", one.session_id or "")]
        for term in terms + ([("word", word) for word in one.text.split() if word.isalnum()] if words else []):
            having.setdefault(term, set()).add(one.id)
    for (kind, value), expected in having.items():
        if not value:
            continue
        if kind == "word":
            # A word brings up a thousand entries and more only in part.
            got = await found(adapter, text=value) if len(expected) < 1000 and value not in {"of", "and"} else None
        else:
            got = await found(adapter, filter=_filter(kind, value))
        assert got is None or set(got) == expected, (kind, value, len(got), len(expected))
        assert got is None or len(got) == len(expected)
    assert await ids(adapter) == set(alive)
    assert await adapter.count() == len(alive)
    assert await adapter.count(Filter()) == len(alive)
    return set(alive)


def _filter(kind: str, value: str) -> Filter:
    fields: Mapping[str, Any] = {"tag": {"tags": [value]}, "user": {"user_id": value}, "session": {"session_id": value}}
    return Filter(**fields[kind])


def alone(client: Any) -> None:
    """Wait until ``client`` (of redis-py, not asyncio) is the only one on its server."""
    wait_until(lambda: len(client.client_list()) == 1, "the end of other connections")


def script(path: str | Path, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """A Python process that runs ``path`` and imports what this one can."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen([sys.executable, str(path), *map(str, arguments)], env=environment, **options)
