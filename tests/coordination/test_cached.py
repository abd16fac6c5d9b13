"""``memory.cached``: a function runs once for its arguments, until its result expires or is invalidated."""

from __future__ import annotations

import asyncio
import functools
import inspect
from types import FunctionType, SimpleNamespace

import pytest
from coordination_functions import counting
from coordination_scene import scene

from axon.core.errors import ComputationFailed, InvalidInput, LockLost, StoreUnavailable, WrongType


@scene
async def test_by_its_arguments_however_they_are_given(scene):
    answer, runs = counting(scene.memory)
    first = await answer("why")
    for again in (answer("why"), answer(question="why"), answer("why", language="en")):
        assert await again == first == {"answer": ["why"], "language": "en"}
    assert len(runs) == 1
    assert (await answer("why", language="de"))["language"] == "de"
    assert (await answer("how"))["answer"] == ["how"]
    assert len(runs) == 3
    await answer({"a": 1, "b": (2, 3)}, x=1, y=2)
    await answer({"b": [2, 3], "a": 1}, y=2, x=1)
    assert len(runs) == 4
    for one in (1, True, "1", None, 1.5, [1], "", ["a", "b"], ["a,b"]):
        await answer(one)
    assert len(runs) == 13
    with pytest.raises(TypeError, match="question"):
        await answer()


@scene
async def test_it_stays_the_function_that_it_was(scene):
    answer, _ = counting(scene.memory)
    assert (answer.__name__, answer.__doc__) == ("answer", "Answer it.")
    assert list(inspect.signature(answer).parameters) == ["question", "more", "language", "rest"]


@scene
async def test_many_at_once_in_several_processes_run_it_once(scene):
    functions = [counting(scene.another()) for _ in range(4)]
    results = await asyncio.gather(*[answer("why") for answer, _ in functions for _ in range(50)])
    assert sum(len(runs) for _, runs in functions) == 1
    results[0]["answer"].append("changed")
    assert results[1] == results[199] == {"answer": ["why"], "language": "en"}


@scene
async def test_until_it_expires(scene):
    answer, runs = counting(scene.memory, ttl=5)
    await answer("why")
    await asyncio.sleep(4)
    await answer("why")
    assert len(runs) == 1
    await asyncio.sleep(1)
    await answer("why")
    assert len(runs) == 2


@scene
async def test_it_may_have_attributes_as_any_function(scene):
    @scene.memory.cached(ttl=60, name="counted")
    async def counted():
        counted.calls += 1

    counted.calls = counted.results = 0
    await counted()
    await counted()
    assert counted.calls == 1


@scene
async def test_a_key_says_which_calls_are_the_same(scene):
    @scene.memory.cached(ttl=60, key=lambda question, _: question.lower(), name="asked")
    async def asked(question, connection):
        return question

    assert await asked("Why", object()) == "Why"
    assert await asked("WHY", None) == "Why"
    await asked.invalidate("why", object())
    assert await asked("WHY", object()) == "WHY"
    broken, _ = counting(scene.memory, key=lambda question: 5)
    with pytest.raises(WrongType, match=r"the key of answer must be text, got 5"):
        await broken("why")


@scene
async def test_arguments_that_are_no_json_need_a_key(scene):
    answer, runs = counting(scene.memory)
    with pytest.raises(InvalidInput, match=r"the arguments\.question .*answer is cached by its arguments; .* a key"):
        await answer(object())
    assert runs == []


@scene
async def test_long_arguments_are_told_apart(scene):
    answer, runs = counting(scene.memory)
    for end in "ab":
        for _ in range(2):
            await answer("x" * 5000 + end)
    assert len(runs) == 2


@scene
async def test_methods(scene):
    class Shop:
        def __init__(self, name):
            self.name = name
            self.runs = 0

        @scene.memory.cached(
            ttl=60, key=lambda shop, item: f"{shop.name}/{item}", tags=lambda shop, item: [shop.name], name="price"
        )
        async def price(self, item):
            self.runs += 1
            return [self.name, item]

        @scene.memory.cached(ttl=60, name="without key")
        async def without_key(self):
            return 1

    north, south = Shop("north"), Shop("south")
    for shop in (north, south):
        for _ in range(2):
            assert await shop.price("tea") == [shop.name, "tea"]
        assert await Shop.price(shop, "tea") == [shop.name, "tea"]
    assert (north.runs, south.runs) == (1, 1)
    await north.price.invalidate("tea")
    await scene.memory.invalidate("south")
    for shop in (north, south):
        await shop.price("tea")
    assert (north.runs, south.runs) == (2, 2)
    with pytest.raises(InvalidInput, match=r"arguments\.self"):
        await north.without_key()


@scene
async def test_an_error_is_not_kept(scene):
    errors = [ValueError("first"), ValueError("second")]

    def failing(memory):
        @memory.cached(ttl=60, key=lambda: "", name="failing")
        async def function():
            await asyncio.sleep(1)
            if errors:
                raise errors.pop(0)
            return "fine"

        return function

    here, there = failing(scene.memory), failing(scene.another())
    found = await asyncio.gather(here(), here(), there(), return_exceptions=True)
    assert sorted(map(str, found)) == ["first", "first", "second"]
    assert not any(isinstance(each, ComputationFailed) for each in found)
    assert await here() == "fine"


@scene
async def test_wrong_use(scene):
    async def function(self=None):
        return 1

    def plain():
        return 1

    with pytest.raises(TypeError):
        scene.memory.cached(function)
    for wrong in (plain, 5, functools.partial(function), SimpleNamespace(f=function), asyncio.Event().wait):
        with pytest.raises(WrongType, match=r"cached\(\) is for async functions"):
            scene.memory.cached(ttl=60)(wrong)
    for tags in ("one", 5, [5]):
        with pytest.raises(WrongType):
            scene.memory.cached(ttl=60, tags=tags, name="a")(function)
    with pytest.raises(WrongType, match="key must be a function"):
        scene.memory.cached(ttl=60, key="x", name="a")(function)
    with pytest.raises(WrongType, match="tags must be several texts"):
        await scene.memory.cached(ttl=60, tags=lambda self=None: "one", name="a")(function)()
    for name, error in ((5, WrongType), ("", InvalidInput), ("x" * 961, InvalidInput)):
        with pytest.raises(error):
            scene.memory.cached(ttl=60, name=name)(function)
    for ttl in (None, 0, -1):
        with pytest.raises(InvalidInput):
            scene.memory.cached(ttl=ttl)
    with pytest.raises(WrongType):
        await scene.memory.invalidate(["a", "b"])
    assert scene.faults.asked == []


async def of_this_module(item):
    return item


@scene
async def test_functions_that_cannot_be_told_apart_need_a_name(scene):
    def made(answer):
        async def function():
            return answer

        return function

    cached = scene.memory.cached
    with pytest.raises(InvalidInput, match=r"<locals>.function, and would share .* a name, cached\(name="):
        cached(ttl=60)(made("a"))
    first, second = cached(ttl=60, name="a")(made("a")), cached(ttl=60, name="b")(made("b"))
    assert (await first(), await second()) == ("a", "b")
    with pytest.raises(InvalidInput, match="another cached function is called 'a' already"):
        cached(ttl=60, name="a")(made("c"))
    scene.another().cached(ttl=60, name="a")(made("c"))
    assert await cached(ttl=60)(of_this_module)("tea") == await cached(ttl=60)(of_this_module)("tea") == "tea"
    read_again = FunctionType(of_this_module.__code__, {})  # as importlib.reload does
    read_again.__module__, read_again.__qualname__ = __name__, "of_this_module"
    assert await cached(ttl=60)(read_again)("tea") == "tea"


@scene
async def test_arguments_are_in_no_name_and_no_message(scene):
    names = []

    async def noting(call, proceed):
        names.append(str(call.argument))
        return await proceed(call)

    answer, _ = counting(scene.another(noting), lease=0.5)
    scene.faults.failing["renew"] = StoreUnavailable("down", sent=False)
    with pytest.raises(LockLost, match="the lock of the computation of 'answer' was lost") as caught:
        await answer("sk-secret")
    assert "cached:answer(" in "".join(names)
    assert "secret" not in "".join([*names, str(caught.value), *getattr(caught.value, "__notes__", [])])


@scene
async def test_a_function_that_calls_itself(scene):
    @scene.memory.cached(ttl=60, name="depth")
    async def depth(number):
        return await depth(number) if number == 0 else await depth(number - 1)

    with pytest.raises(InvalidInput, match="the computation of 'depth' asks for its own result"):
        await depth(5)


@scene
async def test_a_thousand_who_miss_at_once_run_it_once(scene):
    answer, runs = counting(scene.memory)
    assert await asyncio.gather(*[answer("why") for _ in range(1000)]) == [{"answer": ["why"], "language": "en"}] * 1000
    assert runs == [("why",)]
