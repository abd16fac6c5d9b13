"""The way to a server when much is asked of it at once."""

import asyncio

import pytest
from redis_link import KEY, either, run_with

from axon.core.errors import StoreOverloaded


@either
def test_256_callers_share_one_connection_without_an_error(server, multiplex):
    async def use(link):
        async def one(number):
            key = b"%d" % number
            await link.call(key, ("SET", key, number))
            return await link.call(key, ("GET", key))

        assert await asyncio.gather(*map(one, range(256))) == [b"%d" % n for n in range(256)]
        return int((await link.call(KEY, ("INFO", "clients"))).split(b"connected_clients:")[1].split()[0])

    assert run_with(server, use, multiplex=multiplex, max_connections=1) == 1


@either
def test_a_large_pipeline_and_a_reply_of_100_megabytes(server, multiplex):
    size = 100 * 2**20

    async def use(link):
        replies = await link.calls(KEY, [("SET", f"k{n}", b"x" * 1000) for n in range(20_000)])
        assert replies == [b"OK"] * 20_000
        await link.call(KEY, ("SETRANGE", KEY, size - 1, "x"))
        large, small = await asyncio.gather(link.call(KEY, ("GET", KEY)), link.call(KEY, ("GET", b"k1")))
        assert len(large) == size
        assert small == b"x" * 1000
        assert await link.call(KEY, ("SET", KEY, large)) == b"OK"

    run_with(server, use, multiplex=multiplex)


def test_who_comes_when_the_socket_is_full_waits_and_nothing_is_sent_for_it(server):
    async def use(link):
        await link.call(KEY, ("PING",))
        server.freeze()
        value = b"x" * 2**20
        keys = [b"%d" % number for number in range(20)]
        calls = [asyncio.ensure_future(link.call(KEY, ("SET", key, value))) for key in keys]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        last = asyncio.ensure_future(link.call(KEY, ("SET", b"last", 1), repeatable=False))
        with pytest.raises(StoreOverloaded, match="not sent"):
            await last
        waiting = asyncio.ensure_future(link.call(KEY, ("SET", b"waiting", 1), repeatable=False))
        await asyncio.sleep(0)
        server.thaw()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        taken = [outcome == b"OK" for outcome in outcomes]
        assert any(taken), "what the socket takes is answered"
        assert all(isinstance(outcome, StoreOverloaded) for outcome in outcomes if outcome != b"OK")
        assert await waiting == b"OK"
        assert [await link.call(KEY, ("EXISTS", key)) for key in keys] == taken
        assert await link.call(KEY, ("EXISTS", b"last")) == 0

    run_with(server, use, deadline=0.3, socket_timeout=10)


def test_more_commands_in_one_tick_than_may_be_pending(server, monkeypatch):
    monkeypatch.setattr("axon_redis.multiplexer.MOST_PENDING", 2000)

    async def use(link):
        await link.call(KEY, ("PING",))
        replies = await asyncio.gather(*(link.call(KEY, ("INCR", KEY), repeatable=False) for _ in range(20_000)))
        assert sorted(replies) == list(range(1, 20_001))

    run_with(server, use, deadline=60, socket_timeout=60)
