"""Mixed writes to a store by a process that may be killed at any moment: run as a script, and read by the parent.

Before a write it prints what it is going to do, and after the write has returned that it has. What is written
follows from ids and versions alone, so that whoever reads the lines knows what the store must hold.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from datetime import UTC, datetime, timedelta

from axon import MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.spi import as_embedding

IDS = [f"id-{number}" for number in range(25)]
START = datetime(2030, 1, 1, tzinfo=UTC)


def entry(entry_id: str, version: int) -> MemoryEntry:
    """The entry of a version: its words, tags and vector are those of no other one; every fourth has no vector."""
    return MemoryEntry(
        id=entry_id,
        text=f"{entry_id} said word{version} and common words",
        tags=[f"tag{version}", "all"],
        session_id=f"session{version}",
        metadata={"version": version},
        created_at=START + timedelta(seconds=version),
        embedding=vector(version) if version % 4 else None,
    )


def vector(version: int) -> memoryview:
    """A direction that no other version has."""
    numbers = random.Random(version)
    return as_embedding([numbers.gauss(0, 1) for _ in range(8)])


def after(state: dict[str, int], operation: str, change: dict[str, int]) -> dict[str, int]:
    """What a store holds, as versions by id, once ``operation`` is done."""
    if operation == "clear":
        return {}
    if operation == "delete":
        return {entry_id: version for entry_id, version in state.items() if entry_id not in change}
    if operation == "update":
        change = {entry_id: version for entry_id, version in change.items() if entry_id in state}
    return {**state, **change}


async def write(adapter: VectorAdapter, operation: str, change: dict[str, int]) -> None:
    """Do ``operation`` with the entries of ``change``."""
    match operation:
        case "save_many":
            await adapter.save_many([entry(*item) for item in change.items()])
        case "delete":
            await adapter.delete_many(list(change))
        case "clear":
            await adapter.clear()
        case "save":
            for item in change.items():
                await adapter.save(entry(*item))
        case "update":
            for entry_id, version in change.items():
                new = entry(entry_id, version)
                names = ("text", "tags", "session_id", "metadata", "created_at", "embedding")
                await adapter.update(entry_id, **{name: getattr(new, name) for name in names})


async def forever(path: str, seed: int, version: int) -> None:
    """Write until somebody kills this process."""
    chance = random.Random(seed)
    adapter = VectorAdapter(path)
    while True:
        operation = chance.choices(["save", "save_many", "update", "delete", "clear"], [8, 6, 5, 4, 0.3])[0]
        many = chance.randint(2, len(IDS)) if operation in {"save_many", "delete"} else 1
        change = {}
        for entry_id in chance.sample(IDS, many):
            version += 1
            change[entry_id] = version
        say([operation, change])
        await write(adapter, operation, change)
        say("done")


def say(what: object) -> None:
    """One line to the parent, at once."""
    os.write(1, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    say("up")
    asyncio.run(forever(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
