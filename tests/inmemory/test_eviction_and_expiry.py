"""What leaves, when, and in which order."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from adapter_clock import START, Clock
from hypothesis import given
from hypothesis import strategies as st

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput
from axon.spi import Query, iterate


def entry(entry_id: str, **values: Any) -> MemoryEntry:
    return MemoryEntry(**{"id": entry_id, "text": f"text {entry_id}", "created_at": START, **values})


def ids(adapter: InMemoryAdapter) -> set[str]:
    async def everything() -> set[str]:
        return {found.id async for found in iterate(adapter)}

    return asyncio.run(everything())


@pytest.mark.parametrize("ttl", [0.001, 0.25, 1.9, 60])
def test_an_entry_lives_exactly_as_long_as_it_says(ttl: float) -> None:
    clock = Clock()
    adapter = InMemoryAdapter(clock=clock)
    asyncio.run(adapter.save(entry("a", expires_at=START + timedelta(seconds=ttl), tags=["t"])))
    clock.now = START + timedelta(seconds=ttl) - timedelta(microseconds=500)
    assert asyncio.run(adapter.get("a")) is not None
    clock.now = START + timedelta(seconds=ttl)
    assert asyncio.run(adapter.get("a")) is None
    assert asyncio.run(adapter.query(Query(text="text"))) == []
    assert asyncio.run(adapter.query(Query(filter=Filter(tags=["t"])))) == []
    assert asyncio.run(adapter.count()) == 0
    assert asyncio.run(adapter.delete("a")) is False
    assert asyncio.run(adapter.update("a", text="late")) is None
    assert asyncio.run(adapter.get_many(["a"])) == [None]
    assert ids(adapter) == set()
    assert asyncio.run(adapter.clear()) == 0


def test_overwriting_changes_the_expiry_either_way() -> None:
    clock = Clock()
    adapter = InMemoryAdapter(clock=clock)
    asyncio.run(adapter.save(entry("a", expires_at=START + timedelta(seconds=1))))
    asyncio.run(adapter.save(entry("a")))
    asyncio.run(adapter.save(entry("b")))
    asyncio.run(adapter.save(entry("b", expires_at=START + timedelta(seconds=1))))
    clock.turn(2)
    assert ids(adapter) == {"a"}


def test_saving_what_has_expired_replaces_the_entry_by_nothing() -> None:
    clock = Clock()
    adapter = InMemoryAdapter(clock=clock)
    asyncio.run(adapter.save(entry("a")))
    asyncio.run(adapter.save(entry("a", expires_at=START)))
    assert ids(adapter) == set()


def test_refresh_renews_by_the_entrys_own_ttl_and_leaves_the_others_alone() -> None:
    clock = Clock()
    adapter = InMemoryAdapter(clock=clock, refresh_on_read=True)
    for name, ttl in (("short", 10), ("long", 100), ("unread", 10)):
        asyncio.run(adapter.save(entry(name, expires_at=START + timedelta(seconds=ttl), tags=[name])))
    asyncio.run(adapter.save(entry("never")))
    clock.turn(9)
    for name in ("short", "long", "never"):
        assert asyncio.run(adapter.get(name)) is not None
    clock.turn(9)
    (hit,) = asyncio.run(adapter.query(Query(filter=Filter(tags=["short"]))))
    assert hit.entry.expires_at == clock.now + timedelta(seconds=10)
    assert hit.entry.lifetime == timedelta(seconds=10)
    clock.turn(9.9)
    assert ids(adapter) == {"short", "long", "never"}
    clock.turn(0.1)
    assert ids(adapter) == {"long", "never"}


def test_a_scan_is_no_read() -> None:
    clock = Clock()
    adapter = InMemoryAdapter(clock=clock, refresh_on_read=True)
    asyncio.run(adapter.save(entry("a", expires_at=START + timedelta(seconds=10))))
    clock.turn(9)
    assert ids(adapter) == {"a"}
    clock.turn(1)
    assert ids(adapter) == set()


ORDERS = {
    "oldest": lambda e: e.created_at,
    "importance": lambda e: (e.importance, e.created_at),
    "ttl": lambda e: (e.expires_at or datetime.max.replace(tzinfo=UTC), e.created_at),
}


@given(
    st.sampled_from(sorted(ORDERS)),
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1), st.one_of(st.none(), st.integers(60, 600))), max_size=30),
    st.integers(1, 8),
)
def test_the_lowest_go_first(eviction: Any, drawn: list[tuple[int, float, int | None]], most: int) -> None:
    adapter = InMemoryAdapter(max_entries=most, eviction=eviction, clock=Clock())
    entries = [
        entry(
            str(number),
            created_at=START + timedelta(seconds=moment, microseconds=number),
            importance=importance,
            expires_at=None if ttl is None else START + timedelta(seconds=ttl),
        )
        for number, (moment, importance, ttl) in enumerate(drawn)
    ]
    for one in entries:
        asyncio.run(adapter.save(one))
        assert asyncio.run(adapter.count()) <= most
    kept = sorted(entries, key=ORDERS[eviction])[-most:]
    assert ids(adapter) == {one.id for one in kept}


def test_lru_counts_reads_recalls_and_overwrites_as_uses() -> None:
    adapter = InMemoryAdapter(max_entries=3, eviction="lru")
    for name in "abc":
        asyncio.run(adapter.save(entry(name, tags=[name])))
    asyncio.run(adapter.get("a"))
    asyncio.run(adapter.save(entry("d")))
    assert ids(adapter) == {"a", "c", "d"}
    asyncio.run(adapter.query(Query(filter=Filter(tags=["c"]))))
    asyncio.run(adapter.save(entry("e")))
    assert ids(adapter) == {"c", "d", "e"}
    asyncio.run(adapter.save(entry("c")))
    asyncio.run(adapter.save(entry("f")))
    assert ids(adapter) == {"c", "e", "f"}


def test_what_is_evicted_is_gone_from_every_index() -> None:
    adapter = InMemoryAdapter(max_entries=10)
    for number in range(1000):
        asyncio.run(
            adapter.save(
                entry(
                    str(number),
                    created_at=START + timedelta(seconds=number),
                    text="same words",
                    tags=["t"],
                    user_id="u",
                    session_id="s",
                    embedding=[1.0, float(number)],
                )
            )
        )
    for query in (
        Query(text="same words"),
        Query(text="t"),
        Query(filter=Filter(tags=["t"])),
        Query(filter=Filter(user_id="u")),
        Query(filter=Filter(session_id="s")),
        Query(vector=memoryview(b"\0\0\x80?\0\0\x80?").cast("f")),
    ):
        assert {int(hit.entry.id) for hit in asyncio.run(adapter.query(query))} == set(range(990, 1000))


def test_expired_entries_do_not_count_against_max_entries() -> None:
    clock = Clock()
    adapter = InMemoryAdapter(max_entries=2, clock=clock)
    asyncio.run(adapter.save(entry("old")))
    asyncio.run(adapter.save(entry("brief", created_at=START + timedelta(seconds=1), expires_at=START + timedelta(2))))
    clock.now = START + timedelta(3)
    asyncio.run(adapter.save(entry("new", created_at=clock.now)))
    assert ids(adapter) == {"old", "new"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_entries": 0}, "max_entries must be at least 1, got 0"),
        *(({"max_entries": value}, "max_entries must be a whole number") for value in (True, 2.5, float("nan"), "5")),
        ({"eviction": "fifo"}, "oldest"),
        ({"eviction": ["oldest"]}, "oldest"),
        ({"refresh_on_read": "no"}, "refresh_on_read must be true or false, got 'no'"),
        ({"text_index": 0}, "text_index must be true or false, got 0"),
    ],
)
def test_options_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        InMemoryAdapter(**options)


def test_a_scan_while_others_write_misses_nothing_that_stays() -> None:
    random.seed(1)
    adapter = InMemoryAdapter()

    async def scenario() -> tuple[list[str], set[str]]:
        for number in range(2000):
            await adapter.save(entry(str(number)))
        seen: list[str] = []
        cursor, stays = None, {str(number) for number in range(2000)}
        while True:
            page = await adapter.scan(cursor, limit=70)
            seen += [found.id for found in page.entries]
            for _ in range(60):
                victim = str(random.randrange(2000))
                await adapter.delete(victim)
                stays.discard(victim)
            await adapter.save(entry(f"new {len(seen)}"))
            survivor = random.choice(sorted(stays))
            await adapter.save(entry(survivor, text="overwritten"))
            if page.cursor is None:
                return seen, stays
            cursor = page.cursor

    seen, stays = asyncio.run(scenario())
    assert stays <= set(seen)
    assert len(seen) == len(set(seen))


def test_its_rules_can_be_read_and_not_changed() -> None:
    adapter = InMemoryAdapter(max_entries=5, eviction="lru", refresh_on_read=True)
    assert (adapter.max_entries, adapter.eviction, adapter.refresh_on_read) == (5, "lru", True)
    with pytest.raises(AttributeError):
        adapter.max_entries = 6


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", 5, b"5", "9" * 5000])
def test_a_cursor_that_is_none(cursor: Any) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        asyncio.run(InMemoryAdapter().scan(cursor))
