"""``memory.once``: the first is told so, all others are not."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from coordination_scene import scene

from axon.core.errors import InvalidInput, WrongType


@scene
async def test_one_of_many_is_the_first(scene):
    memories = [scene.another() for _ in range(4)]
    answers = await asyncio.gather(*[memory.once("mail 7", ttl=60) for memory in memories for _ in range(50)])
    assert sorted(answers, reverse=True) == [True] + [False] * 199
    assert await scene.memory.once("mail 8", ttl=60)


@scene
async def test_for_as_long_as_it_says(scene):
    assert await scene.memory.once("a", ttl=timedelta(seconds=5))
    await asyncio.sleep(4)
    assert not await scene.memory.once("a", ttl=5)
    await asyncio.sleep(1)
    assert await scene.memory.once("a", ttl=0.5)
    await asyncio.sleep(0.5)
    assert await scene.memory.once("a")
    await asyncio.sleep(59)  # of the minute that the policy of the tier says
    assert not await scene.memory.once("a")
    await asyncio.sleep(1)
    assert await scene.memory.once("a")


@scene
async def test_what_may_be_given(scene):
    for key, ttl in (("", 60), ("a", 0), ("a", -1), ("a", None), ("x" * 961, 60)):
        with pytest.raises(InvalidInput):
            await scene.memory.once(key, ttl=ttl)
    for key, ttl in ((5, 60), ("a", "60")):
        with pytest.raises(WrongType):
            await scene.memory.once(key, ttl=ttl)
    assert scene.faults.asked == []
