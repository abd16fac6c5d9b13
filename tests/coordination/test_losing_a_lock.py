"""A lock that is lost while its body runs: the body is cancelled, and nobody else's cancellation is."""

# ruff: noqa: PT012 - a loss is raised at the end of a body, which has to have something in it

from __future__ import annotations

import asyncio

import pytest
from coordination_scene import play, scene

from axon import EphemeralPolicy, MemoryConfig, MemorySystem
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import LockLost, LockUnavailable, StoreUnavailable

DOWN = StoreUnavailable("the store is down", sent=False)
LOST = r"^ephemeral tier: the lock 'door' was lost: its 3 s were over before it was released or renewed"


@scene
async def test_without_renewal_the_body_is_cancelled_when_the_time_is_over(scene):
    ended = []

    async def work():
        async with scene.memory.lock("door", ttl=3, renew=False) as lock:
            try:
                await asyncio.sleep(100)
            finally:
                ended.append((scene.now, lock.is_held))

    with pytest.raises(LockLost, match=LOST):
        await work()
    assert ended == [(3, False)]
    assert asyncio.current_task().cancelling() == 0
    assert "renew" not in scene.faults.asked
    async with scene.memory.lock("door", ttl=3, renew=False, wait=0):
        await asyncio.sleep(2.9)


@pytest.mark.parametrize("error", [DOWN, OSError("no route"), TimeoutError("of the adapter")], ids=type)
def test_a_store_that_is_down_for_longer_than_the_ttl_costs_the_lock(error):
    async def scenario(scene):
        with pytest.raises(LockLost, match=LOST) as caught:
            async with scene.memory.lock("door", ttl=3):
                await asyncio.sleep(1.5)
                scene.faults.failing["renew"] = error
                await asyncio.sleep(100)
        assert 3.9 <= scene.now <= 4
        assert caught.value.__cause__ is error
        await asyncio.sleep(1)

    play(scenario)


@pytest.mark.parametrize("error", [DOWN, OSError("no route"), TimeoutError("of the adapter")], ids=type)
def test_one_that_is_down_for_a_shorter_time_does_not(error):
    async def scenario(scene):
        async with scene.memory.lock("door", ttl=3) as lock:
            for _ in range(5):
                scene.faults.failing["renew"] = error
                await asyncio.sleep(2.8 - 1)
                scene.faults.failing.clear()
                await asyncio.sleep(1)
                assert lock.is_held

    play(scenario)


@scene
async def test_a_store_that_does_not_answer_costs_it_too(scene):
    with pytest.raises(LockLost, match=LOST) as caught:
        async with scene.memory.lock("door", ttl=3):
            scene.faults.slow["renew"] = 1000
            await asyncio.sleep(100)
    assert scene.now == pytest.approx(3)
    assert isinstance(caught.value.__cause__, TimeoutError)


@scene
async def test_a_lock_that_another_took_is_found_out_at_the_next_renewal(scene):
    with pytest.raises(LockLost, match=LOST):
        async with scene.memory.lock("door", ttl=3):
            (held,) = scene.adapter._locks._held.values()
            await scene.adapter.unlock(held.lock)
            other = await scene.adapter.lock("lock:door", ttl=60)
            await asyncio.sleep(100)
    assert scene.now == pytest.approx(1)
    assert await scene.adapter.unlock(other)


@scene
async def test_a_body_that_stood_still_is_told_in_the_end(scene):
    with pytest.raises(LockLost, match=LOST):
        async with scene.memory.lock("door", ttl=3) as lock:
            asyncio.get_running_loop().passing.now += 5  # as computing without an await does
            assert not lock.is_held
    with pytest.raises(ZeroDivisionError) as caught:
        async with scene.memory.lock("door", ttl=3):
            asyncio.get_running_loop().passing.now += 5
            raise ZeroDivisionError
    assert "the lock 'door' was lost" in caught.value.__notes__[0]


@scene
async def test_a_body_that_saw_it_go_is_told_although_its_store_is_slower(scene):
    adapter = InMemoryAdapter(clock=lambda: 1e9)
    memory = MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy()), adapters={"ephemeral": adapter})
    with pytest.raises(LockLost, match=LOST):
        async with memory.lock("door", ttl=3) as lock:
            asyncio.get_running_loop().passing.now += 3
            assert not lock.is_held
    assert await memory.locks() == []


@scene
async def test_a_body_that_swallows_its_cancellation_is_told_too(scene):
    with pytest.raises(LockLost, match=LOST):
        async with scene.memory.lock("door", ttl=3, renew=False):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                await asyncio.sleep(1)
    assert asyncio.current_task().cancelling() == 0


@scene
async def test_the_error_that_a_cancelled_body_makes_passes_with_a_note(scene):
    with pytest.raises(ZeroDivisionError) as caught:
        async with scene.memory.lock("door", ttl=3, renew=False):
            try:
                await asyncio.sleep(100)
            finally:
                raise ZeroDivisionError
    assert "the lock 'door' was lost" in caught.value.__notes__[0]
    assert asyncio.current_task().cancelling() == 0


@scene
async def test_a_group_of_tasks_in_the_body_ends_with_the_lock(scene):
    ended = []

    async def part(number):
        try:
            await asyncio.sleep(100)
        finally:
            ended.append(number)

    with pytest.raises(LockLost, match=LOST):
        async with scene.memory.lock("door", ttl=3, renew=False), asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(part(number))
    assert sorted(ended) == [0, 1, 2]


@scene
async def test_a_lock_within_a_lock_is_lost_alone(scene):
    async with scene.memory.lock("outer", ttl=30) as outer:
        with pytest.raises(LockLost, match=LOST):
            async with scene.memory.lock("door", ttl=3, renew=False):
                await asyncio.sleep(100)
        assert outer.is_held


@pytest.mark.parametrize("error", [None, LockUnavailable("no longer held")], ids=["nothing", "error"])
def test_an_adapter_that_swallows_its_cancellation_does_not_cancel_a_body_that_is_over(error):
    class Swallowing:
        async def __call__(self, call, proceed):
            if call.verb == "renew":
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    if error is None:
                        return None
                    raise error from None
            return await proceed(call)

    async def scenario(scene):
        async with scene.another(Swallowing()).lock("door", ttl=3):
            await asyncio.sleep(1.5)
        await asyncio.sleep(100)
        assert "renew" not in scene.faults.asked

    play(scenario)


def test_one_memory_and_one_lock_in_several_event_loops_one_after_another():
    memory = MemorySystem(
        MemoryConfig(ephemeral=EphemeralPolicy()), adapters={"ephemeral": (adapter := InMemoryAdapter())}
    )
    lock = memory.lock("door")

    async def left_behind():
        async with lock:
            asyncio.get_running_loop().stop()
            await asyncio.Event().wait()

    async def taken():
        async with lock:
            return lock.fence

    first = asyncio.run(taken())
    with pytest.raises(RuntimeError, match="stopped before"):
        asyncio.run(left_behind())
    assert asyncio.run(taken()) > first
    assert asyncio.run(adapter.residue()) == 0


@scene
async def test_a_renewal_that_is_cancelled_does_not_leave_the_body_without_its_lock(scene):
    with pytest.raises(LockLost, match=LOST):
        async with scene.memory.lock("door", ttl=3):
            await asyncio.sleep(1.5)
            ours = asyncio.current_task()
            for task in asyncio.all_tasks() - {ours}:
                if "_keep" in repr(task):
                    task.cancel()
            await asyncio.sleep(100)
    assert scene.now == pytest.approx(4)
