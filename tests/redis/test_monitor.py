"""What a client sends, as the server's MONITOR sees it: no verb costs more round trips than it must."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from redis_data import entry, found, opened, rich
from redis_servers.address import HOST

from axon import Filter
from axon.spi import Query

SENT = {
    "save": (lambda adapter: adapter.save(entry("new")), ["EVALSHA"]),
    "save again": (lambda adapter: adapter.save(entry("a", tags=["t"])), ["EVALSHA"]),
    "60 saves at once": (
        lambda adapter: asyncio.gather(*(adapter.save(entry(f"n{n}")) for n in range(60))),
        ["EVALSHA", "EVALSHA"],
    ),
    "save_many": (lambda adapter: adapter.save_many([entry(f"m{n}") for n in range(60)]), ["EVALSHA", "EVALSHA"]),
    "get": (lambda adapter: adapter.get("a"), ["GET"]),
    "get of nothing": (lambda adapter: adapter.get("nothing"), ["GET"]),
    "get_many": (lambda adapter: adapter.get_many(["a", "b", "c"]), ["MGET"]),
    "delete": (lambda adapter: adapter.delete("c"), ["EVALSHA"]),
    "one tag": (lambda adapter: found(adapter, filter=Filter(tags=["t"]), limit=20), ["ZREVRANGEBYLEX", "MGET"]),
    "a user": (lambda adapter: found(adapter, filter=Filter(user_id="u"), limit=20), ["ZREVRANGEBYLEX", "MGET"]),
    "everything": (lambda adapter: found(adapter, filter=Filter(), limit=20), ["ZREVRANGEBYLEX", "MGET"]),
    "two terms": (
        lambda adapter: found(adapter, filter=Filter(tags=["t"], user_id="u"), limit=20),
        ["EVALSHA", "MGET"],
    ),
    "explained": (
        lambda adapter: adapter.query(Query(filter=Filter(tags=["t"]), limit=20, explain=True)),
        ["ZREVRANGEBYLEX", "MGET"],
    ),
}


@asynccontextmanager
async def monitored(server):
    """What other clients send from now on, as a function that gives it and forgets it."""
    async with redis.asyncio.Redis(host=HOST, port=server.port) as client, client.monitor() as monitor:
        marks = redis.asyncio.Redis(host=HOST, port=server.port)

        async def sent():
            await marks.echo("now")
            names = []
            while True:
                line = await monitor.next_command()
                name = line["command"].split(" ")[0]
                if name.upper() == "ECHO":
                    return names
                if line["client_type"] != "lua" and name.upper() != "CLIENT":  # a connection says who it is
                    names.append(name.upper())

        try:
            yield sent
        finally:
            await marks.aclose()


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
@pytest.mark.parametrize("verb", SENT)
def test_no_more_commands_than_it_takes(shared, verb, multiplex):
    call, expected = SENT[verb]

    async def main():
        async with opened(shared, multiplex=multiplex) as adapter:
            await adapter.save_many([entry(name, tags=["t"], user_id="u") for name in "abc"])
            await adapter.count()
            await found(adapter, filter=Filter(tags=["t"], user_id="u"))
            await adapter.delete("nothing")
            async with monitored(shared) as sent:
                await sent()
                await call(adapter)
                assert await sent() == expected

    asyncio.run(main())


def test_reads_that_refresh_cost_one_command_too(shared):
    async def main():
        async with opened(shared, refresh_on_read=True, default_ttl=1000) as adapter:
            await adapter.save_many([entry(name) for name in "abc"])
            await adapter.get("a")
            async with monitored(shared) as sent:
                await sent()
                await adapter.get("a")
                assert await sent() == ["EVALSHA"]
                await adapter.get_many(["a", "b"])
                assert await sent() == ["EVALSHA"]

    asyncio.run(main())


def test_nothing_dangerous_is_ever_sent(shared, raw):
    async def main():
        raw.set("other", "kept")
        async with opened(shared, max_entries=500) as adapter, monitored(shared) as sent:
            await asyncio.gather(*(adapter.save(rich(number)) for number in range(600)))
            await found(adapter, text="common", filter=Filter(tags=["all"]))
            await adapter.scan()
            raw.delete(b"{axon}:i", b"{axon}:c")
            await adapter.save(entry("a"))
            await adapter.count()
            await adapter.update("a", text="b")
            await adapter.delete_where(Filter(tags=["kind1"]))
            await adapter.clear()
            await adapter.health()
            names = set(await sent())
            assert not names & {
                "FLUSHDB",
                "FLUSHALL",
                "KEYS",
                "CONFIG",
                "SHUTDOWN",
                "DEBUG",
                "SMEMBERS",
                "HGETALL",
                "EXPIRE",
            }
        assert raw.get("other") == b"kept"

    asyncio.run(main())
