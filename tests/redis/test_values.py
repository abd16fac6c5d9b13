"""Values and counters in Redis: among processes, and where an answer is lost on the way."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
from redis_cut import way_to
from redis_data import opened
from redis_peer import together
from redis_servers.address import HOST

from axon.core.errors import StoreUnavailable
from axon_redis.adapter import RedisAdapter

either = pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])


def test_once_is_true_for_one_of_all_processes(shared):
    answers = together(shared.url, "once", [[100]] * 4)
    assert [sum(of_one_key) for of_one_key in zip(*answers, strict=True)] == [1] * 100


@asynccontextmanager
async def way_and_adapter(server, **arguments):
    """A way to the server, an adapter on it that has connected, and one that gets there by itself."""
    async with way_to(server) as way, opened(server) as other:
        await asyncio.gather(  # the server learns the scripts: else an answer that is lost only says that it does not
            other.increment("nothing", 0, ttl=0.001),
            other.swap("nothing", b"", None),
            other.allow("nothing", limit=1, per=60),
        )
        adapter = RedisAdapter(HOST, way.port, **arguments)
        await adapter.values(["nothing"])
        try:
            yield way, adapter, other
        finally:
            await adapter.close()


async def raising(call):
    with pytest.raises(StoreUnavailable) as caught:
        await call
    assert caught.value.sent


@either
def test_a_swap_that_was_done_says_so_though_its_answer_was_lost(shared, multiplex):
    async def main():
        async with way_and_adapter(shared, multiplex=multiplex) as (way, adapter, other):
            way.cut(b"first")
            assert await adapter.swap("a", None, b"first", ttl=60) is True
            assert (way.cuts, await other.values(["a"])) == (1, [b"first"])
            way.cut(b"second")
            assert await adapter.swap("a", b"first", b"second", ttl=60) is True
            assert (way.cuts, await other.values(["a"])) == (1, [b"second"])
            way.cut(b"second")
            assert await adapter.swap("a", b"second", b"second", ttl=60) is True
            assert way.cuts == 1

    asyncio.run(main())


@either
def test_the_same_value_of_another_is_not_taken_for_ones_own(shared, multiplex):
    """As where two ask for one key with once, whose value says nothing about who put it."""

    async def main():
        async with way_and_adapter(shared, multiplex=multiplex) as (way, adapter, other):
            for name, loses in (("a", "command"), ("b", "answer")):
                assert await other.swap(name, None, b"value", ttl=60)
                way.cut(b"value", loses=loses)
                await raising(adapter.swap(name, None, b"value", ttl=60))
                assert way.cuts == 1
            await other.put("c", b"old", ttl=60)
            way.cut(b"value", loses="command")
            cut = asyncio.ensure_future(adapter.swap("c", b"old", b"value", ttl=60))
            await other.put("c", b"value", ttl=60)
            await raising(cut)

    asyncio.run(main())


@either
def test_a_swap_of_which_nobody_knows_says_that(shared, multiplex):
    async def main():
        async with way_and_adapter(shared, multiplex=multiplex) as (way, adapter, other):
            way.cut(b"value", loses="command")
            await raising(adapter.swap("a", None, b"value", ttl=60))
            assert await other.values(["a"]) == [None]
            await other.put("a", b"value", ttl=60)
            way.cut(b"value")
            await raising(adapter.swap("a", b"value", None))  # another may have removed it
            assert (way.cuts, await other.values(["a"])) == (1, [None])

    asyncio.run(main())


def test_that_nobody_could_be_asked_afterwards_does_not_hide_that_a_swap_may_have_run(shared):
    async def main():
        async with way_and_adapter(shared, deadline=0.3) as (way, adapter, other):
            way.cut(b"value", for_good=True)
            await raising(adapter.swap("a", None, b"value", ttl=60))
            assert await other.values(["a"]) == [b"value"]

    asyncio.run(main())


COUNTED_ONCE = {
    "increment": (lambda adapter: adapter.increment("a"), b"!na", 4),
    "reset": (lambda adapter: adapter.reset("a"), b"!na", 0),
    "drop": (lambda adapter: adapter.drop("a"), b"!va", 3),
}


@either
@pytest.mark.parametrize("verb", COUNTED_ONCE)
def test_what_must_not_run_twice_does_not(shared, verb, multiplex):
    call, marker, counter = COUNTED_ONCE[verb]

    async def main():
        async with way_and_adapter(shared, multiplex=multiplex) as (way, adapter, other):
            await other.increment("a", 3)
            await other.put("a", b"value", ttl=60)
            way.cut(marker)
            await raising(call(adapter))
            assert way.cuts == 1
            assert await other.counter("a") == counter
            assert await other.values(["a"]) == [None if verb == "drop" else b"value"]

    asyncio.run(main())


@either
def test_a_limit_counts_twice_rather_than_not(shared, multiplex):
    async def main():
        async with way_and_adapter(shared, multiplex=multiplex) as (way, adapter, other):
            way.cut(b":a")
            assert (await adapter.allow("a", limit=10, per=60)).remaining == 8
            assert (way.cuts, await other.used("a", per=60)) == (1, 2)

    asyncio.run(main())


@either
def test_many_values_in_one_question(shared, multiplex):
    async def main():
        async with opened(shared, multiplex=multiplex) as adapter:
            await asyncio.gather(*(adapter.put(f"{number}", b"%d" % number, ttl=60) for number in range(500)))
            names = [f"{number}" for number in range(600)]
            assert await adapter.values(names) == [b"%d" % number for number in range(500)] + [None] * 100
            assert await adapter.values([]) == []
            await adapter.put("empty", b"", ttl=60)
            assert await adapter.swap("empty", b"", b"\0", ttl=60)
            assert await adapter.values(["empty"]) == [b"\0"]

    asyncio.run(main())
