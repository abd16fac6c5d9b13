"""When entries leave, to the millisecond, and that nothing of them stays."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from adapter_clock import START, Clock
from redis_data import INDEX, awaited, entry, found, garbage, ids, opened
from redis_time import pass_time

from axon import Filter
from axon.spi import Query

BASE = b"{axon}"


def after(seconds, start=START):
    return start + timedelta(seconds=seconds)


@pytest.mark.parametrize("ttl", [100.001, 100.25, 101.9, 6000])
def test_an_entry_lives_exactly_as_long_as_it_says(shared, raw, ttl):
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock) as adapter:
            await adapter.save(entry("a", expires_at=after(ttl), tags=["t"]))
            assert ttl * 1000 - 5000 < raw.pttl(BASE + b"=a\0") <= ttl * 1000
            clock.now = after(ttl) - timedelta(microseconds=500)
            assert await adapter.get("a") is not None
            clock.now = after(ttl)
            assert await adapter.get("a") is None
            assert await adapter.get_many(["a"]) == [None]
            assert await found(adapter, text="text") == []
            assert await found(adapter, filter=Filter(tags=["t"])) == []
            assert await adapter.count(Filter(tags=["t"])) == 0
            assert await ids(adapter) == set()
            assert await adapter.update("a", text="late") is None
            pass_time(raw, ttl)  # and the server's own clock
            assert await adapter.count() == 0
            assert await adapter.delete("a") is False
            assert await adapter.clear() == 0

    asyncio.run(main())


def test_fractions_of_a_second_count_on_the_servers_own_clock(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            start = datetime.now(UTC)
            await adapter.save(entry("a", created_at=start, expires_at=start + timedelta(seconds=0.4)))
            await awaited(lambda: raw.exists(BASE + b"=a\0") == 0, "the end of an entry")
            assert datetime.now(UTC) - start >= timedelta(seconds=0.4)
            assert await adapter.get("a") is None
            assert await adapter.count() == 0

    asyncio.run(main())


def test_a_ttl_below_a_millisecond_is_not_for_ever(shared, raw):
    async def main():
        async with opened(shared, local_clock=Clock()) as adapter:
            await adapter.save(entry("a", expires_at=START + timedelta(microseconds=1)))
            assert raw.pttl(BASE + b"=a\0") in {-2, 0, 1}
            await awaited(lambda: raw.exists(BASE + b"=a\0") == 0, "the end of an entry")

    asyncio.run(main())


@pytest.mark.parametrize("expires_at", [START, after(-1), after(-1e9)])
@pytest.mark.parametrize("many", [True, False])
def test_what_has_expired_at_save_replaces_an_entry_by_nothing(shared, raw, expires_at, many):
    async def main():
        async with opened(shared, local_clock=Clock()) as adapter:
            await adapter.save(entry("a", tags=["t"]))
            late = entry("a", expires_at=expires_at, tags=["t"])
            await (adapter.save_many([late, entry("b", expires_at=expires_at)]) if many else adapter.save(late))
            assert await adapter.get("a") is None
            assert await found(adapter, filter=Filter(tags=["t"])) == []
            assert not raw.exists(BASE + b"=a\0", BASE + b":i", BASE + b":f", BASE + b":x")

    asyncio.run(main())


@pytest.mark.parametrize("first", [None, 100, 5000])
@pytest.mark.parametrize("then", [None, 100, 5000])
def test_overwriting_changes_the_expiry_either_way(shared, raw, first, then):
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock) as adapter:
            for ttl in (first, then):
                await adapter.save(entry("a", expires_at=None if ttl is None else after(ttl), tags=["t"]))
            left = raw.pttl(BASE + b"=a\0")
            assert left == -1 if then is None else then * 1000 - 5000 < left <= then * 1000
            pass_time(raw, 99)
            clock.turn(99)
            assert await ids(adapter) == {"a"}
            pass_time(raw, 1)
            clock.turn(1)
            alive = {"a"} if then != 100 else set()
            assert await ids(adapter) == alive
            assert set(await found(adapter, filter=Filter(tags=["t"]))) == alive
            assert await adapter.count() == len(alive)

    asyncio.run(main())


def test_an_update_keeps_the_end_and_can_change_it(shared, raw):
    async def main():
        async with opened(shared, local_clock=Clock()) as adapter:
            await adapter.save(entry("a", expires_at=after(100)))
            assert (await adapter.update("a", text="other")).expires_at == after(100)
            assert 95_000 < raw.pttl(BASE + b"=a\0") <= 100_000
            await adapter.update("a", expires_at=None)
            assert raw.pttl(BASE + b"=a\0") == -1
            await adapter.update("a", expires_at=after(7000))
            assert 6_995_000 < raw.pttl(BASE + b"=a\0") <= 7_000_000

    asyncio.run(main())


def test_an_update_keeps_the_end_that_a_read_renewed_meanwhile(shared, raw):
    key = BASE + b"=a\0"
    clock = Clock()

    async def main():
        async with opened(shared, local_clock=clock, refresh_on_read=True) as reader:
            await reader.save(entry("a", expires_at=after(100)))
            before = raw.get(key)
            clock.now = after(50)
            await reader.get("a")
            renewed = raw.get(key)

        def read_meanwhile():  # an update asks for the time when it has the value and has not saved it
            raw.set(key, renewed, px=100_000)
            return clock()

        async with opened(shared, local_clock=read_meanwhile) as adapter:
            await adapter.count()
            raw.set(key, before, px=50_000)
            await adapter.update("a", text="other")
            assert 95_000 < raw.pttl(key) <= 100_000
        async with opened(shared, local_clock=clock) as adapter:
            kept = await adapter.get("a")
            assert (kept.text, kept.expires_at) == ("other", after(150))

    asyncio.run(main())


@pytest.mark.parametrize("how", ["get", "get_many", "filter", "words", "explain"])
def test_a_read_renews_by_the_entrys_own_ttl_and_leaves_the_others_alone(shared, raw, how):
    async def read(adapter, name):
        match how:
            case "get":
                return await adapter.get(name)
            case "get_many":
                return (await adapter.get_many([name]))[0]
            case "filter":
                return (await adapter.query(Query(filter=Filter(tags=[name]))))[0].entry
            case _:
                return (await adapter.query(Query(text=name, explain=how == "explain")))[0].entry

    async def main():
        clock = Clock()

        def turn(seconds):
            clock.turn(seconds)
            pass_time(raw, seconds)

        async with opened(shared, local_clock=clock, refresh_on_read=True, default_ttl=50_000) as adapter:
            for name, ttl in (("short", 1000), ("long", 10_000), ("unread", 1000)):
                await adapter.save(entry(name, text=name, tags=[name], expires_at=after(ttl)))
            turn(900)
            for name, ttl in (("short", 1000), ("long", 10_000)):
                read_entry = await read(adapter, name)
                assert read_entry.expires_at == after(ttl, clock.now)
                assert read_entry.lifetime == timedelta(seconds=ttl)
                assert (await adapter.scan()).entries  # a scan is no read
            assert 995_000 < raw.pttl(BASE + b"=short\0") <= 1_000_000
            assert 95_000 < raw.pttl(BASE + b"=unread\0") <= 100_000
            turn(100)
            assert await ids(adapter) == {"short", "long"}
            turn(800)
            assert (await read(adapter, "short")).expires_at == after(1000, clock.now)  # not 2000: its own
            turn(999)
            assert await ids(adapter) == {"short", "long"}
            turn(1)
            assert await ids(adapter) == {"long"}

    asyncio.run(main())


def test_who_does_not_refresh_reads_and_changes_nothing(shared, raw):
    async def main():
        async with opened(shared, local_clock=Clock()) as adapter:
            await adapter.save(entry("a", expires_at=after(1000), tags=["t"]))
            pass_time(raw, 900)
            await adapter.get("a")
            await adapter.get_many(["a"])
            await found(adapter, text="text", filter=Filter(tags=["t"]))
            assert raw.pttl(BASE + b"=a\0") <= 100_000

    asyncio.run(main())


def test_a_refresh_never_goes_beyond_the_calendar(shared):
    last = datetime(9999, 12, 31, tzinfo=UTC)

    async def main():
        async with opened(shared, refresh_on_read=True) as adapter:
            await adapter.save(entry("a", created_at=datetime(2020, 1, 1, tzinfo=UTC), expires_at=last))
            for _ in range(3):
                read = await adapter.get("a")
                assert read.expires_at >= last
                assert read.lifetime == last - datetime(2020, 1, 1, tzinfo=UTC)
            assert [one.expires_at >= last for one in (await adapter.scan()).entries] == [True]

    asyncio.run(main())


def test_a_far_end_is_refreshed_to_the_microsecond(shared):
    ttl = timedelta(days=365_000, microseconds=1)

    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock, refresh_on_read=True) as adapter:
            await adapter.save(entry("a", expires_at=START + ttl))
            clock.turn(1.000_001)
            assert (await adapter.get("a")).expires_at == clock.now + ttl
            assert (await adapter.scan()).entries[0].expires_at == clock.now + ttl

    asyncio.run(main())


def test_the_default_is_for_entries_that_would_live_for_ever(shared, raw):
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock, default_ttl=timedelta(seconds=100.5)) as adapter:
            await adapter.save(entry("a"))
            await adapter.save_many([entry("b"), entry("c", expires_at=after(9000))])
            assert (await adapter.get("a")).expires_at == after(100.5)
            assert (await adapter.update("a", text="x")).expires_at == after(100.5)
            clock.turn(100.5)
            pass_time(raw, 100.5)
            assert await ids(adapter) == {"c"}

    asyncio.run(main())


@pytest.mark.parametrize("arguments", [{"default_ttl": 0}, {"default_ttl": -1}, {"default_ttl": float("nan")}])
def test_a_default_of_nothing_is_refused(shared, arguments):
    async def main():
        with pytest.raises(ValueError, match="default_ttl"):
            async with opened(shared, **arguments):
                pass

    asyncio.run(main())


def test_an_entry_that_is_read_for_long_keeps_its_index_alive(shared, raw):
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock, refresh_on_read=True) as adapter:
            await adapter.save(entry("a", expires_at=after(1000), tags=["t"], user_id="u"))
            for _ in range(40):
                clock.turn(900)
                pass_time(raw, 900)
                assert await adapter.get("a") is not None
            pass_time(raw, 900)
            clock.turn(900)
            assert await found(adapter, filter=Filter(tags=["t"], user_id="u")) == ["a"]
            assert await found(adapter, text="text") == ["a"]
            assert await adapter.count() == 1
            longest = raw.pttl(BASE + b"=a\0")
            assert all(raw.pttl(key) > longest for key in raw.keys(BASE + b":*"))

    asyncio.run(main())


def test_entries_for_ever_beside_short_ones(shared, raw):
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock) as adapter:
            await adapter.save(entry("short", expires_at=after(100), tags=["t"]))
            await adapter.save(entry("ever", tags=["t"]))
            await adapter.save(entry("short too", expires_at=after(100), tags=["t"]))
            assert {raw.pttl(key) for key in raw.keys(BASE + b":*")} == {-1}
            clock.turn(10_000_000)
            pass_time(raw, 10_000_000)
            assert await found(adapter, filter=Filter(tags=["t"])) == ["ever"]
            assert await adapter.count() == 1
            assert await adapter.get("ever") is not None

    asyncio.run(main())


@pytest.mark.parametrize("arguments", [{}, {"max_entries": 1000}, {"refresh_on_read": True}, {"text_index": False}])
def test_no_key_is_left_once_all_has_expired(shared, raw, arguments):
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock, **arguments) as adapter:
            for number in range(200):
                await adapter.save(entry(f"e{number}", expires_at=after(100 + 10 * number), tags=["t", f"t{number}"]))
            await adapter.get("e3")
            await found(adapter, text="text")
            await adapter.delete("e1")
            assert min(raw.pttl(key) for key in raw.keys(BASE + b":*")) > raw.pttl(BASE + b"=e199\0")
            clock.turn(3000)
            pass_time(raw, 3000)
            assert await adapter.count() == 0
        pass_time(raw, 10_000)
        assert raw.keys("*") == []

    asyncio.run(main())


def test_what_expired_is_out_of_the_index_after_few_saves(shared, raw):
    async def main():
        clock = Clock()
        async with opened(shared, local_clock=clock) as adapter:
            await adapter.save(entry("ever"))
            for start in range(0, 20_000, 1000):
                churn = [
                    entry(f"c{number}", expires_at=after(100), tags=["t", f"t{number}"], session_id=f"s{number % 9}")
                    for number in range(start, start + 1000)
                ]
                await adapter.save_many(churn)
            assert garbage(raw) == (0, 20_001)
            clock.turn(100)
            pass_time(raw, 100)
            for number in range(64):
                await adapter.save(entry(f"k{number}"))
            await awaited(lambda: raw.zcard(BASE + b":x") == 65, "the pruning of what expired")
            assert raw.zcard(BASE + b":i") == 3 * 65 or raw.zcard(BASE + b":i") == 65
            assert len([field for field in raw.hkeys(BASE + b":f") if field]) == 65
            assert await adapter.count() == 65
            await adapter.clear()
            assert raw.keys("*") == []

    asyncio.run(main())


def test_the_index_lives_longer_than_what_it_points_to(shared, raw):
    async def main():
        async with opened(shared, max_entries=100) as adapter:
            now = datetime.now(UTC)
            for ttl in (10, 3600, 60, 86_400, 1):
                await adapter.save(entry(f"e{ttl}", created_at=now, expires_at=now + timedelta(seconds=ttl)))
            await adapter.count()
            there = [key for key in raw.keys(BASE + b":*") if key.decode()[-1] in INDEX]
            assert len(there) >= 4
            assert all(raw.pttl(key) > 86_400_000 for key in there)

    asyncio.run(main())


@pytest.mark.parametrize(
    "arguments", [{}, {"max_entries": 5}, {"text_index": False}], ids=["plain", "ranks", "no words"]
)
@pytest.mark.parametrize("text", ["some words", "!!!"], ids=["words", "no word"])
def test_an_index_of_which_all_is_replaced_still_expires(shared, raw, arguments, text):
    async def main():
        async with opened(shared, **arguments) as adapter:
            end = datetime.now(UTC) + timedelta(seconds=60)
            await adapter.save(entry("a", text=text, expires_at=end))
            await adapter.update("a", importance=0.9)
            await adapter.save(entry("a", text=text, tags=["other"], expires_at=end))
            await adapter.save_many([entry("a", text=text, created_at=START, expires_at=end)])
        assert {key for key in raw.keys("*") if raw.pttl(key) < 0} == set()

    asyncio.run(main())


def test_the_index_does_not_outlive_its_last_entry_without_an_end_for_ever(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("for ever"))
            await adapter.save(entry("short", expires_at=datetime.now(UTC) + timedelta(seconds=60)))
            assert await adapter.delete("for ever")
        assert {key for key in raw.keys("*") if raw.pttl(key) < 0} == set()

    asyncio.run(main())


def test_an_update_leaves_the_end_of_an_entry_as_it_is(shared, raw):
    async def main():
        async with opened(shared) as adapter, opened(shared, default_ttl=100) as other:
            await adapter.save(entry("a"))
            assert await other.update("a", importance=0.9) is not None
            assert await adapter.get("a") is not None
            await adapter.save(entry("b", expires_at=datetime.now(UTC) + timedelta(seconds=60)))
            raw.persist(b"{axon}=b\0")  # as RESTORE and COPY may leave it
            await adapter.update("b", text="changed")
            assert (await adapter.get("b")).text == "changed"

    asyncio.run(main())
