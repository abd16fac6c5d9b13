"""Locks, limits and once over Redis, against redis-py's Lock and SET NX and the limiter of `limits`, in turns.

A thousand locks, each free; limits that are never reached, of a hundred keys; a new name for each `once` and SET NX.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
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
from benchmarks.figure import Figure
from benchmarks.redis_speed import ROUNDS, TASKS, rate
from benchmarks.report import Report
from benchmarks.rounds import in_rounds, in_turn

LOCK, BARE_LOCK, THEIR_LOCK = "lock", "bare lock", "redis-py's Lock"
LIMIT, SUMS, THEIR_LIMIT = "limit", "limit with exact=False", "limits"
ONCE, SET_NX = "once", "SET NX"
_BESIDE = {
    "lock and release": {LOCK: "memory.lock", BARE_LOCK: "Axon's adapter alone", THEIR_LOCK: "redis-py's Lock"},
    "rate limit": {LIMIT: "memory.limit", SUMS: "memory.limit, exact=False", THEIR_LIMIT: "limits' moving window"},
    "the first of a name": {ONCE: "memory.once", SET_NX: "redis-py's SET NX"},
}
_CONTENDERS = (13, 13, 12, 12)
_NEVER_REACHED = 1_000_000


def memory_of(adapter: RedisAdapter) -> MemorySystem:
    """A memory with nothing but an ephemeral tier."""
    config = MemoryConfig(ephemeral=EphemeralPolicy(), session=None, persistent=None)
    return MemorySystem(config, adapters={"ephemeral": adapter})


async def _measure(port: int, tasks: int) -> dict[str, list[float]]:
    """Calls a second by so many tasks, of each round, by name."""
    memory = memory_of(RedisAdapter(port=port))
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

    calls: dict[str, tuple[Callable[[int], Awaitable[object]], int]] = {
        THEIR_LOCK: (redis_lock, 800),
        LOCK: (lock, 1500),
        BARE_LOCK: (unlock, 1500),
        THEIR_LIMIT: (lambda n: theirs.hit(item, str(n % 100)), 2000),
        LIMIT: (lambda n: limiter.acquire(str(n % 100)), 10_000),
        SUMS: (lambda n: sums.acquire(str(n % 100)), 10_000),
        SET_NX: (lambda _: raw.set(f"nx:{next(fresh)}", "1", nx=True, ex=60), 3000),
        ONCE: (lambda _: memory.once(f"{next(fresh)}", ttl=60), 10_000),
    }

    async def measure(number: int) -> dict[str, float]:
        some = in_turn(list(calls.items()), number)
        return {name: await rate(call, tasks=tasks, calls=amount) for name, (call, amount) in some}

    results = await in_rounds(ROUNDS, measure)
    await adapter.close()
    await getattr(raw, "aclose", raw.close)()
    return results


def _shares(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]


async def _contend(port: int, path: Path, tasks: int, start: float) -> None:
    """Hold one lock for a millisecond in each task; prints how long all took, and all holds together."""
    memory = memory_of(RedisAdapter(port=port))
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
    """Report the rates of all, and the ratios beside their bars."""
    rates: dict[int, dict[str, list[float]]] = {}
    for tasks in (1, TASKS, 256):
        with Server() as server, one_core(server.pid) if tasks == 1 else apart([server.pid]):
            rates[tasks] = asyncio.run(_measure(server.port, tasks))
    alone, together = rates[1], rates[TASKS]
    name = "lock and release, 1 task, latency by redis-py's Lock"
    report.barred(name, _shares(alone[THEIR_LOCK], alone[LOCK]), bar=0.35, at_least=False, than="redis-py")
    for what, their, name in (
        (LIMIT, THEIR_LIMIT, "limit, 64 tasks, times limits' moving window"),
        (SUMS, THEIR_LIMIT, "limit with exact=False, 64 tasks, times limits' moving window"),
        (ONCE, SET_NX, "once, 64 tasks, times redis-py SET NX"),
    ):
        than = "redis-py" if their == SET_NX else "limits"
        report.barred(name, _shares(together[what], together[their]), bar=8, at_least=True, than=than)
    for verb, contenders in _BESIDE.items():
        for tasks, of_tasks in rates.items():
            for what, who in contenders.items():
                report.add(Figure(verb, of_tasks[what], unit="calls/s", who=who, at=tasks))
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        totals = [asyncio.run(_contention(server.port, Path(folder))) for _ in range(3)]
        name = "50 contenders, 4 processes, 1 ms each: time by the sum of holds"
        report.barred(name, totals, bar=3, at_least=False)
    report.note("One task: client and server on one core. Many tasks: the client on one, the server on another.")


if __name__ == "__main__":  # one of the processes that contend
    asyncio.run(_contend(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
