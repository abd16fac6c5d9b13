"""Cached results that no longer count: by tag, by arguments, and also those that are being computed."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from coordination_functions import counting
from coordination_scene import scene, until

from axon.coordination.single_flight import SingleFlight
from axon.core.errors import StoreUnavailable


@scene
async def test_by_tag(scene):
    answer, runs = counting(scene.memory, tags=lambda question, **_: ["all", f"about {question}"])
    other, others = counting(scene.memory, name="other", tags=["all"], key=lambda question: f"other {question}")
    for _ in range(2):
        await asyncio.gather(answer("a"), answer("b"), other("a"))
    await scene.another().invalidate("about a", "nothing that was ever used")
    for _ in range(2):
        await asyncio.gather(answer("a"), answer("b"), other("a"))
    assert (sorted(runs), others) == ([("a",), ("a",), ("b",)], [("a",)])
    await scene.memory.invalidate("all")
    await asyncio.gather(answer("a"), answer("b"), other("a"))
    assert (len(runs), len(others)) == (5, 2)
    await scene.memory.invalidate()
    await answer("a")
    assert len(runs) == 5


@scene
async def test_a_short_lived_result_does_not_cost_a_long_lived_one_its_tag(scene):
    long, runs = counting(scene.memory, ttl=1000, tags=["t"])
    short, _ = counting(scene.memory, name="short", ttl=1, tags=["t"], key=lambda question: f"short {question}")
    await long("a")
    await short("a")
    await asyncio.sleep(500)
    await short("a")
    await asyncio.sleep(490)
    await long("a")
    assert len(runs) == 1


@scene
async def test_invalidated_by_its_arguments(scene):
    answer, runs = counting(scene.memory)
    await answer("a")
    await answer("b")
    await answer.invalidate(question="a", language="en")
    await answer("a")
    await answer("b")
    assert runs == [("a",), ("b",), ("a",)]
    await answer.invalidate("never asked")


@pytest.mark.parametrize("by", ["arguments", "tag", "arguments elsewhere", "tag elsewhere"])
def test_what_is_invalidated_while_it_is_computed_is_not_kept(by):
    @scene
    async def played(scene):
        answer, runs = counting(scene.memory, ttl=5, tags=["t"])
        elsewhere, _ = counting(other := scene.another(), ttl=5, tags=["t"])
        task = asyncio.create_task(answer("a"))
        await until(lambda: runs)
        match by:
            case "arguments":
                await answer.invalidate("a")
            case "tag":
                await scene.memory.invalidate("t")
            case "arguments elsewhere":
                await elsewhere.invalidate("a")
            case "tag elsewhere":
                await other.invalidate("t")
        await asyncio.gather(*[answer("a") for _ in range(10)])  # who asks after that does not get what it gives
        assert len(runs) == 2
        await task
        await answer("a")
        assert len(runs) == 2

    played()


@scene
async def test_a_computation_longer_than_the_ttl_cannot_undo_an_invalidation(scene):
    runs = []

    @scene.memory.cached(ttl=5, name="slow")
    async def slow():
        runs.append(1)
        await asyncio.sleep(100)

    task = asyncio.create_task(slow())
    await asyncio.sleep(1)
    await slow.invalidate()
    await task
    await slow()
    assert len(runs) == 2
    await slow()
    assert len(runs) == 2


@scene
async def test_a_result_with_tags_is_kept_however_long_it_took(scene):
    runs = []

    @scene.memory.cached(ttl=5, tags=["t"], name="slow")
    async def slow():
        runs.append(1)
        await asyncio.sleep(1000)

    await slow()
    await asyncio.sleep(4)
    await slow()
    assert len(runs) == 1


@scene
async def test_who_asks_while_a_result_is_being_stored_looks_for_itself(scene):
    answer, runs = counting(scene.memory)
    elsewhere, _ = counting(scene.another())
    scene.faults.late["swap"] = 5
    task = asyncio.create_task(answer("a"))
    await asyncio.sleep(2)
    assert await scene.adapter.residue() > 0  # it is stored, and the answer is on its way
    await elsewhere.invalidate("a")
    await answer("a")
    assert len(runs) == 2
    await task


@scene
async def test_what_is_under_way_does_not_count_though_the_store_failed(scene):
    answer, runs = counting(scene.memory, tags=["t"])
    for invalidate in (lambda: scene.memory.invalidate("t", "u"), lambda: answer.invalidate("a")):
        runs.clear()
        task = asyncio.create_task(answer("a"))
        await until(lambda: runs)
        scene.faults.failing["drop"] = StoreUnavailable("down", sent=True)
        with pytest.raises(StoreUnavailable):
            await invalidate()
        scene.faults.failing.clear()
        flights = scene.memory._results["ephemeral"]._flights
        assert flights._here() == {}
        await task
        await answer.invalidate("a")


def test_it_holds_in_the_event_loops_of_all_threads():
    flight, begun, done = SingleFlight(), threading.Event(), threading.Event()

    async def slow():
        begun.set()
        await asyncio.to_thread(done.wait)
        return "old"

    async def new():
        return "new"

    async def main():
        first = asyncio.create_task(flight.run("a", slow))
        await asyncio.to_thread(left.wait)
        found = await flight.run("a", new)
        done.set()
        return await first, found

    left = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(asyncio.run, main())
        assert begun.wait(10)
        try:
            flight.leave("a")
            left.set()
            assert outcome.result(10) == ("old", "new")
        finally:
            left.set()
            done.set()
