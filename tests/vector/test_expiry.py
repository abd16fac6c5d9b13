"""An entry in a file lives as long as it says, and a read renews it where that is wanted."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from adapter_answers import entry, found, ids, vector
from adapter_clock import START, Clock

from axon import Filter
from axon.adapters.vector import VectorAdapter


@pytest.mark.parametrize("ttl", [0.000001, 0.001, 0.25, 1.9, 60])
def test_an_entry_lives_exactly_as_long_as_it_says(tmp_path: Path, ttl: float) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, clock=clock)
    asyncio.run(adapter.save(entry("a", expires_at=START + timedelta(seconds=ttl), tags=["t"], embedding=[1, 0])))
    clock.now = START + timedelta(seconds=ttl) - timedelta(microseconds=1)
    assert asyncio.run(adapter.get("a")) is not None
    clock.now = START + timedelta(seconds=ttl)
    assert asyncio.run(adapter.get("a")) is None
    assert found(adapter, text="text") == []
    assert found(adapter, text="t") == []
    assert found(adapter, filter=Filter(tags=["t"])) == []
    assert found(adapter, vector=vector([1, 0])) == []
    assert asyncio.run(adapter.count()) == 0
    assert ids(adapter) == set()
    assert asyncio.run(adapter.update("a", text="late")) is None
    assert asyncio.run(adapter.delete("a")) is False
    assert asyncio.run(adapter.clear()) == 0


def test_overwriting_changes_the_expiry_either_way(tmp_path: Path) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, clock=clock)
    brief = {"expires_at": START + timedelta(seconds=1)}
    for one in (
        entry("a", **brief),
        entry("a"),
        entry("b"),
        entry("b", **brief),
        entry("c"),
        entry("c", expires_at=START),
    ):
        asyncio.run(adapter.save(one))
    assert ids(adapter) == {"a", "b"}
    clock.turn(2)
    assert ids(adapter) == {"a"}


def test_refresh_renews_by_the_entrys_own_ttl_on_every_way_of_reading(tmp_path: Path) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, clock=clock, refresh_on_read=True)
    names = ("got", "filtered", "worded", "near", "unread")
    for name in names:
        at = {"embedding": [1, 0]} if name == "near" else {}
        asyncio.run(adapter.save(entry(name, expires_at=START + timedelta(seconds=10), tags=[name], **at)))
    for _ in range(3):
        clock.turn(9)
        assert asyncio.run(adapter.get("got")) is not None
        assert found(adapter, filter=Filter(tags=["filtered"])) == ["filtered"]
        assert found(adapter, text="worded") == ["worded"]
        assert found(adapter, vector=vector([1, 0])) == ["near"]
    stored = asyncio.run(VectorAdapter(tmp_path, clock=clock).get("got"))
    assert stored is not None
    assert stored.expires_at == clock.now + timedelta(seconds=10)
    assert stored.lifetime == timedelta(seconds=10)
    assert ids(adapter) == {"got", "filtered", "worded", "near"}
    clock.turn(10)
    assert ids(adapter) == set()


def test_a_refresh_does_not_touch_what_another_process_saved_meanwhile(tmp_path: Path) -> None:
    other = VectorAdapter(tmp_path)
    times = itertools.count()

    def clock() -> float:
        if next(times) == 1:  # the first reading of the clock is for the get, the second for its refresh
            asyncio.run(other.save(entry("a", text="for good", created_at=START + timedelta(seconds=1))))
        return START.timestamp()

    asyncio.run(
        VectorAdapter(tmp_path, clock=START.timestamp).save(entry("a", expires_at=START + timedelta(seconds=10)))
    )
    reader = VectorAdapter(tmp_path, clock=clock, refresh_on_read=True)
    asyncio.run(reader.get("a"))
    stored = asyncio.run(VectorAdapter(tmp_path, clock=START.timestamp).get("a"))
    assert stored is not None
    assert (stored.text, stored.expires_at) == ("for good", None)


@pytest.mark.parametrize("locked", [False, True])
def test_what_has_expired_takes_nobodys_place(tmp_path: Path, *, locked: bool) -> None:
    """Also while another process writes, so that it cannot be purged."""
    moment = START
    adapter = VectorAdapter(tmp_path, clock=lambda: moment.timestamp())
    soon = START + timedelta(seconds=1)
    many = [
        entry(str(n), text="apple apple", tags=["t"], user_id="u", created_at=START, expires_at=soon, embedding=[1, 0])
        for n in range(500)
    ]
    living = entry("living", text="one apple", tags=["t"], user_id="u", created_at=START, embedding=[1, 0.1])
    asyncio.run(adapter.save_many([*many, living]))
    moment = START + timedelta(seconds=2)
    near = vector([1, 0])
    other = sqlite3.connect(tmp_path / "memory.sqlite3", isolation_level=None)
    if locked:
        other.execute("BEGIN IMMEDIATE")
    for query in (
        {"text": "apple"},
        {"text": "t"},
        {"vector": near},
        {"text": "apple", "vector": near},
        {"text": "vehicle", "vector": near},
        {"vector": near, "filter": Filter(user_id="u")},
        {"text": "apple", "filter": Filter(user_id="u")},
        {"filter": Filter(tags=["t"])},
    ):
        assert found(adapter, limit=5, **query) == ["living"], query
    other.close()
