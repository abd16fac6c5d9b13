"""A server that has no room: whatever it takes away, the index tells of all that is left, or it is made anew."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from itertools import combinations

import pytest
import redis
from redis_data import audit, awaited, entry, found, garbage, ids, opened, rich, stored
from redis_servers.address import HOST
from redis_servers.server import Server

from axon import Filter
from axon.core.errors import StoreConflict, StoreFull, StoreUnavailable
from axon.spi import Query

BASE = b"{axon}"
MEMORY = 12_000_000
KEPT_ABOUT = 8000
"""Entries of :func:`rich` that so much memory holds, more or less."""


@pytest.fixture
def small():
    with Server() as server, redis.Redis(HOST, server.port) as client:
        client.config_set("maxmemory", MEMORY + client.info("memory")["used_memory"])
        yield server, client


async def save_all(adapter, entries):
    for start in range(0, len(entries), 256):
        await asyncio.gather(*map(adapter.save, entries[start : start + 256]))


@pytest.mark.parametrize(
    "policy",
    ["allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-ttl", "volatile-random"],
)
def test_what_the_server_leaves_is_found_by_everything(small, policy):
    server, client = small
    client.config_set("maxmemory-policy", policy)
    entries = [rich(number) for number in range(2 * KEPT_ABOUT)]

    async def main():
        async with opened(server) as adapter:
            await save_all(adapter, entries)
            assert client.info("stats")["evicted_keys"] > 0  # few where one of them was as large as an index is
            client.config_set("maxmemory", 0)  # or asking would make the server evict
            if policy == "allkeys-lru":  # once the client has paid what it owes
                await awaited(lambda: (it := garbage(client))[0] <= 0.2 * it[1], "an index with little garbage")
            assert await audit(adapter, entries) == stored(client)
            assert len(stored(client)) > 500

    asyncio.run(main())


def test_a_full_server_still_reads_and_deletes(small):
    server, client = small
    client.config_set("maxmemory-policy", "noeviction")
    entries = [rich(number) for number in range(2 * KEPT_ABOUT)]

    async def main():
        async with (
            opened(server) as adapter,
            opened(server, namespace="refreshed", refresh_on_read=True) as refreshed,
            opened(server, namespace="used", max_entries=100_000, eviction="lru") as used,
            opened(server, namespace="new") as new,
        ):
            await refreshed.save(entries[0])
            await used.save(entries[0])
            acknowledged, refused = set(), 0
            for start in range(0, len(entries), 256):
                some = entries[start : start + 256]
                for one, answer in zip(
                    some, await asyncio.gather(*map(adapter.save, some), return_exceptions=True), strict=True
                ):
                    if answer is None:
                        acknowledged.add(one.id)
                    else:
                        assert isinstance(answer, StoreFull), answer
                        refused += 1
            assert refused > 1000
            client.config_set("maxmemory", 1_000_000)  # now full, without a doubt
            with pytest.raises(StoreFull):
                await adapter.save(entry("one more"))
            assert stored(client) == acknowledged == await audit(adapter, entries, words=False)
            assert garbage(client)[0] == 0

            for one in (refreshed, used):
                assert await one.get(entries[0].id) is not None
                assert [found is not None for found in await one.get_many([entries[0].id])] == [True]
                assert await found(one, text="common") == [entries[0].id]
                assert await found(one, filter=Filter()) == [entries[0].id]
                assert await one.count() == 1
            assert await new.get("a") is None
            assert await found(new, text="common") == []
            assert await found(new, filter=Filter()) == []
            assert await new.count() == 0
            assert await ids(new) == set()
            assert await new.clear() == 0

            assert await adapter.delete(entries[0].id) is True
            assert await adapter.delete_where(Filter(tags=["tag1"])) > 10
            assert await adapter.clear() == len(stored(client)) or stored(client) == set()
            for one in (refreshed, used):
                assert await one.clear() == 1
            assert stored(client) == set()
            client.config_set("maxmemory", MEMORY)
            await adapter.save(entry("again"))
            assert await found(adapter, text="again") == ["again"]

    asyncio.run(main())


def test_a_server_that_was_full_before_anybody_asked(small):
    server, client = small
    client.config_set("maxmemory-policy", "noeviction")

    async def main():
        async with opened(server) as writer:
            await writer.save_many([rich(number) for number in range(300)])
        client.config_set("maxmemory", 1_000_000)
        async with opened(server) as adapter:
            assert await adapter.count() == 300
            assert len(await found(adapter, filter=Filter(tags=["all"]))) == 300
            assert len(await ids(adapter)) == 300
            assert await adapter.clear() == 300

    asyncio.run(main())


PARTS = [b":i", b":x", b":f", b":w", b":c", b":r"]
LOSSES = [
    *combinations(PARTS, 1),
    *combinations(PARTS, 2),
    tuple(PARTS),
    (b":i", b":x", b":f"),
    (b":i", b":x", b":f", b":w"),
]
ASKING = {
    "filter": lambda adapter: found(adapter, filter=Filter(tags=["t"])),
    "two terms": lambda adapter: found(adapter, filter=Filter(tags=["t"], user_id="u")),
    "words": lambda adapter: found(adapter, text="text"),
    "words and filter": lambda adapter: found(adapter, text="text", filter=Filter(tags=["t"])),
    "scan": ids,
    "count": lambda adapter: adapter.count(),
    "count where": lambda adapter: adapter.count(Filter(user_id="u")),
    "delete_where": lambda adapter: adapter.delete_where(Filter(tags=["t"])),
    "clear": lambda adapter: adapter.clear(),
}


@pytest.mark.parametrize("limited", [False, True], ids=["", "limited"])
@pytest.mark.parametrize("how", ["deleted", "evicted"])
@pytest.mark.parametrize("asking", ASKING)
def test_index_keys_that_are_gone_are_noticed(shared, raw, asking, how, limited):
    arguments = {"max_entries": 1000} if limited else {}
    silent = []

    async def main():
        for loss in LOSSES:
            if not limited and b":r" in loss and loss != tuple(PARTS):
                continue
            raw.flushall()
            async with opened(shared, **arguments) as adapter:
                await adapter.save_many([entry(f"e{number}", tags=["t"], user_id="u") for number in range(7)])
                assert await adapter.count() == 7
                before = (await adapter.query(Query(text="text e1")))[0].score
                if how == "evicted":
                    evict_something(raw)
                raw.delete(*[BASE + part for part in loss])
                got = await ASKING[asking](adapter)
                left = stored(raw)
                size = got if isinstance(got, int) else len(set(got))
                if size != 7 or (asking in {"delete_where", "clear"}) != (not left):
                    silent.append((b" ".join(loss).decode(), size, len(left)))
                elif left and (now := (await adapter.query(Query(text="text e1")))[0].score) != before:
                    silent.append((b" ".join(loss).decode(), now, before))

    asyncio.run(main())
    assert silent == []


def evict_something(raw):
    """Let the server evict keys that are none of ours, so that it counts."""
    raw.config_set("maxmemory-policy", "volatile-random")
    before = raw.info("stats")["evicted_keys"]
    raw.set("other", "x" * 100_000, px=1_000_000)
    raw.config_set("maxmemory", raw.info("memory")["used_memory"] - 50_000)
    raw.set("more", "x")
    raw.config_set("maxmemory", 0)
    assert raw.info("stats")["evicted_keys"] > before


def test_a_save_after_a_loss_brings_the_others_back(shared, raw):
    silent = []

    async def main():
        for loss in LOSSES:
            raw.flushall()
            raw.config_resetstat()
            async with opened(shared) as adapter:
                await adapter.save_many([entry(f"e{number}", tags=["t"]) for number in range(7)])
                assert await adapter.count() == 7
                raw.delete(*[BASE + part for part in loss])
                await adapter.save(entry("new", tags=["t"]))
                await adapter.delete("e0")
                filtered = await found(adapter, filter=Filter(tags=["t"]))
                if len(filtered) != 7 or await adapter.count() != 7 or len(await ids(adapter)) != 7:
                    silent.append((b" ".join(loss).decode(), filtered))
                elif len(await found(adapter, text="text")) != 7:
                    silent.append((b" ".join(loss).decode(), "words"))
                await adapter.clear()
                assert raw.keys("*") == [] or stored(raw) == set(), loss

    asyncio.run(main())
    assert silent == []


def test_evictions_are_not_forgotten_with_the_servers_counter():
    with Server() as server, redis.Redis(HOST, server.port) as client:

        async def save():
            async with opened(server) as adapter:
                await adapter.save_many([entry(f"e{number}", tags=["t"]) for number in range(7)])
                assert await adapter.count() == 7

        async def read():
            async with opened(server) as adapter:
                assert len(await found(adapter, filter=Filter(tags=["t"]))) == 7
                assert await adapter.count() == 7

        asyncio.run(save())
        client.delete(*[BASE + part for part in PARTS])  # as a server does that evicts them
        server.restart(empty=False)
        asyncio.run(read())


def test_the_number_of_shards_survives_eviction(shared, raw):
    async def main():
        async with opened(shared, shards=3) as adapter:
            await adapter.save_many([entry(f"e{number}") for number in range(20)])
            assert await adapter.count() == 20
        raw.delete(b"{axon}:n")
        async with opened(shared, shards=3) as adapter:
            assert await adapter.count() == 20
        raw.delete(b"{axon}:n")
        for shards in (1, 5):  # refused, or strangers to each other
            with suppress(StoreConflict):
                async with opened(shared, shards=shards) as other:
                    assert await other.count() == 0
                    await other.clear()
        async with opened(shared, shards=3) as adapter:
            assert await adapter.count() == 20

    asyncio.run(main())


def test_two_clients_heal_at_once_and_everything_is_there(shared, raw):
    entries = [rich(number) for number in range(3000)]

    async def main():
        async with opened(shared) as one, opened(shared, multiplex=False) as two:
            evict_something(raw)
            await one.save_many(entries)
            await one.count()
            raw.delete(BASE + b":i", BASE + b":f", BASE + b":c")
            more = [rich(number) for number in range(3000, 3300)]
            changed = [rich(number, tags=["changed"]) for number in range(100)]
            answers = await asyncio.gather(
                *(adapter.count(Filter(tags=["all"])) for adapter in (one, two) for _ in range(5)),
                *(adapter.save(each) for adapter, some in ((one, more), (two, changed)) for each in some),
                two.delete_many([f"n{number}" for number in range(200, 300)]),
            )
            assert answers[-1] == 100
            gone = {f"n{number}" for number in range(200, 300)}
            expected = {each.id for each in entries + more} - gone
            assert await audit(two, [*entries, *more]) == expected
            assert sorted(await found(one, filter=Filter(tags=["changed"]))) == sorted(each.id for each in changed)
            assert garbage(raw) == (0, len(expected))

    asyncio.run(main())


@pytest.mark.parametrize("asking", [name for name in ASKING if name not in {"delete_where", "clear"}])
def test_who_reads_while_an_index_is_made_anew_misses_nothing(shared, raw, asking):
    over = threading.Event()

    async def heal():
        async with opened(shared) as adapter:
            while not over.is_set():
                raw.delete(BASE + b":c")
                assert await adapter.count() == 60

    async def read(adapter):
        answers = []
        for _ in range(60):
            with suppress(StoreUnavailable):  # the index is lost again and again; no answer is no wrong one
                answer = await ASKING[asking](adapter)
                answers.append(answer if isinstance(answer, int) else len(set(answer)))
        return answers

    async def main():
        async with opened(shared, multiplex=False) as adapter:
            await adapter.save_many([entry(f"e{number}", tags=["t"], user_id="u") for number in range(60)])
            healing = asyncio.create_task(asyncio.to_thread(asyncio.run, heal()))
            try:
                answers = await asyncio.gather(*(read(adapter) for _ in range(8)))
            finally:
                over.set()
                await healing
            assert {count for some in answers for count in some} == {60}

    asyncio.run(main())
