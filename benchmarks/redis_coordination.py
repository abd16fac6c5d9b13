"""Locks, limits and once over Redis, against redis-py's Lock and SET NX and the limiter of `limits`, in turns."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from tests.support.redis_servers.server import Server

from axon import MemoryConfig, MemorySystem
from axon.adapters.redis import RedisAdapter
from axon.core.policies import EphemeralPolicy
from benchmarks.cores import apart, one_core
from benchmarks.redis_speed import ROUNDS, TASKS, rate
from benchmarks.report import Report

_CONTENDERS = (13, 13, 12, 12)
_NEVER_REACHED = 1_000_000


def _memory(port: int) -> MemorySystem:
    config = MemoryConfig(ephemeral=EphemeralPolicy(), session=None, persistent=None)
    return MemorySystem(config, adapters={"ephemeral": RedisAdapter(port=port)})


async def _measure(port: int, *, is_alone: bool) -> dict[str, list[float]]:
    """The ratios of each round, by name: those of one task, or those of 64."""
    memory = _memory(port)
    adapter = memory.tier("ephemeral")
    raw = Redis(port=port, max_connections=1024)
    storage = RedisStorage(f"async+redis://127.0.0.1:{port}", implementation="redispy", max_connections=1024)
    theirs = MovingWindowRateLimiter(storage)
    item = RateLimitItemPerMinute(_NEVER_REACHED)
    limiter = memory.limit("requests", _NEVER_REACHED, per=60)
    sums = memory.limit("sums", _NEVER_REACHED, per=60, exact=False)
    fresh = count()

    async def lock(number: int) -> None:
        async with memory.lock(f"lock-{number % 1000}"):
            pass

    async def redis_lock(number: int) -> None:
        taken = raw.lock(f"theirs-{number % 1000}", timeout=30)
        await taken.acquire()
        await taken.release()

    async def unlock(number: int) -> None:
        await adapter.unlock(await adapter.lock(f"bare-{number % 1000}", ttl=30))

    async def alone() -> dict[str, float]:
        theirs_alone = await rate(redis_lock, tasks=1, calls=800)
        return {
            "lock and release, 1 task, latency by redis-py's Lock": theirs_alone
            / await rate(lock, tasks=1, calls=1500),
            "the adapter's lock and unlock, likewise": theirs_alone / await rate(unlock, tasks=1, calls=1500),
        }

    async def together() -> dict[str, float]:
        moving = await rate(lambda n: theirs.hit(item, str(n % 100)), tasks=TASKS, calls=2000)
        set_nx = await rate(lambda _: raw.set(f"nx:{next(fresh)}", "1", nx=True, ex=60), tasks=TASKS, calls=3000)
        exact = await rate(lambda n: limiter.acquire(str(n % 100)), tasks=TASKS, calls=10_000)
        about = await rate(lambda n: sums.acquire(str(n % 100)), tasks=TASKS, calls=10_000)
        once = await rate(lambda _: memory.once(f"{next(fresh)}", ttl=60), tasks=TASKS, calls=10_000)
        return {
            "limit, 64 tasks, times limits' moving window": exact / moving,
            "limit with exact=False, 64 tasks, times limits' moving window": about / moving,
            "once, 64 tasks, times redis-py SET NX": once / set_nx,
        }

    results: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, ratio in (await (alone() if is_alone else together())).items():
            results.setdefault(name, []).append(ratio)
    await memory.tier("ephemeral").close()
    await getattr(raw, "aclose", raw.close)()
    return results


async def _contend(port: int, path: Path, tasks: int, start: float) -> None:
    """Hold one lock for a millisecond in each task; prints how long all took, and all holds together."""
    memory = _memory(port)
    await memory.once("connected", ttl=1)
    held = 0.0
    await asyncio.sleep(start - time.time())

    async def hold() -> None:
        nonlocal held
        async with memory.lock("one", ttl=10, wait=30):
            began = time.perf_counter()
            number = int(path.read_text())  # noqa: ASYNC240  # another who is inside too is to be seen
            await asyncio.sleep(0.001)
            path.write_text(str(number + 1))  # noqa: ASYNC240
            held += time.perf_counter() - began

    await asyncio.gather(*(hold() for _ in range(tasks)))
    print(time.time() - start, held)
    await memory.tier("ephemeral").close()


async def _contention(port: int, folder: Path) -> float:
    """How long 50 contenders in four processes take, by the sum of the times for which they hold the lock."""
    path = folder / "counter"
    path.write_text("0")  # before anybody runs
    start = time.time() + 4
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.redis_coordination", str(port), str(path), str(tasks), str(start),
            stdout=asyncio.subprocess.PIPE,
        )
        for tasks in _CONTENDERS
    ]  # fmt: skip
    printed = [(await process.communicate())[0].split() for process in processes]
    if int(path.read_text()) != sum(_CONTENDERS):
        raise RuntimeError("two were inside at once")
    return max(float(total) for total, _ in printed) / sum(float(held) for _, held in printed)


def main(report: Report) -> None:
    """Report the ratios beside their bars."""
    with one_core(), Server() as server:
        for name, values in asyncio.run(_measure(server.port, is_alone=True)).items():
            report.ratio(name, values, bar=0.35, at_least=False)
    with Server() as server, apart([server.pid]):
        for name, values in asyncio.run(_measure(server.port, is_alone=False)).items():
            report.ratio(name, values, bar=8, at_least=True)
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        totals = [asyncio.run(_contention(server.port, Path(folder))) for _ in range(3)]
        report.ratio("50 contenders, 4 processes, 1 ms each: time by the sum of holds", totals, bar=3, at_least=False)
    report.note("One task: client and server on one core. Many tasks: the client on one, the server on another.")


if __name__ == "__main__":  # one of the processes that contend
    asyncio.run(_contend(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
