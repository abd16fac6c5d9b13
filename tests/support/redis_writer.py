"""Processes that write to Redis: run as a script, and read by the parent.

``redis_writer.py PORT WRITER COUNT MAX_ENTRIES EVICTION`` saves COUNT entries, many at once, and looks after each how
many there are; its last line says how many there were at the most. With COUNT 0 it does mixed writes until it is
killed: it prints each before it begins, and ``done`` when it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from axon import Filter, MemoryEntry
from axon_redis.adapter import RedisAdapter

HOST = "127.0.0.1"
IDS = [f"id-{number}" for number in range(25)]
START = datetime(2030, 1, 1, tzinfo=UTC)


def entry(entry_id: str, version: int) -> MemoryEntry:
    """The entry of a version: its words, tags and session are those of no other one."""
    return MemoryEntry(
        id=entry_id,
        text=f"{entry_id} said word{version} and common words",
        tags=[f"tag{version}", "all"],
        session_id=f"session{version}",
        metadata={"version": version},
        created_at=START + timedelta(seconds=version),
    )


async def save_many_at_once(adapter: RedisAdapter, writer: str, count: int) -> int:
    """Save; the largest number of entries that was seen."""
    most = 0
    chance = random.Random(writer)

    async def save(number: int) -> None:
        nonlocal most
        moment = START + timedelta(seconds=chance.random() * 1000)
        await adapter.save(
            MemoryEntry(
                id=f"{writer}-{number}",
                text=f"text {number}",
                tags=["t"],
                created_at=moment,
                importance=chance.random(),
            )
        )
        most = max(most, await adapter.count())

    for start in range(0, count, 16):
        await asyncio.gather(*(save(number) for number in range(start, min(start + 16, count))))
    return most


async def mixed(adapter: RedisAdapter, seed: int, version: int) -> None:
    """Write until somebody kills this process."""
    chance = random.Random(seed)
    while True:
        operation = chance.choices(
            ["save", "save_many", "update", "delete", "delete_where", "clear"], [8, 6, 5, 4, 2, 0.3]
        )[0]
        many = chance.randint(2, len(IDS)) if operation in {"save_many", "delete", "delete_where"} else 1
        change = {}
        for entry_id in chance.sample(IDS, many):
            version += 1
            change[entry_id] = version
        say([operation, change])
        match operation:
            case "save" | "save_many":
                await adapter.save_many([entry(*item) for item in change.items()])
            case "update":
                for entry_id, number in change.items():
                    new = entry(entry_id, number)
                    names = ("text", "tags", "session_id", "metadata", "created_at")
                    await adapter.update(entry_id, **{name: getattr(new, name) for name in names})
            case "delete":
                await adapter.delete_many(list(change))
            case "delete_where":
                await adapter.delete_where(Filter(ids=list(change), tags=["all"]))
            case "clear":
                await adapter.clear()
        say("done")


def say(what: object) -> None:
    """One line to the parent, at once."""
    os.write(1, json.dumps(what).encode() + b"\n")


async def main(port: int, writer: str, count: int, most: int, eviction: Any, version: int = 0) -> None:  # noqa: PLR0917
    """What the arguments say."""
    adapter = RedisAdapter(HOST, port, max_entries=most or None, eviction=eviction)
    say("up")
    if count:
        say(await save_many_at_once(adapter, writer, count))
    else:
        await mixed(adapter, int(writer), version)
    await adapter.close()


if __name__ == "__main__":
    port, writer, count, most, eviction, *version = sys.argv[1:]
    asyncio.run(main(int(port), writer, int(count), int(most), eviction, *map(int, version)))
