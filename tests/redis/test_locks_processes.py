"""Locks among processes, some of which are killed while they hold one."""

from __future__ import annotations

import asyncio
import itertools
import json
import time

from redis_data import awaited, opened
from redis_peer import begin, started, together


def test_fifty_contenders_in_four_processes_are_never_two_inside(shared, tmp_path):
    counter = tmp_path / "counter"
    counter.write_text("0")
    fences = together(shared.url, "contend", [[counter, tasks] for tasks in (13, 13, 12, 12)])
    assert counter.read_text() == "50"
    assert len({*itertools.chain(*fences)}) == 50


async def slowest_tick():
    """How late the loop was at the worst, in seconds, once this is cancelled."""
    loop, worst = asyncio.get_running_loop(), 0.0
    try:
        while True:
            due = loop.time() + 0.005
            await asyncio.sleep(0.005)
            worst = max(worst, loop.time() - due)
    except asyncio.CancelledError:
        return worst


def test_after_the_death_of_a_holder_the_next_one_enters_within_the_ttl_and_50_ms(shared, raw):
    ttl = 1.0
    holder = started(shared.url, "hold", ttl)
    begin(holder)
    fence, had = json.loads(holder.stdout.readline())

    async def main():
        async with opened(shared) as adapter:
            next_one = asyncio.ensure_future(adapter.lock("one", ttl=30, wait=30))
            ticks = asyncio.ensure_future(slowest_tick())
            holder.kill()
            lock = await next_one
            entered = time.monotonic()
            ticks.cancel()
            # From when the dead process had it, which was after the server gave it. What is allowed for beside the
            # 50 ms is only for how long the system kept this process from running, as it noticed itself.
            assert entered - had <= ttl + 0.05 + await ticks
            assert lock.fence > fence
            assert entered - had > ttl - 0.2  # it was waited for

    try:
        asyncio.run(main())
    finally:
        holder.kill()
        holder.communicate()


def test_the_lock_of_a_dead_process_ends_though_nobody_waits(shared, raw):
    holder = started(shared.url, "hold", 0.3)
    begin(holder)
    holder.stdout.readline()
    holder.kill()
    holder.communicate()
    assert raw.keys("{axon}!l*")
    asyncio.run(awaited(lambda: not raw.keys("{axon}!l*"), "the end of the lock"))
