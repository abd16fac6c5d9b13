"""Pieces of calls to Redis, in microseconds."""

# ruff: noqa: SLF001 - pieces of calls are not what anybody calls

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import count

import attrs
from redis.asyncio import Redis
from tests.support.redis_servers.server import Server

from axon import MemoryEntry
from axon.adapters.redis import RedisAdapter
from axon_redis import scripts
from axon_redis.codec import entry_of, value_of
from axon_redis.commands import pack
from axon_redis.keys import packed
from benchmarks.cores import apart, one_core
from benchmarks.redis_coordination import memory_of
from benchmarks.redis_speed import TASKS, entries, rate
from benchmarks.rounds import in_rounds, in_turn
from benchmarks.texts import Texts

_ROUNDS = 5
_CALLS = 3000

Pieces = dict[str, list[float]]


def measured() -> dict[str, Pieces]:
    """The rounds of each piece, by what it is a piece of."""
    with Server() as server, one_core(server.pid):
        alone = asyncio.run(_alone(server.port))
    with Server() as server, apart([server.pid]):
        together = asyncio.run(_together(server.port))
        of_server = asyncio.run(_of_server(server.port))
    return {"Redis, 1 task": alone, "Redis, 64 tasks": together, "Redis, 64 tasks, what the server spends": of_server}


async def _timed(calls: Mapping[str, Callable[[int], Awaitable[object]]], tasks: int) -> Pieces:
    async def measure(number: int) -> dict[str, float]:
        return {
            name: 1e6 / await rate(call, tasks=tasks, calls=_CALLS)
            for name, call in in_turn(list(calls.items()), number)
        }

    found = await in_rounds(_ROUNDS, measure)
    return {name: found[name] for name in calls}


async def _alone(port: int) -> Pieces:
    adapter, raw = RedisAdapter(port=port, text_index=False), Redis(port=port)
    memory = memory_of(adapter)
    await adapter.unlock(await adapter.lock("a", ttl=30))
    entry = entries(1, texts_of=Texts(1).sentences(1))[0]
    await adapter.save(entry)
    await raw.set("raw", value_of(entry))
    fence, key = adapter._keys.fence, adapter._keys.lock("scripts")
    send = adapter._link._carrier_of(key).send
    get, nx, delete = pack(("GET", "raw")), pack(("SET", "nx", "x" * 32, "NX", "PX", 30_000)), pack(("DEL", "nx"))

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
            "the adapter's get": lambda _: adapter.get(entry.id),
            "redis-py's GET": lambda _: raw.get("raw"),
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


async def _together(port: int) -> Pieces:
    adapter, raw = RedisAdapter(port=port, text_index=False), Redis(port=port, max_connections=1024)
    memory = memory_of(adapter)
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
            "redis-py's SET of 400 bytes": lambda n: raw.set(f"raw:{n % 1000}", b"x" * 400, ex=3600),
        },
        TASKS,
    )
    await memory.aclose()
    await adapter.close()
    await getattr(raw, "aclose", raw.close)()
    return found


async def _of_server(port: int) -> Pieces:
    raw = Redis(port=port)
    plain = RedisAdapter(port=port, namespace="plain", text_index=False)
    worded = RedisAdapter(port=port, namespace="worded")
    sentences = Texts(2).sentences(2000)

    async def spent(command: str, call: Callable[[MemoryEntry], Awaitable[object]]) -> float:
        some = entries(_CALLS, texts_of=sentences)
        await call(attrs.evolve(some[0], id="first"))
        await raw.config_resetstat()
        await rate(lambda number: call(some[number]), tasks=TASKS, calls=len(some))
        told = (await raw.info("commandstats"))[f"cmdstat_{command}"]
        return float(told["usec"]) / len(some)

    async def measure(_: int) -> dict[str, float]:
        return {
            "to save an entry with 6 terms": await spent("evalsha", plain.save),
            "to save one with 30 words besides": await spent("evalsha", worded.save),
            "a SET of 400 bytes": await spent("set", lambda entry: raw.set(entry.id, b"x" * 400, ex=3600)),
        }

    found = await in_rounds(_ROUNDS, measure)
    for adapter in (plain, worded):
        await adapter.close()
    await getattr(raw, "aclose", raw.close)()
    return found
