"""A task with a lock that is cancelled from outside: it is cancelled, and the lock is free."""

from __future__ import annotations

import asyncio

import pytest
from coordination_scene import play, scene, steps


def taking_part(scene, *, slow=()):
    """A task that holds the lock and would like to have a second one."""
    scene.faults.slow = dict.fromkeys(slow, 1)
    seen = []

    async def work():
        async with scene.memory.lock("door", ttl=3):
            seen.append("began")
            await asyncio.sleep(0)
            async with scene.memory.lock("other", ttl=3):
                await asyncio.sleep(2)
            seen.append("ended")
        return "done"

    return asyncio.create_task(work()), seen


def test_a_cancellation_from_outside_at_every_step_is_what_it_is():
    async def cancelled_after(scene, count):
        task, _ = taking_part(scene)
        await steps(count)
        task.cancel()
        await asyncio.wait([task])
        assert await scene.adapter.locks() == []
        return task.cancelled() or task.result()

    outcomes = [play(cancelled_after, count) for count in range(40)]
    assert outcomes == [True] * 40
    assert play(lambda scene: finished_after(scene, 5)) == "done"


async def finished_after(scene, seconds):
    task, seen = taking_part(scene)
    await asyncio.sleep(seconds)
    assert seen == ["began", "ended"]
    return await task


@pytest.mark.parametrize("tenths", range(0, 60, 2))
def test_a_cancellation_at_any_moment_with_a_slow_store(tenths):
    async def scenario(scene):
        task, _ = taking_part(scene, slow=["lock", "unlock", "renew"])
        await asyncio.sleep(tenths / 10 + 0.05)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    play(scenario)


@scene
async def test_a_timeout_around_the_lock_stays_a_timeout(scene):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2), scene.memory.lock("door", ttl=3):
            await asyncio.sleep(100)
    async with scene.memory.lock("door"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2), scene.memory.lock("door", wait=100):
                pytest.fail("the body ran without the lock")


@pytest.mark.parametrize("order", ["before", "with", "after"])
def test_who_is_cancelled_by_both_is_cancelled(order):
    async def scenario(scene):
        ready = asyncio.Event()

        async def work():
            async with scene.memory.lock("door", ttl=3, renew=False):
                ready.set()
                try:
                    await asyncio.sleep(100)
                finally:
                    await asyncio.sleep(2)

        loop = asyncio.get_running_loop()
        task = asyncio.create_task(work())
        await ready.wait()
        loop.call_at({"before": 2, "with": 3, "after": 4}[order], task.cancel)
        await asyncio.wait([task])
        return task.cancelled(), task.cancelling()

    assert play(scenario) == (True, 1)


@scene
async def test_a_release_goes_on_though_its_task_is_cancelled(scene):
    scene.faults.slow["unlock"] = 5

    async def work():
        async with scene.memory.lock("door", ttl=60):
            pass

    task = asyncio.create_task(work())
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait([task])
    assert (task.cancelled(), scene.now) == (True, 6)  # it is asked for once more, and waited for
    assert await scene.adapter.locks() == []
