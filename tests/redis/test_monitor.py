"""What a client sends, as the server's MONITOR sees it: no verb costs more round trips than it must."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
import redis.asyncio
from redis_data import entry, found, opened, rich
from redis_servers.address import HOST

from axon import EphemeralPolicy, Filter, MemoryConfig, MemorySystem
from axon.spi import Query

PAGE = ["EVALSHA", "MGET"]
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
    "one tag": (lambda adapter: found(adapter, filter=Filter(tags=["t"]), limit=20), PAGE),
    "a user": (lambda adapter: found(adapter, filter=Filter(user_id="u"), limit=20), PAGE),
    "everything": (lambda adapter: found(adapter, filter=Filter(), limit=20), PAGE),
    "two terms": (
        lambda adapter: found(adapter, filter=Filter(tags=["t"], user_id="u"), limit=20),
        ["EVALSHA", "MGET"],
    ),
    "explained": (
        lambda adapter: adapter.query(Query(filter=Filter(tags=["t"]), limit=20, explain=True)),
        PAGE,
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


def memory_over(adapter):
    return MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy()), adapters={"ephemeral": adapter})


async def hold(memory):
    async with memory.lock("a lock"):
        pass


async def compute(memory):
    @memory.cached(ttl=60, key=lambda: "the same", name="function")
    async def function():
        return 1

    assert await function() == 1


AGREED = {
    "a lock that is taken and given back": (hold, ["EVALSHA", "EVALSHA"]),
    "a limit": (lambda memory: memory.limit("a limit", 100, per=60).acquire("key"), ["EVALSHA"]),
    "a limit with sums": (lambda memory: memory.limit("sums", 100, per=60, exact=False).acquire(), ["EVALSHA"]),
    "what is used of a limit": (lambda memory: memory.limit("a limit", 100, per=60).used("key"), ["EVALSHA"]),
    "once": (lambda memory: memory.once("key", ttl=60), ["SET"]),
    "setting a flag": (lambda memory: memory.flag("a flag").set(ttl=60), ["SET"]),
    "reading a flag": (lambda memory: memory.flag("a flag").read(), ["MGET"]),
    "a cached result": (compute, ["MGET"]),
    "a counter": (lambda memory: memory.tier("ephemeral").increment("a counter"), ["EVALSHA"]),
    "reading a counter": (lambda memory: memory.tier("ephemeral").counter("a counter"), ["GET"]),
}


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
@pytest.mark.parametrize("verb", AGREED)
def test_what_is_agreed_on_takes_one_command(shared, verb, multiplex):
    call, expected = AGREED[verb]

    async def main():
        async with opened(shared, multiplex=multiplex) as adapter, monitored(shared) as sent:
            memory = memory_over(adapter)
            await call(memory)  # the server learns the scripts
            await sent()
            await call(memory)
            assert await sent() == expected

    asyncio.run(main())


def test_a_lock_is_taken_again_with_the_wait_for_a_replica(replicated):
    async def main():
        async with opened(replicated.master) as adapter, monitored(replicated.master) as sent:
            await hold(memory_over(adapter))
            await sent()
            await hold(memory_over(adapter))
            assert await sent() == ["EVALSHA", "EVAL", "WAIT", "EVALSHA"]

    asyncio.run(main())


def test_without_replicas_nothing_is_waited_for(shared):
    async def main():
        async with opened(shared) as adapter, monitored(shared) as sent:
            lock = await adapter.lock("a lock", ttl=60)
            await adapter.renew(lock, ttl=60)
            await adapter.unlock(lock)
            assert not {"WAIT", "INFO"} & {*await sent()}

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
