"""``memory.once_result``: one computes, all get what comes out."""

from __future__ import annotations

import asyncio
import random

import pytest
from coordination_scene import scene, until

from axon.core.errors import ComputationFailed, InvalidInput, LockUnavailable, StoreUnavailable, WrongType

DOWN = StoreUnavailable("the store is down", sent=False)


class Work:
    """Takes a second; fails as long as it has errors; counts its runs."""

    def __init__(self, result=None, *, errors=(), seconds=1.0):
        self.result = {"runs": [1]} if result is None else result
        self.errors = list(errors)
        self.seconds = seconds
        self.runs = 0
        self.ends = 0

    async def __call__(self):
        self.runs += 1
        await asyncio.sleep(self.seconds)
        self.ends += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.result


class Speechless(Exception):
    def __str__(self):
        raise RuntimeError("nothing to say")


async def begun(work, runs=1):
    """Wait until it runs."""
    await until(lambda: work.runs >= runs)


async def outcomes(calls):
    return await asyncio.gather(*calls, return_exceptions=True)


@scene
async def test_one_of_a_thousand_runs(scene):
    work = Work()
    memories = [scene.another() for _ in range(10)]

    async def call(number):
        await asyncio.sleep(random.Random(number).random() * 2)
        return await memories[number % 10].once_result("report", work, ttl=60)

    results = await asyncio.gather(*map(call, range(1000)))
    assert work.runs == 1
    assert results == [{"runs": [1]}] * 1000
    results[0]["runs"].append(2)
    assert results[1] == {"runs": [1]}
    assert await scene.memory.once_result("report", work, ttl=60) == {"runs": [1]}
    assert len({id(result) for result in results}) == 1000


@scene
async def test_it_is_kept_for_its_ttl_from_its_end_on(scene):
    work = Work(seconds=10)
    await scene.memory.once_result("a", work, ttl=5)
    await asyncio.sleep(4)
    await scene.another().once_result("a", work, ttl=5)
    await scene.memory.once_result("b", work, ttl=5)
    assert work.runs == 2
    await asyncio.sleep(1)
    await scene.memory.once_result("a", work, ttl=5)
    assert work.runs == 3


@scene
async def test_an_error_is_that_of_those_who_waited_and_of_nobody_later(scene):
    error = ValueError("no data")
    work = Work("fine", errors=[error])
    found = await outcomes([scene.memory.once_result("a", work, ttl=60) for _ in range(50)])
    assert all(each is error for each in found)
    assert work.runs == 1
    assert await scene.memory.once_result("a", work, ttl=60) == "fine"
    assert work.runs == 2


@scene
async def test_another_process_is_told_of_the_error(scene):
    work = Work("fine", errors=[ValueError("no data")])
    others = [scene.another() for _ in range(3)]
    first = asyncio.create_task(scene.memory.once_result("a", work, ttl=60))
    await begun(work)
    waiting = [asyncio.create_task(other.once_result("a", work, ttl=60)) for other in others for _ in range(2)]
    found = await outcomes([first, *waiting])
    assert [type(each) for each in found] == [ValueError] + [ComputationFailed] * 6
    assert str(found[1]) == "'a' was computed by another caller, who failed: ValueError: no data"
    assert (found[1].error, found[1].problem) == ("ValueError", "no data")
    assert work.runs == 1
    # Who comes later runs it, while the error is still there and also where that takes longer than it is.
    work.seconds = 100
    assert await others[0].once_result("a", work, ttl=60) == "fine"
    assert await scene.memory.once_result("a", work, ttl=60) == "fine"
    assert work.runs == 2


@scene
async def test_those_who_wait_for_the_second_attempt_get_its_end(scene):
    work = Work(errors=[ValueError("first"), ValueError("second")])
    with pytest.raises(ValueError, match="first"):
        await scene.memory.once_result("a", work, ttl=60)
    again = asyncio.create_task(scene.memory.once_result("a", work, ttl=60))
    await begun(work, 2)
    other = asyncio.create_task(scene.another().once_result("a", work, ttl=60))
    found = await outcomes([again, other])
    assert str(found[0]) == "second"
    assert isinstance(found[1], ComputationFailed)
    assert found[1].problem == "second"


@scene
async def test_when_the_one_who_computes_is_cancelled_the_next_goes_on(scene):
    memories = [scene.memory, scene.memory, scene.memory, scene.another(), scene.another()]
    works = [Work(number) for number in range(5)]
    tasks = []
    for memory, work in zip(memories, works, strict=True):
        tasks.append(asyncio.create_task(memory.once_result("a", work, ttl=60)))
        await asyncio.sleep(0.1)
    cancelled = set()
    for attempt in range(4):
        await until(lambda so_many=attempt: sum(work.runs for work in works) > so_many)
        (runner,) = [number for number, work in enumerate(works) if work.runs and number not in cancelled]
        tasks[runner].cancel()
        cancelled.add(runner)
    (last,) = {0, 1, 2, 3, 4} - cancelled
    found = await outcomes(tasks)
    assert [number for number in range(5) if isinstance(found[number], asyncio.CancelledError)] == sorted(cancelled)
    assert found[last] == last
    assert [work.ends for work in works] == [number == last for number in range(5)]


@scene
async def test_who_waits_and_is_cancelled_disturbs_nobody(scene):
    work = Work("fine")
    memories = [scene.memory, scene.memory, scene.another()]
    tasks = [asyncio.create_task(memory.once_result("a", work, ttl=60)) for memory in memories]
    await begun(work)
    tasks[1].cancel()
    tasks[2].cancel()
    found = await outcomes(tasks)
    assert found[0] == "fine"
    assert all(isinstance(each, asyncio.CancelledError) for each in found[1:])
    assert work.runs == 1


@scene
async def test_when_the_process_dies_another_takes_over_within_the_lease(scene):
    work = Work("fine", seconds=1000)
    dying = asyncio.create_task(scene.memory.once_result("a", work, ttl=60, lease=8))
    await begun(work)
    scene.faults.failing.update(dict.fromkeys(["renew", "swap", "unlock"], DOWN))  # nothing comes from it any more
    died = scene.now
    heir = MemoryWithoutFaults(scene)
    assert await heir.once_result("a", Work("of the heir"), ttl=60, lease=8) == "of the heir"
    assert scene.now - died <= 10
    with pytest.raises(LockUnavailable, match="the lock of the computation of 'a' was lost"):
        await dying
    assert (work.runs, work.ends) == (1, 0)
    assert await heir.once_result("a", work, ttl=60) == "of the heir"


def MemoryWithoutFaults(scene):  # noqa: N802  # stands for a class
    from axon import EphemeralPolicy, MemoryConfig, MemorySystem

    return MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy()), adapters={"ephemeral": scene.adapter})


@scene
async def test_a_long_computation_is_not_taken_for_dead(scene):
    work = Work("fine", seconds=100)
    tasks = [memory.once_result("a", work, ttl=60, lease=2) for memory in (scene.memory, scene.another())]
    assert await asyncio.gather(*tasks) == ["fine", "fine"]
    assert work.runs == 1


@scene
async def test_a_result_that_is_not_json_is_refused_for_all(scene):
    work = Work({1, 2})
    first = asyncio.create_task(scene.memory.once_result("a", work, ttl=60))
    await begun(work)
    found = await outcomes([first, scene.another().once_result("a", work, ttl=60)])
    assert [type(each) for each in found] == [WrongType, ComputationFailed]
    assert str(found[0]).startswith("the result of 'a'")
    assert work.runs == 1


@scene
async def test_all_get_what_json_makes_of_it(scene):
    work = Work({"pair": (1, (2,)), "text": "grün"})
    expected = {"pair": [1, [2]], "text": "grün"}
    assert await scene.memory.once_result("a", work, ttl=60) == expected
    assert await scene.memory.once_result("a", work, ttl=60) == expected
    work = Work()
    work.result = None
    assert await scene.memory.once_result("b", work, ttl=60) is None
    assert await scene.another().once_result("b", work, ttl=60) is None
    assert work.runs == 1


@scene
async def test_a_store_that_is_down_at_the_end_is_told(scene):
    scene.faults.failing["swap"] = DOWN
    with pytest.raises(StoreUnavailable):
        await scene.memory.once_result("a", Work(), ttl=60)
    with pytest.raises(ValueError, match="no data") as caught:
        await scene.memory.once_result("b", Work(errors=[ValueError("no data")]), ttl=60)
    assert caught.value.__notes__ == [
        "its store was not told of it: StoreUnavailable: ephemeral tier: the store is down"
    ]


@scene
async def test_an_error_whose_text_no_store_takes_is_told_too(scene):
    for error, told in ((ValueError("half \ud800"), r"ValueError: half \ud800"), (Speechless(), "Speechless: ")):
        work = Work(errors=[error])
        mine, theirs = await outcomes(
            memory.once_result(told, work, ttl=60) for memory in (scene.memory, scene.another())
        )
        assert (mine is error, type(theirs), work.runs) == (True, ComputationFailed, 1)
        assert str(theirs).endswith(told)


@scene
async def test_what_may_be_given(scene):
    work = Work()
    for key, more in (("", {}), ("a", {"ttl": None}), ("a", {"ttl": 0}), ("a", {"lease": 0}), ("x" * 961, {})):
        with pytest.raises(InvalidInput):
            await scene.memory.once_result(key, work, **more)
    coroutine = work()
    for key, function, more in ((5, work, {}), ("a", coroutine, {}), ("a", work, {"lease": None})):
        with pytest.raises(WrongType):
            await scene.memory.once_result(key, function, **more)
    coroutine.close()
    assert (work.runs, scene.faults.asked) == (0, [])
    with pytest.raises(WrongType, match="the function for 'a' must be async: it gave int, which cannot be awaited"):
        await scene.memory.once_result("a", lambda: 5)


@scene
async def test_who_asks_for_itself_is_told_and_does_not_wait_for_ever(scene):
    async def first():
        return await scene.memory.once_result("b", second, ttl=60)

    async def second():
        return await asyncio.gather(scene.memory.once_result("a", first, ttl=60))

    with pytest.raises(InvalidInput, match="the computation of 'a' asks for its own result"):
        await scene.memory.once_result("a", first, ttl=60)

    async def later():
        await asyncio.sleep(10)
        return await scene.memory.once_result("c", Work("never"), ttl=60)

    async def leaves_a_task():
        tasks.append(asyncio.create_task(later()))
        return "c"

    tasks = []
    assert await scene.memory.once_result("c", leaves_a_task, ttl=60) == "c"
    assert await tasks[0] == "c"


@scene
async def test_a_cancellation_that_is_the_function_s_own_is_an_error(scene):
    runs = []

    async def cancels_itself():
        runs.append(1)
        await asyncio.sleep(1)
        raise asyncio.CancelledError

    found = await outcomes([scene.memory.once_result("a", cancels_itself, ttl=60) for _ in range(20)])
    assert {str(each) for each in found} == {"the function for 'a' raised CancelledError"}
    assert (len(runs), {type(each) for each in found}) == (1, {RuntimeError})


@scene
async def test_an_error_that_has_no_text_is_still_that_error(scene):
    class Silent(Exception):
        def __str__(self):
            raise ZeroDivisionError

    with pytest.raises(Silent):
        await scene.memory.once_result("a", Work(errors=[Silent()]), ttl=60)
    scene.faults.asked.clear()
    assert await scene.memory.once_result("a", Work("fine"), ttl=60, lease=5) == "fine"
