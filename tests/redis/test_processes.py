"""Several processes, clients that are killed, calls that are cancelled, a server that dies: nothing by half."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import time

import pytest
import redis_writer
from redis_data import alone, audit, awaited, entry, found, garbage, ids, opened, rich, script, stored
from redis_servers.address import HOST
from redis_writer import IDS

from axon import Filter
from axon.core.errors import StoreError
from axon.spi import Query, iterate
from axon_redis import healing
from axon_redis.adapter import RedisAdapter

KILLS = int(os.environ.get("AXON_KILLS", "10"))
LONGEST_PAUSE = 0.004  # seconds; a write takes a fraction of this


def test_processes_that_write_at_once_leave_a_right_index(shared, raw):
    writers = [
        script(redis_writer.__file__, shared.port, number, 0, 0, "oldest", stdout=subprocess.PIPE)
        for number in range(4)
    ]
    try:
        for writer in writers:
            for _ in range(300):  # "up", and some writes
                assert writer.stdout.readline()
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    alone(raw)
    assert asyncio.run(whole(shared, raw)) is not None


def killed(server, chance, version):
    """What a writer said before it was killed at a random moment."""
    with script(
        redis_writer.__file__, server.port, str(chance.random())[2:], 0, 0, "oldest", version, stdout=subprocess.PIPE
    ) as process:
        lines = [process.stdout.readline() for _ in range(chance.choice([1, 2, 3, chance.randrange(100)]))]
        time.sleep(chance.random() * LONGEST_PAUSE)
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def test_a_client_that_is_killed_leaves_nothing_half_written(shared, raw):
    chance = random.Random(5)
    state, version = {}, 0
    for _ in range(KILLS):
        pending = None
        for line in killed(shared, chance, version):
            if isinstance(line, list):
                pending = after(state, *line)
                version = max([version, *line[1].values()])
            elif line == "done":
                state, pending = pending, None
        alone(raw)  # what it had sent is done, or never will be
        now = asyncio.run(whole(shared, raw))
        assert now == state or (pending is not None and in_between(now, state, pending))
        state = now


def after(state, operation, change):
    """What is stored once ``operation`` is done."""
    match operation:
        case "clear":
            return {}
        case "delete" | "delete_where":
            return {name: version for name, version in state.items() if name not in change}
        case "update":
            return {**state, **{name: version for name, version in change.items() if name in state}}
    return {**state, **change}


def in_between(now, state, pending):
    """Whether every entry is as it was before or after."""
    return all(now.get(name) in {state.get(name), pending.get(name)} for name in {*now, *state, *pending})


async def whole(server, raw):
    """The versions by id, after every index was compared with the entries."""
    async with opened(server) as adapter:
        there = {name: one for name, one in zip(IDS, await adapter.get_many(IDS), strict=True) if one is not None}
        now = {name: one.metadata["version"] for name, one in there.items()}
        assert set(now) == stored(raw) == await audit(adapter, there.values())
        for name, version in now.items():
            assert there[name] == redis_writer.entry(name, version)
        assert garbage(raw) == (0, len(now))
        last = max(now.values(), default=0)
        for version in range(max(0, last - 60), last):
            expected = [name for name, one in now.items() if one == version]
            assert await found(adapter, filter=Filter(tags=[f"tag{version}"])) == expected
            assert await found(adapter, text=f"word{version}") == expected
        return now


VERBS = {
    "save": lambda adapter, n: adapter.save(entry(f"n{n}", tags=["t"])),
    "overwrite": lambda adapter, n: adapter.save(entry("a1", tags=["t", f"t{n}"], text=f"word{n}")),
    "saves at once": lambda adapter, n: asyncio.gather(*(adapter.save(entry(f"g{n}-{m}")) for m in range(5))),
    "save_many": lambda adapter, n: adapter.save_many([entry(f"m{n}-{m}", tags=["t"]) for m in range(100)]),
    "get": lambda adapter, n: adapter.get("a1"),
    "get_many": lambda adapter, n: adapter.get_many([f"a{m}" for m in range(50)]),
    "update": lambda adapter, n: adapter.update("a2", text=f"word{n}", tags=[f"u{n}"]),
    "delete": lambda adapter, n: adapter.delete(f"a{n % 50}"),
    "delete_many": lambda adapter, n: adapter.delete_many([f"a{m}" for m in range(n % 50)]),
    "delete_where": lambda adapter, n: adapter.delete_where(Filter(tags=[f"k{n % 7}"])),
    "query": lambda adapter, n: adapter.query(Query(text="text", filter=Filter(tags=["t"], user_id="u"))),
    "explain": lambda adapter, n: adapter.query(Query(text="text", explain=True)),
    "scan": lambda adapter, n: adapter.scan(),
    "count": lambda adapter, n: adapter.count(Filter(tags=["t"])),
    "clear": lambda adapter, n: adapter.clear(),
    "health": lambda adapter, n: adapter.health(),
}  # fmt: skip


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_call_that_is_cancelled_anywhere_leaves_a_right_index(shared, raw, verb, multiplex):
    base = [entry(f"a{number}", tags=["t", f"k{number % 7}"], user_id="u") for number in range(50)]

    async def main():
        async with opened(shared, multiplex=multiplex, refresh_on_read=True, default_ttl=3600) as adapter:
            await adapter.save_many(base)
            finished, ticks = False, 0
            while not finished:
                task = asyncio.ensure_future(VERBS[verb](adapter, ticks))
                for _ in range(ticks):
                    await asyncio.sleep(0)
                finished = task.done()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert await adapter.get("never") is None  # it works at once
                ticks += 1 + ticks // 8
                assert ticks < 100_000
            for attempt in range(100):  # what was sent may still be under way on another connection
                there = [one async for one in iterate(adapter)]
                try:
                    assert {one.id for one in there} == stored(raw)
                    assert await audit(adapter, there) == stored(raw)
                    assert garbage(raw) == (0, len(there))
                    break
                except AssertionError:
                    if attempt == 99 or multiplex:
                        raise
                    await asyncio.sleep(0.01)

    asyncio.run(main())


def test_a_rebuild_that_is_cancelled_is_taken_up_again(shared, raw):
    entries = [rich(number) for number in range(1500)]

    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many(entries)
            await adapter.count()
            for ticks in (1, 5, 20, 60, 150):
                raw.delete(b"{axon}:f")
                raw.set(b"{axon}:c", "0")
                async with opened(shared) as other:
                    task = asyncio.ensure_future(other.count())
                    for _ in range(ticks):
                        await asyncio.sleep(0)
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                # Closed in the middle: who comes next does not wait for it for ever.
                raw.delete(b"{axon}:b")
                assert await adapter.count(Filter(tags=["all"])) == 1500
            assert await audit(adapter, entries) == stored(raw)

    asyncio.run(main())


def test_a_rebuild_of_a_client_that_died_is_waited_for_no_longer_than_it_takes(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many([rich(number) for number in range(50)])
            await adapter.count()
            # What a client leaves behind that was killed right after it had begun.
            raw.delete(b"{axon}:i", b"{axon}:x", b"{axon}:f", b"{axon}:w")
            raw.set(b"{axon}:c", "0")
            raw.set(b"{axon}:b", "somebody", px=3_000)  # what is left of its patience
            assert await adapter.count(Filter(tags=["all"])) == 50

    asyncio.run(main())


def test_an_empty_server_after_a_crash_loses_nothing_that_it_did_not_lose(server):
    async def main():
        async with opened(server, deadline=20) as adapter:
            acknowledged, started = {}, True
            restarted = 0.0

            async def write(task):
                number = 0
                while started or number == 0:
                    number += 1
                    one = rich(number, id=f"w{task}-{number}")
                    begun = time.monotonic()
                    try:
                        await adapter.save(one)
                    except StoreError:
                        continue
                    acknowledged[one.id] = begun, one

            async def read():
                while started:
                    try:
                        for hit in await adapter.query(Query(filter=Filter(tags=["tag1"]), limit=50)):
                            assert "tag1" in hit.entry.tags
                        for hit in await adapter.query(Query(text="word2", limit=50)):
                            assert "word2" in hit.entry.text
                    except StoreError:
                        pass

            tasks = [asyncio.create_task(write(task)) for task in range(8)] + [asyncio.create_task(read())]
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server.restart)
            restarted = time.monotonic()
            before = len(acknowledged)
            await awaited(lambda: len(acknowledged) >= before + 500, "writes to the new server")
            started = False
            await asyncio.gather(*tasks)
            there = await audit(adapter, [one for _, one in acknowledged.values()])
            assert {name for name, (begun, _) in acknowledged.items() if begun > restarted} <= there
            assert await adapter.count() == len(there)

    asyncio.run(main())


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
def test_one_event_loop_after_another(shared, raw, multiplex):
    adapter = RedisAdapter(HOST, shared.port, multiplex=multiplex)

    async def use(number):
        await asyncio.gather(*(adapter.save(entry(f"{number}-{m}", tags=["t"])) for m in range(100)))
        assert len(await found(adapter, filter=Filter(tags=["t"]))) == 100 * number
        assert await adapter.count() == 100 * number

    for number in range(1, 4):
        asyncio.run(use(number))
    asyncio.run(adapter.close())
    alone(raw)


@pytest.mark.parametrize(
    ("mine", "others"),
    [
        ("user1", ["user10", "user", "user1:", "user1#0", "User1", "user1*"]),
        ("user*", ["user1", "user", "userx"]),
        ("a{b}", ["a", "a{b", "b", "a%7Bb%7D", "a{b}c"]),
        ("shop:session", ["shop", "shop:session2", "shop:session:x", "shop:sessio?"]),
        ("[ab]", ["a", "b", "[a", "\\[ab\\]"]),
        ("日本", ["日", "日本語"]),
    ],
)
@pytest.mark.parametrize("shards", [1, 2])
def test_a_tenant_never_touches_a_sibling(shared, raw, mine, others, shards):
    async def main():
        async with opened(shared, namespace=mine, shards=shards) as own:
            siblings = [RedisAdapter(HOST, shared.port, namespace=name) for name in others]
            try:
                for adapter in (own, *siblings):
                    name = adapter.rules.namespace
                    await adapter.save_many(
                        [entry(f"e{number}", tags=["t"], user_id="u", text=name) for number in range(10)]
                    )
                    await adapter.save(entry("same", tags=["own"], text=f"{name} text"))
                raw.delete(*[key for key in raw.keys("*") if key.endswith((b":c", b":f"))])  # all are made anew
                for adapter in (own, *siblings):
                    assert await adapter.count() == 11
                    assert {one.text.split()[0] async for one in iterate(adapter)} == {
                        adapter.rules.namespace.split()[0]
                    }
                assert await own.delete_where(Filter(user_id="u")) == 10
                assert await own.delete("same") is True
                await own.save(entry("again"))
                assert await own.clear() == 1
                assert await own.clear() == 0
                for adapter in siblings:
                    assert await adapter.count() == 11
                    assert await adapter.get("same") is not None
                    assert len(await found(adapter, filter=Filter(tags=["t"]))) == 10
                    assert len(await ids(adapter)) == 11
            finally:
                for adapter in siblings:
                    await adapter.close()

    asyncio.run(main())


def test_who_breaks_off_an_index_made_anew_does_not_make_others_wait(shared, monkeypatch):
    # One who begins and is heard of no more is waited for; here for longer than the test may take.
    monkeypatch.setattr(healing, "_PATIENCE_MS", 3_600_000)

    async def main():
        for number in range(40):
            async with opened(shared) as first:
                await first.clear()
                await first.save(entry("a"))  # nobody vouches for the index of an empty namespace: it is looked at
                for _ in range(number % 8):
                    await first.get("a")
                await first.clear()  # which takes away what is looked at, at one step or another
                async with opened(shared) as second:
                    assert await second.count() == 0

    asyncio.run(main())
