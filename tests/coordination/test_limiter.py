"""``memory.limit``: so many in so many seconds, by key."""

from __future__ import annotations

import asyncio
import math

import pytest
from coordination_scene import Loop, Scene, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from axon.core.errors import InvalidInput, WrongType
from axon.spi import Allowance


@scene
async def test_what_is_allowed_and_when_the_next_is(scene):
    limiter = scene.memory.limit("mail", 2, per=60)
    assert await limiter.acquire("ada") == Allowance(allowed=True, remaining=1, retry_after=0)
    await asyncio.sleep(10)
    assert (await limiter.acquire("ada")).allowed
    assert await limiter.acquire("ada") == Allowance(allowed=False, remaining=0, retry_after=50)
    assert (await limiter.acquire("bob")).allowed
    assert (await limiter.acquire()).allowed
    assert [await limiter.used(key) for key in ("ada", "bob", "", "eve")] == [2, 1, 1, 0]
    await asyncio.sleep(50)
    assert (await limiter.acquire("ada")).allowed
    assert not (await limiter.acquire("ada")).allowed


@scene
async def test_of_many_at_once_from_several_processes_no_more_than_the_limit(scene):
    limiters = [scene.another().limit("mail", 20, per=60) for _ in range(4)]
    asked = [limiter.acquire("ada") for limiter in limiters for _ in range(25)]
    assert sum(allowance.allowed for allowance in await asyncio.gather(*asked)) == 20


@scene
async def test_weight(scene):
    limiter = scene.memory.limit("bytes", 100, per=60)
    assert (await limiter.acquire(weight=99)).remaining == 1
    assert not (await limiter.acquire(weight=2)).allowed
    assert (await limiter.acquire(weight=1)).remaining == 0
    assert (await limiter.acquire(weight=101)).retry_after == math.inf


@scene
async def test_one_that_is_not_exact_counts_longer_and_never_shorter(scene):
    limiter = scene.memory.limit("mail", 1, per=32, exact=False)
    await limiter.acquire()
    await asyncio.sleep(31.9)
    assert not (await limiter.acquire()).allowed
    await asyncio.sleep(1.2)
    assert (await limiter.acquire()).allowed


@scene
async def test_limits_of_another_span_are_apart(scene):
    minute, day = scene.memory.limit("mail", 1, per=60), scene.memory.limit("mail", 2, per=86_400)
    assert [(await limiter.acquire()).allowed for limiter in (minute, day, minute, day)] == [True, True, False, True]


@scene
async def test_the_windows_that_are_in_use(scene):
    assert await scene.memory.limits() == []
    await scene.memory.limit("mail", 10, per=60).acquire("ada", weight=3)
    await scene.memory.limit("mail", 10, per=3600).acquire("ada")
    await scene.memory.limit("mail:ada", 10, per=60).acquire()
    await scene.memory.limit("zoo", 10, per=60).acquire("a")
    await scene.memory.activity("mail", within=60).record("ada")
    seen = await scene.another().limits()
    assert seen == [("mail", "ada", 60, 3), ("mail", "ada", 3600, 1), ("mail:ada", "", 60, 1), ("zoo", "a", 60, 1)]
    assert (seen[0].name, seen[0].key, seen[0].per, seen[0].used) == seen[0]


@scene
async def test_what_may_be_given(scene):
    limit = scene.memory.limit
    for name, number, per in (("", 1, 1), ("a", 0, 1), ("a", 2**50 + 1, 1), ("a", 1, 0), ("x" * 961, 1, 1)):
        with pytest.raises(InvalidInput):
            limit(name, number, per=per)
    for name, number, per in ((5, 1, 1), ("a", 1.5, 1), ("a", True, 1), ("a", 1, "60")):
        with pytest.raises(WrongType):
            limit(name, number, per=per)
    with pytest.raises(WrongType):
        limit("a", 1, per=1, exact=1)
    limiter = limit("a", 1, per=1)
    assert (limiter.name, limiter.limit, limiter.per) == ("a", 1, 1)
    for key in (5, None, b"ada"):
        with pytest.raises(WrongType, match="key must be text"):
            await limiter.acquire(key)
        with pytest.raises(WrongType, match="key must be text"):
            await limiter.used(key)
    for weight in (0, -1, 1.5):
        with pytest.raises(InvalidInput):
            await limiter.acquire(weight=weight)
    with pytest.raises(InvalidInput, match="characters"):
        await limiter.acquire("x" * 1024)
    await limiter.acquire("x" * 959)


ASKED = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.5, 9.5, 10.0]), st.sampled_from(["", "a", "b"]), st.integers(1, 6)),
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(ASKED)
def test_beside_a_list_of_what_was_allowed(asked):
    async def main():
        scene, allowed = Scene(), []
        limiter = scene.memory.limit("mail", 5, per=10)
        for pause, key, weight in asked:
            await asyncio.sleep(pause)
            window = [each for when, of, each in allowed if of == key and when + 10 > scene.now]
            expected = sum(window) + weight <= 5
            assert await limiter.used(key) == sum(window)
            allowance = await limiter.acquire(key, weight=weight)
            assert allowance.allowed == expected
            assert allowance.remaining == 5 - sum(window) - weight * expected
            if expected:
                allowed.append((scene.now, key, weight))

    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(main())
