"""``memory.lock``: one at a time, held while the body runs, and no body without it."""

from __future__ import annotations

import asyncio
import math
from datetime import timedelta
from functools import partial

import pytest
from coordination_scene import scene, until

from axon.core.errors import InvalidInput, LockUnavailable, StoreUnavailable, UnknownTier, WrongType

DOWN = StoreUnavailable("the store is down", sent=False)


@scene
async def test_one_of_64_at_a_time(scene):
    inside, most, fences = 0, 0, []

    async def work():
        nonlocal inside, most
        async with scene.memory.lock("door", wait=math.inf) as lock:
            inside += 1
            most = max(most, inside)
            fences.append(lock.fence)
            await asyncio.sleep(1)
            inside -= 1

    await asyncio.gather(*[work() for _ in range(64)])
    assert (most, scene.now) == (1, pytest.approx(64))
    assert fences == sorted(set(fences))
    assert len(fences) == 64


@scene
async def test_a_span_may_be_a_timedelta(scene):
    lock = scene.memory.lock("a", ttl=timedelta(seconds=20), wait=timedelta(0), renew=False)
    async with lock:
        await asyncio.sleep(19)
        with pytest.raises(LockUnavailable):
            async with scene.another().lock("a", wait=timedelta(milliseconds=500)):
                pytest.fail("the body ran without the lock")
        assert lock.is_held
    limit, activity = (
        scene.memory.limit("a", 1, per=timedelta(minutes=1)),
        scene.memory.activity("a", within=timedelta(1)),
    )
    assert (limit.per, activity.within) == (60, 86_400)
    assert await scene.memory.once_result("a", partial(asyncio.sleep, 1, 5), ttl=60, lease=timedelta(seconds=2)) == 5


@scene
async def test_names_are_told_as_the_user_knows_them(scene):
    scene.faults.late["lock"] = 9  # so that it has to be renewed, which is too late
    scene.faults.slow["renew"] = 9
    with pytest.raises(LockUnavailable, match="the lock 'door' is no longer held by this holder"):
        async with scene.memory.lock("door", ttl=10):
            pytest.fail("the body ran without the lock")


@scene
async def test_locks_of_two_names_and_of_two_processes(scene):
    async with scene.memory.lock("a"), scene.memory.lock("b"):
        with pytest.raises(LockUnavailable):
            async with scene.another().lock("a", wait=0):
                pytest.fail("the body ran without the lock")


@scene
async def test_when_the_wait_runs_out_the_body_does_not_run(scene):
    async with scene.memory.lock("door"):
        with pytest.raises(LockUnavailable) as caught:
            async with scene.memory.lock("door", wait=2.5):
                pytest.fail("the body ran without the lock")
        assert scene.now == pytest.approx(2.5)
        says = "ephemeral tier: the lock 'door' is held by another, and 2.5 s were not enough to wait for it"
        assert str(caught.value) == says
        assert caught.value.tier == "ephemeral"
        with pytest.raises(LockUnavailable, match=r"^ephemeral tier: the lock 'door' is held by another$"):
            async with scene.memory.lock("door", wait=0):
                pytest.fail("the body ran without the lock")


@scene
async def test_one_waits_as_long_as_the_ttl_if_nothing_else_is_said(scene):
    async with scene.memory.lock("door"):
        for ttl, end in ((7, 7), (30, 37)):
            with pytest.raises(LockUnavailable):
                async with scene.memory.lock("door", ttl=ttl):
                    pytest.fail("the body ran without the lock")
            assert scene.now == pytest.approx(end)


@scene
async def test_it_is_renewed_while_the_body_runs(scene):
    async with scene.memory.lock("door", ttl=3) as lock:
        for _ in range(20):
            await asyncio.sleep(1.7)
            assert lock.is_held
            (held,) = await scene.memory.locks()
            assert (held.name, held.fence) == ("door", lock.fence)
    assert 34 <= scene.faults.asked.count("renew") <= 35
    assert not lock.is_held


@scene
async def test_the_lock_of_a_process_that_died_is_free_after_its_ttl(scene):
    await scene.adapter.lock("lock:door", ttl=5)
    async with scene.memory.lock("door", wait=6):
        assert scene.now == pytest.approx(5)


@scene
async def test_a_fence_grows_and_belongs_to_an_acquisition(scene):
    lock = scene.memory.lock("door")
    with pytest.raises(InvalidInput, match="the lock 'door' is not held"):
        _ = lock.fence
    async with lock as first:
        assert first is lock
        before = lock.fence
    assert not lock.is_held
    with pytest.raises(InvalidInput):
        _ = lock.fence
    async with lock:
        assert lock.fence > before


@scene
async def test_locks_are_not_reentrant(scene):
    lock = scene.memory.lock("door")
    async with lock:
        with pytest.raises(InvalidInput, match="this lock 'door' is in use"):
            async with lock:
                pytest.fail("the body ran twice at once")
        with pytest.raises(LockUnavailable):
            async with scene.memory.lock("door", wait=0):
                pytest.fail("the body ran without the lock")
        assert lock.is_held


@scene
async def test_it_is_in_use_until_it_is_released(scene):
    scene.faults.slow["unlock"] = 1
    lock = scene.memory.lock("door")

    async def hold():
        async with lock:
            pass

    task = asyncio.create_task(hold())
    await until(lambda: "unlock" in scene.faults.asked)
    assert not lock.is_held
    with pytest.raises(InvalidInput, match="in use"):
        async with lock:
            pytest.fail("the body ran twice at once")
    await task
    async with lock:
        assert lock.is_held


@scene
async def test_the_error_of_the_body_passes_and_the_lock_is_free(scene):
    with pytest.raises(ZeroDivisionError) as caught:
        async with scene.memory.lock("door"):
            raise ZeroDivisionError
    assert not hasattr(caught.value, "__notes__")
    async with scene.memory.lock("door", wait=0):
        pass


@scene
async def test_a_release_that_fails_is_told(scene):
    scene.faults.failing["unlock"] = DOWN
    with pytest.raises(StoreUnavailable):
        async with scene.memory.lock("door"):
            pass
    with pytest.raises(ZeroDivisionError) as caught:
        async with scene.memory.lock("other"):
            raise ZeroDivisionError
    assert caught.value.__notes__ == [
        "the lock 'other' was not released: StoreUnavailable: ephemeral tier: the store is down"
    ]
    scene.faults.failing.clear()
    async with scene.memory.lock("door", wait=31), scene.memory.lock("other", wait=31):
        assert scene.now == pytest.approx(30)


@scene
async def test_a_store_that_is_down_gives_no_lock(scene):
    scene.faults.failing["lock"] = DOWN
    lock = scene.memory.lock("door")
    with pytest.raises(StoreUnavailable):
        async with lock:
            pytest.fail("the body ran without the lock")
    scene.faults.failing.clear()
    async with lock:
        assert lock.is_held


@scene
async def test_an_answer_that_comes_late_does_not_count_from_its_arrival(scene):
    scene.faults.late["lock"] = 4
    with pytest.raises(LockUnavailable):
        async with scene.memory.lock("door", ttl=3):
            pytest.fail("the body ran without the lock")
    async with scene.memory.lock("door", ttl=5) as lock:
        (held,) = await scene.adapter.locks()
        assert held.expires_in == pytest.approx(5)
        assert lock.is_held


@scene
async def test_one_that_is_given_too_late_is_given_back(scene):
    scene.faults.late = {"lock": 2, "renew": 3}
    with pytest.raises(LockUnavailable, match=r"the lock 'door' came too late: its store took longer .* the 3 s of it"):
        async with scene.memory.lock("door", ttl=3):
            pytest.fail("the body ran without the lock")
    assert await scene.adapter.locks() == []


@scene
async def test_one_whose_moment_cannot_be_told_is_given_back(scene):
    scene.faults.late = {"lock": 2}
    scene.faults.failing = {"renew": DOWN}
    with pytest.raises(StoreUnavailable):
        async with scene.memory.lock("door", ttl=3):
            pytest.fail("the body ran without the lock")
    assert await scene.adapter.locks() == []


@scene
async def test_what_may_be_given(scene):
    for wrong in ({"ttl": 0}, {"ttl": math.inf}, {"wait": -1}, {"wait": math.nan}):
        with pytest.raises(InvalidInput):
            scene.memory.lock("door", **wrong)
    for wrong in ({"ttl": "30"}, {"ttl": None}, {"wait": "1"}, {"renew": 1}):
        with pytest.raises(WrongType):
            scene.memory.lock("door", **wrong)
    for name in ("", "a\0b", "x" * 961):
        with pytest.raises(InvalidInput):
            scene.memory.lock(name)
    with pytest.raises(WrongType):
        scene.memory.lock(5)
    with pytest.raises(UnknownTier):
        scene.memory.lock("door", tier="session")
    assert scene.faults.asked == []


@scene
async def test_the_locks_that_are_held(scene):
    assert await scene.memory.locks() == []
    async with scene.memory.lock("b: c", ttl=9) as lock, scene.memory.lock("a"):
        first, second = await scene.another().locks()
        assert (first.name, second.name) == ("a", "b: c")
        assert (second.fence, second.expires_in) == (lock.fence, pytest.approx(9))
