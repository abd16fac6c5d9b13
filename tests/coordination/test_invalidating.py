"""Cached results that no longer count: by tag, by arguments, and also those that are being computed."""

from __future__ import annotations

import asyncio

import pytest
from coordination_functions import counting
from coordination_scene import scene, until


@scene
async def test_by_tag(scene):
    answer, runs = counting(scene.memory, tags=lambda question, **_: ["all", f"about {question}"])
    other, others = counting(scene.memory, tags=["all"], key=lambda question: f"other {question}")
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
    short, _ = counting(scene.memory, ttl=1, tags=["t"], key=lambda question: f"short {question}")
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
        if "elsewhere" not in by:  # who asks after that, while it runs, does not get what it gives
            await answer("a")
            assert len(runs) == 2
        await task
        await answer("a")
        assert len(runs) == 2

    played()


@scene
async def test_a_computation_longer_than_the_ttl_cannot_undo_an_invalidation(scene):
    runs = []

    @scene.memory.cached(ttl=5)
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
