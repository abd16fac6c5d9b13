"""What went wrong in other libraries that keep memories in Redis, each as a test by name.

Tested elsewhere:
- index members of expired entries stay (2,001 for one living key), the index outlives or dies before its entries,
  int(ttl) truncates, refresh by the store's TTL, an overwrite that keeps or loses the TTL: ``test_expiry.py``
- the index entry of what the server evicted hides or outlasts it: ``test_maxmemory.py``
- a cap that is checked and then acted upon: ``test_eviction.py``
- ids with ``#``, ``:``, ``*``, braces, UUIDs in any spelling, one codec for all verbs; keys of two pairs that are the
  same text; all keys of a namespace in one slot: ``test_codec.py``
- ``user1`` and ``user10``, a clear that wipes a sibling, a cancel that leaves keys without TTL, a client that is
  bound to a dead loop: ``test_processes.py``
- FLUSHDB, KEYS, one command more than it takes: ``test_monitor.py``
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import redis.asyncio
from adapter_clock import START, Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis_data import alone, audit, entry, found, garbage, ids, opened, rich, stored
from redis_servers.address import HOST
from redis_servers.server import Server
from redis_time import pass_time

from axon import Filter
from axon.core.errors import StoreConflict
from axon.spi import Query
from axon_redis.adapter import RedisAdapter

BASE = b"{axon}"


def test_value_and_ttl_are_one_step(shared, raw):
    # Others write first and expire later: what fails in between stays for ever.
    async def main():
        soon = datetime.now(UTC) + timedelta(hours=1)
        async with opened(shared) as adapter:
            raw.config_resetstat()
            await adapter.save_many([entry(f"e{number}", expires_at=soon) for number in range(50)])
            await adapter.update("e1", text="other")
            commands = raw.info("commandstats")
            assert "cmdstat_expire" not in commands
            assert all(0 < raw.pttl(key) <= 3_600_000 for key in raw.keys(BASE + b"=*"))

    asyncio.run(main())


def test_a_tag_with_a_short_and_a_long_entry_finds_both(shared, raw):
    # The tag's set took the TTL of the last tagged key.
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock) as adapter:
            await adapter.save(entry("long", tags=["t"], expires_at=START + timedelta(seconds=100_000)))
            await adapter.save(entry("short", tags=["t"], expires_at=START + timedelta(seconds=100)))
            for seconds in (100, 10_000, 80_000):
                clock.turn(seconds)
                pass_time(raw, seconds)
                assert await found(adapter, filter=Filter(tags=["t"])) == ["long"]
            assert await adapter.delete_where(Filter(tags=["t"])) == 1

    asyncio.run(main())


def test_what_was_overwritten_ten_thousand_times_is_there_once(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            for start in range(0, 10_000, 500):
                await asyncio.gather(
                    *(
                        adapter.save(
                            entry(f"e{number % 10}", tags=[f"t{number}"], text=f"word{number}", user_id=f"u{number}")
                        )
                        for number in range(start, start + 500)
                    )
                )
            size = raw.dbsize()
            assert len(stored(raw)) == 10
            assert size <= 10 + 6
            assert garbage(raw) == (0, 10)
            assert raw.zcard(BASE + b":i") <= 10 * 4
            assert await found(adapter, filter=Filter(tags=["t5"])) == []
            assert await found(adapter, text="word5") == []
            assert await found(adapter, text="word9995") == ["e5"]

    asyncio.run(main())


def test_eight_writers_of_the_same_few_entries_leave_no_stale_index(shared, raw):
    async def write(writer, adapter):
        chance = random.Random(writer)
        for _ in range(150):
            name = f"e{chance.randrange(50)}"
            if chance.random() < 0.2:
                await adapter.delete(name)
            else:
                tags = chance.sample(["a", "b", "c", "d", "e", "f"], 3)
                await adapter.save(entry(name, tags=tags, user_id=f"u{chance.randrange(3)}", text=" ".join(tags)))

    async def main():
        adapters = [RedisAdapter(HOST, shared.port, multiplex=number % 2 == 0) for number in range(8)]
        await asyncio.gather(*(write(*each) for each in enumerate(adapters)))
        everything = [entry(f"e{number}") for number in range(50)]
        assert await audit(adapters[0], everything, words=False) == stored(raw)
        assert garbage(raw)[0] == 0
        for adapter in adapters:
            await adapter.close()

    asyncio.run(main())


def test_a_scoped_delete_leaves_every_other_user(shared):
    # delete_all(user_id="alice") dropped everybody's memories.
    async def main():
        async with opened(shared) as adapter:
            users = ["alice", "alice2", "Alice", "alic", "bob", None, "*", "alice:1"]
            await adapter.save_many([entry(f"{n}", user_id=user, tags=["t"]) for n, user in enumerate(users)])
            assert await adapter.delete_where(Filter(user_id="alice")) == 1
            assert await ids(adapter) == {f"{n}" for n, user in enumerate(users) if user != "alice"}

    asyncio.run(main())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    doomed=st.builds(
        Filter,
        tags=st.frozensets(st.sampled_from(["a", "b", "a,b", "a b"]), max_size=2),
        user_id=st.sampled_from([None, "u", "u1"]),
        importance=st.sampled_from([None, (0.2, 0.4)]),
        metadata=st.sampled_from([{}, {"k": 1}]),
    ),
    seed=st.integers(0, 1000),
)
def test_a_delete_takes_what_its_filter_admits_and_nothing_else(shared, raw, doomed, seed):
    chance = random.Random(seed)
    entries = [
        entry(
            f"{number}",
            tags=chance.sample(["a", "b", "a,b", "a b"], 2),
            user_id=chance.choice([None, "u", "u1"]),
            importance=chance.random(),
            metadata=chance.choice([{}, {"k": 1}, {"k": True}]),
        )
        for number in range(40)
    ]

    async def main():
        raw.flushall()
        async with opened(shared) as adapter, opened(shared, namespace="axon2") as tenant:
            await adapter.save_many(entries)
            await tenant.save_many(entries)
            admitted = {one.id for one in entries if doomed.matches(one)}
            assert await adapter.count(doomed) == len(admitted)
            assert await adapter.delete_where(doomed) == len(admitted)
            assert await ids(adapter) == {one.id for one in entries} - admitted
            assert garbage(raw) == (0, 40 - len(admitted))
            assert await tenant.count() == 40

    asyncio.run(main())


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
@pytest.mark.parametrize("decode", [True, False])
def test_values_are_right_whatever_decode_responses_says(shared, multiplex, decode):
    # Without it, get gave None for what had just been written.
    one = entry("é", tags=["日本"], metadata={"b": [1.5, None]}, embedding=[0.1, -2.5])

    async def main():
        async with redis.asyncio.Redis(host=HOST, port=shared.port, decode_responses=decode) as client:
            for adapter in (
                RedisAdapter(client=client, multiplex=multiplex),
                RedisAdapter(HOST, shared.port, decode_responses=decode, multiplex=multiplex),
            ):
                await adapter.save(one)
                assert await adapter.get("é") == one
                assert (await adapter.get("é")).embedding == one.embedding
                assert [hit.entry for hit in await adapter.query(Query(filter=Filter(tags=["日本"])))] == [one]
                assert [hit.entry for hit in await adapter.query(Query(text="text"))] == [one]
                assert (await adapter.scan()).entries[0] == one
                assert (await adapter.update("é", text="other")).text == "other"
                await adapter.close()

    asyncio.run(main())


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
def test_a_client_that_was_handed_in_is_never_closed(shared, multiplex):
    async def main():
        async with redis.asyncio.Redis(host=HOST, port=shared.port) as client:
            await client.ping()
            adapter = RedisAdapter(client=client, multiplex=multiplex)
            await adapter.save(entry("a"))
            await adapter.close()
            await adapter.close()  # any number of times
            assert await client.ping() is True
            assert await client.exists(BASE + b"=a\0") == 1

    asyncio.run(main())


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
def test_a_small_pool_makes_callers_wait_and_fails_nobody(shared, raw, multiplex):
    async def main():
        alone(raw)
        async with opened(shared, max_connections=2, multiplex=multiplex) as adapter:
            await asyncio.gather(*(adapter.save(entry(f"e{number}")) for number in range(300)))
            got = await asyncio.gather(*(adapter.get(f"e{number}") for number in range(300)))
            assert all(got)
            assert len(raw.client_list()) <= 2 + 1

    asyncio.run(main())


def test_no_connection_is_left_behind(shared, raw):
    async def main():
        for multiplex in (True, False) * 5:
            async with opened(shared, multiplex=multiplex) as adapter:
                await asyncio.gather(*(adapter.save(entry(f"e{number}")) for number in range(20)))

    asyncio.run(main())
    alone(raw)


@pytest.mark.parametrize("verb", ["delete_where", "query", "count", "get_many", "delete_many"])
def test_many_ids_at_once(shared, verb):
    names = [f"e{number}" for number in range(10_000)]

    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many([entry(name) for name in names])
            match verb:
                case "delete_where":
                    assert await adapter.delete_where(Filter(ids=names)) == 10_000
                    assert await adapter.count() == 0
                case "query":
                    assert len(await found(adapter, filter=Filter(ids=names))) == 10_000
                case "count":
                    assert await adapter.count(Filter(ids=names)) == 10_000
                case "get_many":
                    assert [one.id for one in await adapter.get_many(names)] == names
                case _:
                    assert await adapter.delete_many(names) == 10_000

    asyncio.run(main())


def test_one_call_never_holds_the_server_for_long(shared, raw):
    # What one call may touch is bounded, so the slow log of a server knows nothing of a fifth of a second.
    async def main():
        text = " ".join(f"w{number}" for number in range(2000))
        async with opened(shared) as adapter:
            many = [entry(f"e{number}", text=f"{text} {number}", tags=["t"]) for number in range(150)]
            raw.config_set("slowlog-log-slower-than", 200_000)
            raw.slowlog_reset()
            await adapter.save_many(many)
            await adapter.delete_many([one.id for one in many[:75]])
            await adapter.delete_where(Filter(tags=["t"]))
            await adapter.save_many(many)
            await adapter.clear()
            slow = [(one["duration"], one["command"][:7]) for one in raw.slowlog_get(10)]
            raw.config_set("slowlog-log-slower-than", 10_000)
            assert slow == []

    asyncio.run(main())


def test_ten_times_more_results_than_a_default_limit(shared):
    # A default LIMIT 0 10 of the search module cut batches off.
    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many([rich(number) for number in range(1200)])
            assert len(await found(adapter, filter=Filter(tags=["all"]))) == 1200
            assert len(await found(adapter, filter=Filter(tags=["all"]), limit=700)) == 700
            assert len(await adapter.query(Query(filter=Filter(tags=["all"])))) == 100
            # What the filter asks beyond the index is asked before the limit, not after.
            await adapter.save_many(
                [
                    entry(f"m{number}", tags=["all"], metadata={"rare": True}, created_at=START - timedelta(days=999))
                    for number in range(3)
                ]
            )
            assert len(await found(adapter, filter=Filter(tags=["all"], metadata={"rare": True}), limit=3)) == 3

    asyncio.run(main())


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_shorter_answer_is_the_beginning_of_a_longer_one(shared, limit):
    async def main():
        async with opened(shared) as adapter:
            for name in ("!", "0f000000-0000-4000-8000-000000000000", "zz", "FF000000-0000-4000-8000-000000000000"):
                await adapter.save(entry(name, tags=["t"]))
            whole = await found(adapter, filter=Filter(tags=["t"]))
            assert await found(adapter, filter=Filter(tags=["t"]), limit=limit) == whole[:limit]

    asyncio.run(main())


def test_an_entry_is_never_stored_under_the_id_of_another(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("a"))
            try:
                await adapter.update("a", id="b")
            except ValueError:
                assert stored(raw) == {"a"}
                return
            for name in stored(raw):
                assert (await adapter.get(name)).id == name

    asyncio.run(main())


def test_the_number_of_shards_is_not_forgotten_with_the_data():
    with Server() as server:

        async def main():
            async with opened(server, shards=3) as adapter:
                await adapter.save(entry("a"))
                await asyncio.to_thread(server.restart)
                await adapter.save_many([entry(f"e{number}") for number in range(20)])
                assert await adapter.count() == 20
                with suppress(StoreConflict):  # or strangers to each other
                    async with opened(server, shards=5) as other:
                        assert await other.count() == 0
                        await other.clear()
                assert await adapter.count() == 20

        asyncio.run(main())


def test_a_key_of_somebody_else_in_the_place_of_the_index_is_an_error_and_no_loss(shared, raw):
    async def main():
        raw.set(BASE + b":i", "somebody else's")
        async with opened(shared) as adapter:
            with pytest.raises(Exception, match=r"WRONGTYPE|type"):
                await adapter.save(entry("a"))
            assert stored(raw) == set()
            assert raw.get(BASE + b":i") == b"somebody else's"

    asyncio.run(main())


@pytest.mark.parametrize("count", [200, 250, 400])
def test_forgetting_everything_says_how_much_that_was(shared, count):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many([entry(f"e{number}", tags=["t"]) for number in range(count)])
            assert await adapter.delete_where(Filter(tags=["t"])) == count
            assert await adapter.count() == 0

    asyncio.run(main())
