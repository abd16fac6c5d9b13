"""Names of users beside each other in one store: whatever they hold, no two meet."""

from __future__ import annotations

import asyncio
from enum import Enum

import pytest
from coordination_scene import Loop, Scene, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from axon.core.errors import LockUnavailable


class Word(str, Enum):  # noqa: UP042 - of a StrEnum both texts are one
    """Texts whose own text is another one."""

    A = "a"


PARTS = st.lists(
    st.sampled_from([":", "1", "2", "3", "a", "b", "lock", "result:", "limit:", "tag", "é", " "]), max_size=5
)
KEYS = PARTS.map("".join)
NAMES = KEYS.filter(bool)


def played(scenario, *arguments):
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(scenario(Scene(), *arguments))


@scene
async def test_a_member_of_an_enum_is_the_text_that_it_equals(scene):
    memory = scene.memory
    async with memory.lock(Word.A):
        assert [lock.name for lock in await memory.locks()] == ["a"]
        with pytest.raises(LockUnavailable):
            async with memory.lock("a", wait=0):
                pytest.fail("the body ran without the lock")
    assert [await memory.once(Word.A, ttl=60), await memory.once("a", ttl=60)] == [True, False]
    await memory.flag(Word.A).set(ttl=60)
    assert await memory.flag("a").read() is True
    await memory.limit(Word.A, 10, per=60).acquire(Word.A)
    assert await memory.limit("a", 10, per=60).used("a") == 1
    await memory.activity(Word.A, within=60).record(Word.A)
    assert await memory.activity("a", within=60).count("a") == 1
    runs = []

    @memory.cached(ttl=60, tags=[Word.A], name=Word.A)
    async def noted():
        runs.append(1)

    await noted()
    await memory.invalidate("a")
    await noted()
    assert len(runs) == 2


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.tuples(NAMES, KEYS), st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_keys_of_limits_and_activities(wanted):
    async def scenario(scene):
        for (name, key), (limited, happened) in wanted.items():
            limiter = scene.memory.limit(name, 100, per=60)
            activity = scene.memory.activity(name, within=60)
            for _ in range(limited):
                await limiter.acquire(key)
            for _ in range(happened):
                await activity.record(key)
        for (name, key), (limited, happened) in wanted.items():
            assert await scene.memory.limit(name, 100, per=60).used(key) == limited
            assert await scene.memory.activity(name, within=60).count(key) == happened
        listed = {(use.name, use.key): use.used for use in await scene.memory.limits()}
        assert listed == {place: limited for place, (limited, _) in wanted.items() if limited}

    played(scenario)


@settings(max_examples=80, deadline=None)
@given(st.sets(NAMES, max_size=8))
def test_values_of_several_verbs(names):
    async def scenario(scene):
        memory = scene.memory

        async def made(name):
            return f"result of {name}"

        @memory.cached(ttl=60, name="kept", key=lambda name: name, tags=lambda name: [name])
        async def kept(name):
            return f"kept for {name}"

        for name in names:
            assert await memory.once(name)
            assert await memory.flag(name).read("off") == "off"
            await memory.flag(name).set(f"flag {name}")
            assert await memory.once_result(name, lambda name=name: made(name)) == f"result of {name}"
            assert await kept(name) == f"kept for {name}"
        for name in names:
            assert not await memory.once(name)
            assert await memory.flag(name).read() == f"flag {name}"
            assert await memory.once_result(name, lambda: made("another")) == f"result of {name}"
            assert await kept(name) == f"kept for {name}"

    played(scenario)


@settings(max_examples=40, deadline=None)
@given(st.sets(NAMES, max_size=8))
def test_locks(names):
    async def scenario(scene):
        async def hold(name):
            async def work():
                async with scene.memory.lock(name, wait=0):
                    assert name in [lock.name for lock in await scene.memory.locks()]
                    await asyncio.sleep(1)

            await scene.memory.once_result(name, work)

        async with asyncio.TaskGroup() as group:
            for name in names:
                group.create_task(hold(name))
            await asyncio.sleep(0.5)
            assert [lock.name for lock in await scene.memory.locks()] == sorted(names)

    played(scenario)


@scene
async def test_who_writes_to_the_adapter_itself_is_not_listed(scene):
    lock = await scene.adapter.lock("mine", ttl=60)
    for name in ("mine", "limit:mine", "limit:x:mine", "limit:²:mine"):
        await scene.adapter.allow(name, limit=5, per=60)
    assert await scene.memory.locks() == []
    assert await scene.memory.limits() == []
    await scene.adapter.unlock(lock)


@scene
async def test_the_longest_names_and_keys_fit(scene):
    name = "é" * 960
    async with scene.memory.lock(name) as lock:
        assert [held.name for held in await scene.memory.locks()] == [name]
        assert lock.name == name
    assert await scene.memory.once(name)
    await scene.memory.flag(name).set()

    async def result():
        return 1

    assert await scene.memory.once_result(name, result) == 1
    await scene.memory.limit("é" * 900, 5, per=60).acquire("é" * 60)
    await scene.memory.activity(name, within=60).record()
