"""``max_entries``: what goes first, exactly so many, whoever writes."""

from __future__ import annotations

import asyncio
import json
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
import redis_writer
from adapter_clock import START, Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis_data import audit, entry, found, ids, opened, script, stored
from redis_time import pass_time

from axon import Filter
from axon.spi import Query

BASE = b"{axon}"
ORDERS = {
    "oldest": lambda e: e.created_at,
    "importance": lambda e: (e.importance, e.created_at),
    "ttl": lambda e: (e.expires_at or datetime.max.replace(tzinfo=UTC), e.created_at),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    eviction=st.sampled_from(sorted(ORDERS)),
    drawn=st.lists(
        st.tuples(st.integers(0, 30), st.floats(0, 1), st.one_of(st.none(), st.integers(60, 600))), max_size=30
    ),
    most=st.integers(1, 8),
    at_once=st.booleans(),
)
def test_the_lowest_go_first(shared, raw, *, eviction, drawn, most, at_once):
    entries = [
        entry(
            f"{number:02}",
            created_at=START + timedelta(seconds=moment, microseconds=number),
            importance=importance,
            expires_at=None if ttl is None else START + timedelta(seconds=ttl),
        )
        for number, (moment, importance, ttl) in enumerate(drawn)
    ]

    async def main():
        async with opened(shared, max_entries=most, eviction=eviction, local_clock=Clock()) as adapter:
            if at_once:
                await asyncio.gather(*map(adapter.save, entries))
            else:
                for one in entries:
                    await adapter.save(one)
                    assert await adapter.count() <= most
            return await ids(adapter)

    raw.flushall()
    assert asyncio.run(main()) == {one.id for one in sorted(entries, key=ORDERS[eviction])[-most:]}


def test_lru_counts_reads_recalls_updates_and_overwrites_as_uses(shared):
    async def main():
        async with opened(shared, max_entries=4, eviction="lru") as adapter:
            for name in "abcd":
                await adapter.save(entry(name, tags=[name]))
            await adapter.get("a")
            await adapter.save(entry("e"))
            assert await ids(adapter) == {"a", "c", "d", "e"}
            await adapter.query(Query(filter=Filter(tags=["c"])))
            await adapter.save(entry("f"))
            assert await ids(adapter) == {"a", "c", "e", "f"}
            await adapter.save(entry("a"))
            await adapter.save(entry("g"))
            assert await ids(adapter) == {"a", "c", "f", "g"}
            await adapter.get_many(["c", "f"])
            await adapter.update("g", text="other")
            await adapter.save(entry("h"))
            assert await ids(adapter) == {"c", "f", "g", "h"}
            await found(adapter, text="c")
            await adapter.save(entry("i"))
            assert await ids(adapter) == {"c", "g", "h", "i"}

    asyncio.run(main())


def test_ties_go_to_what_was_created_earlier(shared):
    async def main():
        async with opened(shared, max_entries=2, eviction="importance") as adapter:
            for number in (3, 1, 2, 0):
                await adapter.save(entry(str(number), created_at=START + timedelta(seconds=number)))
            assert await ids(adapter) == {"2", "3"}

    asyncio.run(main())


def test_what_was_created_before_1970_is_older_than_what_came_later(shared):
    async def main():
        async with opened(shared, max_entries=2) as adapter:
            for name, year in (("x", 1969), ("z", 1950), ("a", 1960)):
                await adapter.save(entry(name, created_at=datetime(year, 1, 1, tzinfo=UTC)))
            assert await ids(adapter) == {"x", "a"}
            assert await found(adapter, filter=Filter()) == ["x", "a"]
            assert await found(adapter, filter=Filter(), limit=1) == ["x"]

    asyncio.run(main())


def test_a_refresh_changes_what_would_expire_next(shared):
    async def main():
        clock = Clock()
        async with opened(shared, max_entries=2, eviction="ttl", refresh_on_read=True, local_clock=clock) as adapter:
            await adapter.save(entry("a", expires_at=START + timedelta(seconds=1000)))
            await adapter.save(entry("b", expires_at=START + timedelta(seconds=1500)))
            clock.turn(900)
            await adapter.get("a")  # until 1900
            await adapter.save(entry("c", expires_at=START + timedelta(seconds=5000)))
            assert await ids(adapter) == {"a", "c"}

    asyncio.run(main())


@pytest.mark.parametrize("eviction", ["oldest", "lru", "importance", "ttl"])
def test_what_has_expired_pushes_nothing_out(shared, raw, eviction):
    async def main():
        clock = Clock()
        async with opened(shared, max_entries=10, eviction=eviction, local_clock=clock) as adapter:
            kept = [entry(f"k{number}", importance=0.1, created_at=START) for number in range(3)]
            await adapter.save_many(kept)
            later = START + timedelta(seconds=5)
            await adapter.save_many(
                [
                    entry(f"e{number}", importance=1.0, created_at=later, expires_at=START + timedelta(seconds=1000))
                    for number in range(7)
                ]
            )
            clock.turn(1000)
            pass_time(raw, 1000)
            for number in range(7):
                await adapter.save(entry(f"n{number}", importance=0.5, created_at=later))
            assert await ids(adapter) == {
                *(f"k{number}" for number in range(3)),
                *(f"n{number}" for number in range(7)),
            }
            assert raw.zcard(BASE + b":x") == raw.zcard(BASE + b":r") == 10

    asyncio.run(main())


@pytest.mark.parametrize("eviction", ["oldest", "lru", "importance", "ttl"])
def test_what_is_evicted_is_gone_from_every_index(shared, raw, eviction):
    entries = [
        entry(
            f"e{number}", tags=["t", f"t{number}"], user_id="u", importance=number % 10 / 10, text=f"word{number} all"
        )
        for number in range(500)
    ]

    async def main():
        async with opened(shared, max_entries=10, eviction=eviction) as adapter:
            await asyncio.gather(*map(adapter.save, entries))
            assert len(await audit(adapter, entries)) == 10
            assert await found(adapter, text="all", limit=100) == await found(adapter, filter=Filter(user_id="u"))
            assert raw.zcard(BASE + b":x") == raw.zcard(BASE + b":r") == 10
            assert len(stored(raw)) == 10
            await adapter.clear()
            assert raw.keys("*") == []

    asyncio.run(main())


def test_eight_writers_in_several_processes_never_exceed_it(shared, raw):
    most = 20
    writers = [
        script(redis_writer.__file__, shared.port, name, 200, most, "oldest", stdout=subprocess.PIPE)
        for name in "abcdefgh"
    ]
    for writer in writers:
        out, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        assert 1 <= json.loads(out.splitlines()[-1]) <= most

    async def main():
        async with opened(shared, max_entries=most) as adapter:
            assert len(await ids(adapter)) == most == await adapter.count() == len(stored(raw))
            assert len(await found(adapter, filter=Filter(tags=["t"]))) == most

    asyncio.run(main())


def test_the_number_may_change_between_runs(shared, raw):
    entries = [
        entry(f"e{number:04}", created_at=START + timedelta(seconds=number), tags=["t"]) for number in range(2000)
    ]

    async def run(use, **arguments):
        async with opened(shared, **arguments) as adapter:
            await use(adapter)
            return sorted(await ids(adapter))

    async def main():
        def newest(count, extra=()):
            return [*(one.id for one in entries[-count:]), *extra]

        x, y, z = (entry(name, created_at=START + timedelta(days=1)) for name in "xyz")
        # None before; added: the first save keeps it.
        assert len(await run(lambda adapter: adapter.save_many(entries))) == 2000
        assert not raw.exists(BASE + b":r")
        assert await run(lambda adapter: adapter.save(x), max_entries=700) == newest(699, "x")
        # Lower, higher, and none again.
        assert await run(lambda adapter: adapter.save(y), max_entries=10) == newest(8, "xy")
        assert await run(lambda adapter: adapter.save(z), max_entries=11) == newest(8, "xyz")
        assert await run(lambda adapter: adapter.save_many(entries[:100])) == [
            *(one.id for one in entries[:100]), *newest(8, "xyz"),
        ]  # fmt: skip
        assert not raw.exists(BASE + b":r")

    asyncio.run(main())


def test_another_order_between_runs(shared):
    async def main():
        async with opened(shared, max_entries=3) as adapter:
            for number in range(3):
                one = entry(str(number), created_at=START + timedelta(seconds=number), importance=1 - number / 4)
                await adapter.save(one)
        async with opened(shared, max_entries=3, eviction="importance") as adapter:
            await adapter.save(entry("3", created_at=START + timedelta(seconds=3), importance=0.9))
            assert await ids(adapter) == {"0", "1", "3"}

    asyncio.run(main())


def test_shards_and_a_number_do_not_go_together(shared):
    async def main():
        with pytest.raises(ValueError, match="max_entries"):
            async with opened(shared, max_entries=3, shards=2):
                pass

    asyncio.run(main())
