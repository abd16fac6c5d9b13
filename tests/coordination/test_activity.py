"""``memory.activity``: how much has happened lately."""

from __future__ import annotations

import asyncio

import pytest
from coordination_scene import scene

from axon.core.errors import InvalidInput, WrongType


@scene
async def test_the_window_slides(scene):
    activity = scene.memory.activity("questions", within=60)
    assert await activity.count("ada") == 0
    assert [await activity.record("ada") for _ in range(3)] == [1, 2, 3]
    await asyncio.sleep(30)
    assert await activity.record("ada", weight=5) == 8
    assert await activity.record("bob") == 1
    assert await activity.record() == 1
    assert await scene.another().activity("questions", within=60).count("ada") == 8
    await asyncio.sleep(30)
    assert [await activity.count(key) for key in ("ada", "bob", "")] == [5, 1, 1]
    await asyncio.sleep(30)
    assert await activity.count("ada") == 0


@scene
async def test_many_at_once_are_all_counted(scene):
    activity = scene.memory.activity("questions", within=60, exact=False)
    counts = await asyncio.gather(*[activity.record() for _ in range(500)])
    assert sorted(counts) == list(range(1, 501))
    assert await activity.count() == 500


@scene
async def test_an_activity_is_no_limit_of_its_name(scene):
    await scene.memory.activity("mail", within=60).record("ada")
    assert await scene.memory.limit("mail", 5, per=60).used("ada") == 0


@scene
async def test_what_may_be_given(scene):
    for name, within in (("", 60), ("a", 0), ("a", -1), ("x" * 961, 60)):
        with pytest.raises(InvalidInput):
            scene.memory.activity(name, within=within)
    with pytest.raises(WrongType):
        scene.memory.activity("a", within="60")
    with pytest.raises(WrongType):
        scene.memory.activity("a", within=60, exact="yes")
    activity = scene.memory.activity("a", within=60)
    assert (activity.name, activity.within) == ("a", 60)
    for wrong in (activity.record, activity.count):
        with pytest.raises(WrongType, match="key must be text"):
            await wrong(5)
    with pytest.raises(InvalidInput):
        await activity.record(weight=0)
