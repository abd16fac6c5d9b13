"""Forgetting by a filter: one call of the adapter, which asks no ranking, and the default that scans."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from axon import EphemeralPolicy, Filter, MemoryConfig, MemoryEntry, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.spi import Adapter

ONE = MemoryConfig(session=SessionPolicy())


class Default(InMemoryAdapter):
    """What an adapter inherits that does not delete by filter itself; counts its scans, and answers no query."""

    delete_where = Adapter.delete_where

    def __init__(self, page=500, **options):
        super().__init__(**options)
        self.page = page
        self.scans = 0

    async def query(self, query):
        raise AssertionError("deleting asks for no ranking")

    async def scan(self, cursor=None, *, limit=100):
        self.scans += 1
        return await super().scan(cursor, limit=min(limit, self.page))


class Own(InMemoryAdapter):
    async def query(self, query):
        raise AssertionError("deleting asks for no ranking")


def filled(adapter, count):
    tagged = [MemoryEntry(id=str(i), text="a note", tags=["even"] if i % 2 == 0 else []) for i in range(count)]
    asyncio.run(adapter.save_many(tagged))
    return adapter


@pytest.mark.parametrize("adapter", [Own, Default])
class TestDeleting:
    def test_what_is_admitted_goes_and_the_rest_stays(self, adapter):
        store = filled(adapter(), 2001)
        memory = MemorySystem(ONE, adapters={"session": store})
        assert asyncio.run(memory.forget(Filter(tags=["even"]))) == 1001
        assert asyncio.run(memory.count()) == 1000
        assert asyncio.run(memory.count(Filter(tags=["even"]))) == 0
        assert asyncio.run(memory.forget(Filter(tags=["even"]))) == 0

    @pytest.mark.parametrize(
        ("where", "left"),
        [
            (Filter(user_id="u"), {"b", "c"}),
            (Filter(importance=(0.5, 1)), {"a"}),
            (Filter(ids=["b", "x"]), {"a", "c"}),
            (Filter(metadata={"n": 1}), {"a", "b"}),
        ],
    )
    def test_by_any_condition(self, adapter, where, left):
        store = adapter()
        for values in (
            {"id": "a", "user_id": "u", "importance": 0.1},
            {"id": "b", "importance": 0.5},
            {"id": "c", "importance": 0.9, "metadata": {"n": 1}},
        ):
            asyncio.run(store.save(MemoryEntry(text="x", **values)))
        assert asyncio.run(store.delete_where(where)) == 3 - len(left)
        assert asyncio.run(store.count()) == len(left)
        assert all(asyncio.run(store.get(entry_id)) for entry_id in left)

    def test_what_has_expired_is_neither_deleted_nor_counted(self, adapter, clock):
        store = adapter(clock=clock)
        now = datetime.fromtimestamp(clock.now, UTC)
        asyncio.run(store.save(MemoryEntry(text="x", tags=["t"], expires_at=now + timedelta(seconds=10))))
        asyncio.run(store.save(MemoryEntry(text="x", tags=["t"])))
        clock.forward(11)
        assert asyncio.run(store.delete_where(Filter(tags=["t"]))) == 1


def test_the_default_goes_through_the_store_once():
    store = filled(Default(page=100), 1000)
    assert asyncio.run(store.delete_where(Filter(tags=["even"]))) == 500
    assert store.scans <= 11
    assert asyncio.run(store.count()) == 500


def test_it_is_one_call_for_middleware_and_what_hides_hits_hides_nothing_from_it():
    calls = []

    async def hide(call, proceed):
        calls.append((call.verb, call.argument))
        return [] if call.verb == "recall" else await proceed(call)

    memory = MemorySystem(ONE, middleware=[hide])
    asyncio.run(memory.store_many([{"text": "a note", "tags": ["t"]}] * 3))
    calls.clear()
    assert asyncio.run(memory.forget(Filter(tags=["t"]))) == 3
    assert calls == [("forget", Filter(tags=["t"]))]


def test_all_tiers_are_asked():
    memory = MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy(), session=SessionPolicy()))
    for importance in (0.1, 0.5):
        asyncio.run(memory.store("x", tags=["t"], importance=importance))
    assert asyncio.run(memory.forget(Filter(tags=["t"]))) == 2
