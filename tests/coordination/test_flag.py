"""``memory.flag``: a value of JSON that is there for a while."""

from __future__ import annotations

import asyncio
from types import MappingProxyType

import pytest
from coordination_scene import Loop, Scene, play, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from axon.core.errors import InvalidInput, WrongType


@scene
async def test_on_for_a_while(scene):
    flag = scene.memory.flag("maintenance")
    assert flag.name == "maintenance"
    assert await flag.read() is False
    assert await flag.read("off") == "off"
    await flag.set(ttl=5)
    assert await scene.another().flag("maintenance").read("off") is True
    await asyncio.sleep(5)
    assert await flag.read() is False
    assert await flag.clear() is False
    await flag.set()
    await asyncio.sleep(59)  # of the minute that the policy of the tier says
    assert await flag.clear() is True
    assert await flag.read() is False


@scene
async def test_a_new_value_takes_the_place_and_the_time_of_the_old_one(scene):
    flag = scene.memory.flag("model")
    await flag.set("large", ttl=100)
    await flag.set({"name": "small", "shares": (1, 2.5, None)}, ttl=5)
    assert await flag.read() == {"name": "small", "shares": [1, 2.5, None]}
    await asyncio.sleep(5)
    assert await flag.read(None) is None


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}])
def test_a_value_of_nothing_is_a_value(value):
    async def scenario(scene):
        flag = scene.memory.flag("a")
        await flag.set(value, ttl=5)
        assert await flag.read("default") == value
        assert await flag.clear() is True

    play(scenario)


@scene
async def test_what_is_read_is_the_readers(scene):
    flag = scene.memory.flag("a")
    await flag.set(MappingProxyType({"list": [1], "inner": MappingProxyType({"b": 2})}), ttl=5)
    (await flag.read())["list"].append(2)
    assert await flag.read() == {"list": [1], "inner": {"b": 2}}


@scene
async def test_what_may_be_given(scene):
    for name in ("", "a\0b", "x" * 961):
        with pytest.raises(InvalidInput):
            scene.memory.flag(name)
    with pytest.raises(WrongType):
        scene.memory.flag(5)
    flag = scene.memory.flag("a")
    for value in ({1, 2}, b"bytes", {"deep": object()}, {5: "key"}):
        with pytest.raises(WrongType, match="the flag 'a'"):
            await flag.set(value, ttl=5)
    for value in (float("nan"), 2**64, "\ud800"):
        with pytest.raises(InvalidInput, match="the flag 'a'"):
            await flag.set(value, ttl=5)
    with pytest.raises(InvalidInput, match="limited time"):
        await flag.set(ttl=None)
    assert scene.faults.asked == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.just("set"), st.sampled_from("ab"), JSON, st.sampled_from([1.0, 4.0]))
    | st.tuples(st.sampled_from(["clear", "read"]), st.sampled_from("ab"))
    | st.tuples(st.just("wait"), st.sampled_from([0.5, 2.0])),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_beside_a_dictionary(steps):
    async def main():
        scene, model = Scene(), {}
        for verb, *arguments in steps:
            model = {name: (value, end) for name, (value, end) in model.items() if end > scene.now}
            if verb == "wait":
                await asyncio.sleep(*arguments)
                continue
            name, *rest = arguments
            flag = scene.memory.flag(name)
            if verb == "set":
                await flag.set(rest[0], ttl=rest[1])
                model[name] = (rest[0], scene.now + rest[1])
            elif verb == "clear":
                assert await flag.clear() is (model.pop(name, None) is not None)
            else:
                assert await flag.read("off") == model.get(name, ("off",))[0]

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
