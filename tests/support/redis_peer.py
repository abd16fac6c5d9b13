"""One of several processes that agree on something through Redis: run as a script, and read by the parent.

``redis_peer.py URL VERB ARGUMENT...`` prints a line when it is up, waits for a line, does what ``VERB`` says, and
prints what came of it as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis_data import script

from axon import EphemeralPolicy, MemoryConfig, MemorySystem
from axon_redis.adapter import RedisAdapter


async def contend(adapter: RedisAdapter, path: str, tasks: str) -> list[int]:
    """Count in a file while the lock is held, in so many tasks at once; the fences."""
    file = Path(path)

    async def count() -> int:
        lock = await adapter.lock("one", ttl=30, wait=60)
        number = int(file.read_text())  # noqa: ASYNC240 - another who is inside too is lost, or seen as an empty file
        await asyncio.sleep(0.001)
        file.write_text(str(number + 1))  # noqa: ASYNC240 - as above
        if not await adapter.unlock(lock):
            raise RuntimeError("it was not held until it was given back")
        return lock.fence

    return await asyncio.gather(*(count() for _ in range(int(tasks))))


async def hold(adapter: RedisAdapter, ttl: str) -> None:
    """Take the lock and keep it until somebody kills this process; prints the fence and when it was had."""
    lock = await adapter.lock("one", ttl=float(ttl))
    print(json.dumps([lock.fence, time.monotonic()]), flush=True)  # noqa: T201
    await asyncio.sleep(3600)


async def allow(adapter: RedisAdapter, callers: str, limit: str) -> int:
    """Ask for a limit so many times at once; how often it was allowed."""
    calls = [adapter.allow("one", limit=int(limit), per=60) for _ in range(int(callers))]
    return sum(answer.allowed for answer in await asyncio.gather(*calls))


async def once(adapter: RedisAdapter, keys: str) -> list[bool]:
    """Ask for each key whether nobody did before."""
    memory = MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy()), adapters={"ephemeral": adapter})
    return await asyncio.gather(*(memory.once(f"key{number}", ttl=60) for number in range(int(keys))))


VERBS = {"contend": contend, "hold": hold, "allow": allow, "once": once}


def started(url: str, verb: str, *arguments: object) -> subprocess.Popen[bytes]:
    """Such a process, which is up and waits for :func:`begin`."""
    process = script(__file__, url, verb, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


def begin(process: subprocess.Popen[bytes]) -> None:
    """Let it do what it is there for."""
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def together(url: str, verb: str, arguments: Sequence[Sequence[object]]) -> list[Any]:
    """What came of it in one process for each of ``arguments``, all at once."""
    processes = [started(url, verb, *some) for some in arguments]
    try:
        for process in processes:
            begin(process)
        return [json.loads(process.communicate()[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


async def _main(url: str, verb: str, *arguments: str) -> None:
    adapter = RedisAdapter(url=url)
    await adapter.values(["nothing"])  # it is connected
    print("up", flush=True)  # noqa: T201
    sys.stdin.readline()
    print(json.dumps(await VERBS[verb](adapter, *arguments)))  # noqa: T201
    await adapter.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
