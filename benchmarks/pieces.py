"""Where the time goes of what misses its bar: pieces of calls, each alone, in turns.

Redis: entries of 30 words with six terms. One task shares its core with the server; of 64 tasks the client has a core
and the server another. What the server spends is what it says itself (``INFO commandstats``). The store: 100,000
entries of some 150 characters with 384 numbers each, all of it in the memory of the system.
"""

# ruff: noqa: SLF001 - pieces of calls are not what anybody calls

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import attrs
import numpy as np
from redis.asyncio import Redis
from tests.support.redis_servers.server import Server

from axon import Filter, MemoryConfig, MemoryEntry, MemorySystem
from axon.adapters.redis import RedisAdapter
from axon.adapters.vector import VectorAdapter
from axon.core.policies import EphemeralPolicy
from axon.spi import Query, as_embedding
from axon_redis import scripts
from axon_redis.codec import entry_of, value_of
from axon_redis.commands import pack
from axon_redis.keys import packed
from axon_vector.database import FILE
from axon_vector.quantized import Quantized
from axon_vector.rows import are_intact
from benchmarks.cores import apart, one_core
from benchmarks.figure import Figure
from benchmarks.redis_speed import TASKS, entries, rate
from benchmarks.report import Report
from benchmarks.rounds import in_rounds, in_turn
from benchmarks.store import DIMENSION, LARGE, Stores
from benchmarks.texts import Texts

ROUNDS = 5
_CALLS = 3000
_ROWS = 256

Calls = Mapping[str, Callable[[int], Awaitable[object]]]


def main(report: Report) -> None:
    """Report the microseconds of each piece."""
    with Server() as server, one_core(server.pid):
        _tell(report, "Redis, 1 task", asyncio.run(_alone(server.port)))
    with Server() as server, apart([server.pid]):
        _tell(report, "Redis, 64 tasks", asyncio.run(_together(server.port)))
        _tell(report, "Redis, what the server spends", asyncio.run(_of_server(server.port)))
    with tempfile.TemporaryDirectory() as directory, one_core():
        asyncio.run(_of_store(report, directory))


def _tell(report: Report, name: str, found: Mapping[str, list[float]]) -> None:
    for piece, rounds in found.items():
        report.add(Figure(f"{name}: {piece}", rounds, unit="us", more_is_better=False))


async def _timed(calls: Calls, tasks: int) -> dict[str, list[float]]:
    async def measure(number: int) -> dict[str, float]:
        return {
            name: 1e6 / await rate(call, tasks=tasks, calls=_CALLS)
            for name, call in in_turn(list(calls.items()), number)
        }

    found = await in_rounds(ROUNDS, measure)
    return {name: found[name] for name in calls}


async def _alone(port: int) -> dict[str, list[float]]:
    adapter, raw = RedisAdapter(port=port, text_index=False), Redis(port=port)
    memory = MemorySystem(
        MemoryConfig(ephemeral=EphemeralPolicy(), session=None, persistent=None), adapters={"ephemeral": adapter}
    )
    await adapter.unlock(await adapter.lock("a", ttl=30))
    fence, key = adapter._keys.fence, adapter._keys.lock("scripts")
    send = adapter._link._carrier_of(key).send
    get, nx, delete = pack(("GET", "x")), pack(("SET", "nx", "x" * 32, "NX", "PX", 30_000)), pack(("DEL", "nx"))

    async def pair(first: bytes, second: bytes) -> None:
        await send(first)
        await send(second)

    async def by_scripts(number: int) -> None:
        token = f"{number:032}"
        await pair(
            pack(("EVALSHA", scripts.LOCK.sha, 2, key, fence, token, 30_000, "")),
            pack(("EVALSHA", scripts.UNLOCK.sha, 1, key, token)),
        )

    async def by_adapter(number: int) -> None:
        await adapter.unlock(await adapter.lock(f"adapter-{number % 1000}", ttl=30))

    async def by_memory(number: int) -> None:
        async with memory.lock(f"memory-{number % 1000}"):
            pass

    async def by_redis_py(number: int) -> None:
        lock = raw.lock(f"theirs-{number % 1000}", timeout=30)
        await lock.acquire()
        await lock.release()

    found = await _timed(
        {
            "a GET through the multiplexer": lambda _: send(get),
            "SET NX and DEL through the multiplexer": lambda _: pair(nx, delete),
            "the scripts that lock and unlock, through the multiplexer": by_scripts,
            "the adapter's lock and unlock": by_adapter,
            "memory.lock": by_memory,
            "redis-py's Lock": by_redis_py,
        },
        1,
    )
    await memory.aclose()
    await adapter.close()
    await getattr(raw, "aclose", raw.close)()
    return found


async def _together(port: int) -> dict[str, list[float]]:
    adapter, raw = RedisAdapter(port=port, text_index=False), Redis(port=port, max_connections=1024)
    memory = MemorySystem(
        MemoryConfig(ephemeral=EphemeralPolicy(), session=None, persistent=None), adapters={"ephemeral": adapter}
    )
    stored = entries(1000, texts_of=Texts(1).sentences(1000))
    await adapter.save_many(stored)
    ids, values = [entry.id for entry in stored], [value_of(entry) for entry in stored]
    send, name = adapter._link._carrier_of(b"").send, adapter._shards[0].keys.base + packed(ids[0])
    get, fresh = pack(("GET", name)), iter(count())

    async def make(number: int) -> object:
        return entry_of(values[number % 1000])

    async def name_it(number: int) -> object:
        return packed(ids[number % 1000])

    found = await _timed(
        {
            "a GET through the multiplexer": lambda _: send(get),
            "the adapter's get": lambda n: adapter.get(ids[n % 1000]),
            "of that, to make the entry": make,
            "of that, to pack its id": name_it,
            "memory.once": lambda _: memory.once(f"{next(fresh)}", ttl=60),
            "redis-py's GET": lambda _: raw.get(name),
        },
        TASKS,
    )
    await memory.aclose()
    await adapter.close()
    await getattr(raw, "aclose", raw.close)()
    return found


async def _of_server(port: int) -> dict[str, list[float]]:
    raw = Redis(port=port)
    plain = RedisAdapter(port=port, namespace="plain", text_index=False)
    worded = RedisAdapter(port=port, namespace="worded")
    sentences = Texts(2).sentences(2000)

    async def spent(command: str, call: Callable[[MemoryEntry], Awaitable[object]]) -> float:
        some = entries(500, texts_of=sentences)
        await call(attrs.evolve(some[0], id="first"))
        await raw.config_resetstat()
        for entry in some:
            await call(entry)
        told = (await raw.info("commandstats"))[f"cmdstat_{command}"]
        return float(told["usec"]) / len(some)

    async def measure(_: int) -> dict[str, float]:
        return {
            "to save an entry with 6 terms": await spent("evalsha", plain.save),
            "to save one with 30 words besides": await spent("evalsha", worded.save),
            "a SET of 400 bytes": await spent("set", lambda entry: raw.set(entry.id, b"x" * 400, ex=3600)),
        }

    found = await in_rounds(ROUNDS, measure)
    for adapter in (plain, worded):
        await adapter.close()
    await getattr(raw, "aclose", raw.close)()
    return found


async def _of_store(report: Report, directory: str) -> None:
    stores = Stores(LARGE, directory)
    adapter = VectorAdapter(directory)
    await stores.save(adapter)
    await adapter.query(Query(vector=as_embedding(stores.questions(1)[0]), limit=10))
    worker = adapter._worker
    _tell(report, "The store, a recall", await worker.run(lambda store: _recalls(store, stores)))
    _tell(report, "The store, a pass over 100,000 vectors", _passes(stores))
    await adapter.close()
    _tell(report, "The store, to open it", _opening(Path(directory), stores))
    _tell(report, "The store, a write", await _writes(stores))


def _rounds(pieces: Mapping[str, Callable[[], object]], *, times: int) -> dict[str, list[float]]:
    """The median of some calls of each piece, round by round."""
    found: dict[str, list[float]] = {name: [] for name in pieces}
    for number in range(ROUNDS + 1):
        for name, call in in_turn(list(pieces.items()), number):
            taken = []
            for _ in range(times):
                start = perf_counter()
                call()
                taken.append((perf_counter() - start) * 1e6)
            if number:
                found[name].append(median(taken))
    return found


def _recalls(store: Any, stores: Stores) -> dict[str, list[float]]:
    chance = random.Random(1)

    def read() -> None:
        store.kept.forget_entries()
        store.entries_at(chance.sample(range(1, LARGE), 10))

    tags = iter(count())

    def admit() -> None:
        store.kept.admitted(Filter(tags=[f"group-{next(tags) % 100}"]))

    rows = np.arange(7, LARGE, 100)
    question = stores.questions(1)[0]
    return _rounds(
        {
            "to read ten entries": read,
            "to look up what a new filter for 1 % admits": admit,
            "to see that nobody has written": store.kept.is_current,
            "numpy's product of those rows": lambda: stores.matrix[rows] @ question,
        },
        times=40,
    )


def _passes(stores: Stores) -> dict[str, list[float]]:
    quantized = Quantized(DIMENSION)
    quantized.set(0, stores.matrix, LARGE)
    question = stores.questions(1)[0]
    question /= np.linalg.norm(question)
    estimates = quantized.estimates(question, LARGE)
    return _rounds(
        {
            "in float32, by numpy": lambda: stores.matrix @ question,
            "in eight bits": lambda: quantized.estimates(question, LARGE),
            "to choose among these": lambda: estimates.possible(10),
        },
        times=20,
    )


def _opening(directory: Path, stores: Stores) -> dict[str, list[float]]:
    """As a store does it: some rows at once, each some checked and copied while the processor's cache holds them."""
    flat = directory / "flat.npy"
    np.save(flat, stores.matrix)
    matrix = np.empty_like(stores.matrix)
    with closing(sqlite3.connect(directory / FILE)) as connection:
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute("PRAGMA cell_size_check = ON")

        def read(*then: Callable[[list[bytes], int], object]) -> None:
            rows = connection.execute("SELECT position, embedding FROM vector WHERE namespace = 1 ORDER BY position")
            first = 0
            while batch := rows.fetchmany(_ROWS):
                blobs = [blob for _, blob in batch]
                for each in then:
                    each(blobs, first)
                first += len(batch)

        def check(blobs: list[bytes], _: int) -> None:
            if not are_intact(blobs, DIMENSION):
                raise RuntimeError("a vector is damaged")

        def copy(blobs: list[bytes], first: int) -> None:
            some = np.frombuffer(b"".join(blobs), np.float32).reshape(-1, DIMENSION + 1)
            matrix[first : first + len(some)] = some[:, :-1]

        return _rounds(
            {
                "to read the vectors from a flat file": lambda: np.load(flat),
                "to read them through SQLite": read,
                "to read and check them": lambda: read(check),
                "to read, check and copy them": lambda: read(check, copy),
            },
            times=1,
        )


async def _writes(stores: Stores) -> dict[str, list[float]]:
    """Of a store without waits for the disk, beside one wait."""
    with tempfile.TemporaryDirectory() as directory:
        adapter = VectorAdapter(directory, synchronous="normal")
        await adapter.save_many(stores.entries(0, 10_000))
        left = iter(range(10_000))
        new = (
            MemoryEntry(text=e.text, tags=["a", "b"], embedding=e.embedding)
            for e in stores.entries(0, (ROUNDS + 1) * 200)
        )

        made = iter(list(new))

        async def flush(_: int) -> None:
            file.write(b"x" * 2048)
            os.fdatasync(file.fileno())

        with (Path(directory) / "fdatasync").open("wb", buffering=0) as file:
            calls: Calls = {
                "an insert that waits for no disk": lambda _: adapter.save(next(made)),
                "a delete that waits for no disk": lambda _: adapter.delete(str(next(left))),
                "a bare fdatasync of 2 KB": flush,
            }

            async def measure(number: int) -> dict[str, float]:
                found = {}
                for name, call in in_turn(list(calls.items()), number):
                    taken = []
                    for each in range(200):
                        start = perf_counter()
                        await call(each)
                        taken.append((perf_counter() - start) * 1e6)
                    found[name] = median(taken)
                return found

            rounds = await in_rounds(ROUNDS, measure)
        await adapter.close()
    return {name: rounds[name] for name in calls}
