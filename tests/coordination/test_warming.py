"""``memory.warm``: many things stored ahead of their use, some at a time."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest
from coordination_scene import scene

from axon import MemoryEntry
from axon.core.errors import InvalidInput, UnknownTier, WrongType


class Enough(Exception):
    """Of a progress that stops."""


async def one_by_one(items):
    for item in items:
        await asyncio.sleep(0)
        yield item


@scene
async def test_iterables_of_both_kinds_in_batches(scene):
    steps = []
    items = [
        "a",
        {"text": "b", "tags": ["t"]},
        {"text": "c", "user_id": "bo"},
        *[f"note {number}" for number in range(7)],
    ]
    done = await scene.memory.warm(items, batch=4, progress=lambda *step: steps.append(step), user_id="ada", ttl=60)
    assert (done, steps) == (10, [(4, 10), (8, 10), (10, 10)])
    assert scene.faults.asked == ["store"] * 3
    entries = [entry async for entry in scene.memory.scan()]
    assert sorted(entry.text for entry in entries)[:3] == ["a", "b", "c"]
    assert sum(entry.user_id == "ada" for entry in entries) == 9
    steps.clear()
    for source in (iter(["d"] * 7), one_by_one(["d"] * 7)):
        done = await scene.memory.warm(source, tier="ephemeral", batch=3, progress=lambda *step: steps.append(step))
        assert done == 7
    assert steps == [(3, None), (6, None), (7, None)] * 2
    assert await scene.memory.count() == 24
    assert await scene.memory.warm([], progress=lambda *step: steps.append(step)) == 0
    assert len(steps) == 6
    await scene.memory.forget([entry.id for entry in entries])


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_endless_source_is_read_no_further_than_needed(kind):
    @scene
    async def played(scene):
        made = []

        def endless():
            for number in count():
                made.append(number)
                yield f"note {number}"

        async def endless_too():
            for item in endless():
                yield item

        def enough(done, total):
            assert total is None
            if done == 20:
                raise Enough

        source = endless() if kind == "sync" else endless_too()
        with pytest.raises(Enough):
            await scene.memory.warm(source, batch=10, progress=enough)
        assert (len(made), await scene.memory.count()) == (20, 20)

    played()


@scene
async def test_one_that_is_cancelled_stops(scene):
    async def slow():
        for number in count():
            await asyncio.sleep(1)
            yield f"note {number}"

    source = slow()
    task = asyncio.create_task(scene.memory.warm(source, batch=2))
    await asyncio.sleep(5.5)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert await scene.memory.count() == 4


@scene
async def test_a_bad_item_ends_it_after_the_batches_before(scene):
    with pytest.raises(InvalidInput, match="item 1: text is empty"):
        await scene.memory.warm(["a", "b", "c", ""], batch=2)
    assert await scene.memory.count() == 2


@scene
async def test_what_may_be_given(scene):
    for one in ("a text", {"text": "a"}, MemoryEntry(text="a"), 5, None):
        with pytest.raises(WrongType, match="warm takes several items"):
            await scene.memory.warm(one)
    for batch, error in ((0, InvalidInput), (-1, InvalidInput), (1.5, WrongType)):
        with pytest.raises(error):
            await scene.memory.warm(["a"], batch=batch)
    for progress in (5, asyncio.sleep):
        with pytest.raises(WrongType, match="progress must be a plain function"):
            await scene.memory.warm(["a"], progress=progress)
    with pytest.raises(UnknownTier):
        await scene.memory.warm(["a"], tier="session")
    with pytest.raises(WrongType):
        await scene.memory.warm(["a"], text="the same")
    assert scene.faults.asked == []
