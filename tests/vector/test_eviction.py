"""Which entries leave a full file, and that they leave it whole."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapter_answers import entry, found, ids, vector
from adapter_clock import START, Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from axon import Filter, MemoryEntry
from axon.adapters.vector import VectorAdapter

ORDERS: dict[str, Callable[[MemoryEntry], Any]] = {
    "oldest": lambda e: e.created_at,
    "importance": lambda e: (e.importance, e.created_at),
    "ttl": lambda e: (e.expires_at or datetime.max.replace(tzinfo=UTC), e.created_at),
}


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(ORDERS)),
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1), st.one_of(st.none(), st.integers(60, 600))), max_size=15),
    st.integers(1, 8),
    st.booleans(),
)
def test_the_lowest_go_first(eviction: Any, drawn: list[Any], most: int, batch: bool) -> None:  # noqa: FBT001
    entries = [
        entry(
            str(number),
            created_at=START + timedelta(seconds=moment, microseconds=number),
            importance=importance,
            expires_at=None if ttl is None else START + timedelta(seconds=ttl),
        )
        for number, (moment, importance, ttl) in enumerate(drawn)
    ]
    with tempfile.TemporaryDirectory() as folder:
        adapter = VectorAdapter(folder, max_entries=most, eviction=eviction, clock=Clock(), synchronous="normal")
        if batch:
            asyncio.run(adapter.save_many(entries))
        else:
            for one in entries:
                asyncio.run(adapter.save(one))
        kept = sorted(entries, key=ORDERS[eviction])[-most:]
        assert ids(adapter) == {one.id for one in kept}
        asyncio.run(adapter.close())


def test_lru_counts_reads_recalls_and_overwrites_as_uses(tmp_path: Path) -> None:
    clock = Clock()

    def later() -> float:
        clock.turn(1)
        return clock()

    adapter = VectorAdapter(tmp_path, max_entries=3, eviction="lru", clock=later)
    for name in "abc":
        asyncio.run(adapter.save(entry(name, tags=[name], text=name * 3)))
    asyncio.run(adapter.get("a"))
    asyncio.run(adapter.save(entry("d")))
    assert ids(adapter) == {"a", "c", "d"}
    found(adapter, filter=Filter(tags=["c"]))
    asyncio.run(adapter.save(entry("e")))
    assert ids(adapter) == {"c", "d", "e"}
    asyncio.run(adapter.save(entry("c")))
    asyncio.run(adapter.save(entry("f")))
    assert ids(adapter) == {"c", "e", "f"}


def test_what_is_evicted_is_gone_from_every_index(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path, max_entries=10)
    entries = [
        entry(
            str(number),
            created_at=START + timedelta(seconds=number),
            text="same words",
            tags=["t"],
            user_id="u",
            session_id="s",
            embedding=[1.0, float(number)],
        )
        for number in range(300)
    ]
    for batch in (entries[:150], entries[150:151], entries[151:]):
        asyncio.run(adapter.save_many(batch))
    for query in (
        {"text": "same words"},
        {"text": "t"},
        {"filter": Filter(tags=["t"])},
        {"filter": Filter(user_id="u")},
        {"filter": Filter(session_id="s")},
        {"vector": vector([1, 1])},
    ):
        assert set(map(int, found(adapter, **query))) == set(range(290, 300))


def test_expired_entries_do_not_count_against_max_entries(tmp_path: Path) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, max_entries=2, clock=clock)
    asyncio.run(adapter.save(entry("old")))
    asyncio.run(adapter.save(entry("brief", created_at=START + timedelta(seconds=1), expires_at=START + timedelta(2))))
    clock.now = START + timedelta(3)
    asyncio.run(adapter.save(entry("new", created_at=clock.now)))
    assert ids(adapter) == {"old", "new"}
