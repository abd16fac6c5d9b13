"""Going through everything while others write: what is there from the first page to the last appears."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from datetime import timedelta

import pytest
import redis_scanner
from adapter_clock import START
from redis_data import entry, ids, opened, script
from redis_servers.server import Server

from axon.core.errors import InvalidInput


async def pages(adapter, cursor=None, *, limit=100, between=None):
    """The ids of all pages from ``cursor`` on; ``between`` is awaited after each page."""
    seen = []
    while True:
        page = await adapter.scan(cursor, limit=limit)
        seen += [one.id for one in page.entries]
        if (cursor := page.cursor) is None:
            return seen
        if between is not None:
            await between()


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("limit", [1, 10, 300, 100_000])
def test_everything_is_found_however_large_the_pages_are(shared, shards, limit):
    async def main():
        async with opened(shared, shards=shards) as adapter:
            assert await pages(adapter, limit=limit) == []
            await adapter.save_many([entry(f"e{number}") for number in range(1500)])
            seen = await pages(adapter, limit=limit)
            assert set(seen) == {f"e{number}" for number in range(1500)}
            assert len(seen) == 1500  # nobody writes

    asyncio.run(main())


@pytest.mark.parametrize("shards", [1, 3])
def test_what_stays_is_found_while_others_write(shared, shards):
    chance = random.Random(7)

    async def main():
        async with opened(shared, shards=shards) as adapter, opened(shared, shards=shards, multiplex=False) as other:
            staying = [f"e{number}" for number in range(2000)]
            await adapter.save_many([entry(name) for name in staying])
            count = 0

            async def between():
                nonlocal count
                some = []
                for name in chance.sample(staying, 40):  # overwritten: newer, older, the same time
                    moment = START + timedelta(days=chance.choice([-4000, 0, 4000]), seconds=count)
                    some.append(entry(name, created_at=moment, tags=[f"t{count}"], text=f"round {count}"))
                for _ in range(60):
                    count += 1
                    some.append(entry(f"new{count}"))
                await other.save_many(some)
                await other.delete_many([f"new{chance.randrange(count)}" for _ in range(50)])
                await other.update(chance.choice(staying), text="updated")

            seen = await pages(adapter, limit=50, between=between)
            assert set(staying) <= set(seen)
            assert {name for name in seen if not name.startswith(("e", "new"))} == set()

    asyncio.run(main())


def test_what_stays_is_found_while_nearly_all_is_deleted(shared):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many([entry(f"e{number}") for number in range(3000)])
            staying = {f"e{number}" for number in range(0, 3000, 100)}
            doomed = iter([f"e{number}" for number in range(3000) if number % 100])

            async def between():  # the hash of the records shrinks meanwhile
                await adapter.delete_many([name for name, _ in zip(doomed, range(200), strict=False)])

            assert staying <= set(await pages(adapter, limit=20, between=between))

    asyncio.run(main())


def test_what_stays_is_found_while_the_index_is_made_anew(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            staying = [f"e{number}" for number in range(2000)]
            await adapter.save_many([entry(name) for name in staying])
            rounds = 0

            async def between():
                nonlocal rounds
                rounds += 1
                if rounds in {3, 6}:
                    raw.delete(b"{axon}:f", b"{axon}:c")
                    await adapter.save(entry(f"new{rounds}"))

            assert set(staying) <= set(await pages(adapter, limit=50, between=between))

    asyncio.run(main())


def test_a_cursor_works_in_another_process(shared):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save_many([entry(f"e{number}") for number in range(1500)])
            first = await adapter.scan(limit=100)
            assert first.cursor is not None
            with script(redis_scanner.__file__, shared.port, first.cursor, stdout=subprocess.PIPE) as process:
                out, _ = await asyncio.to_thread(process.communicate)
            assert {one.id for one in first.entries} | set(json.loads(out)) == {f"e{number}" for number in range(1500)}

    asyncio.run(main())


@pytest.mark.parametrize("kept", [("--appendonly", "yes"), ("--save", "3600 1")], ids=["appendonly", "save"])
@pytest.mark.parametrize("shards", [1, 2])
def test_a_cursor_leads_to_everything_after_the_server_was_restarted(kept, shards):
    with Server(None, *kept) as server:

        async def begin():
            async with opened(server, shards=shards) as adapter:
                await adapter.save_many([entry(f"e{number}") for number in range(1000)])
                first = await adapter.scan(limit=100)
                return [one.id for one in first.entries], (await adapter.scan(first.cursor, limit=100)).cursor

        async def go_on(cursor):
            async with opened(server, shards=shards) as adapter:
                return await pages(adapter, cursor)

        seen, cursor = asyncio.run(begin())
        server.restart(empty=False)
        second = asyncio.run(go_on(cursor))
        assert set(seen) | set(second) == {f"e{number}" for number in range(1000)}
        assert set(second) == {f"e{number}" for number in range(1000)} or shards > 1


@pytest.mark.parametrize(
    "cursor",
    [
        "", "0", "x", "1..0", "0..", "0..-1", "-1..0", "99999..0", "0..0 ", "0..0\n", "0..٣", 0, b"0..0",
        "0.." + "9" * 21, "0." + "g" * 40 + ".0",
    ],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(shared, cursor):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("a"))
            with pytest.raises(InvalidInput, match="cursor"):
                await adapter.scan(cursor)

    asyncio.run(main())


def test_a_cursor_beyond_the_64_bits_of_the_server_is_refused(shared):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("a"))
            with pytest.raises(InvalidInput, match="cursor"):
                await adapter.scan("0.." + "9" * 20)

    asyncio.run(main())


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_nothing_is_refused(shared, limit):
    async def main():
        async with opened(shared) as adapter:
            with pytest.raises(InvalidInput, match="limit"):
                await adapter.scan(limit=limit)

    asyncio.run(main())


def test_another_namespace_is_never_seen(shared):
    async def main():
        async with opened(shared, namespace="user1") as one, opened(shared, namespace="user10") as ten:
            await one.save_many([entry(f"one{number}") for number in range(300)])
            await ten.save_many([entry(f"ten{number}") for number in range(300)])
            assert await ids(one) == {f"one{number}" for number in range(300)}

    asyncio.run(main())
