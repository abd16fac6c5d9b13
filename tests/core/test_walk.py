"""Going through a store: each entry once, and none that has expired by the time its turn comes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from axon import MemoryConfig, MemoryEntry, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import StoreError
from axon.spi import Page, iterate


@pytest.fixture
def late():
    """A store whose clock stands an hour back: its pages hold what has expired since for everyone else."""
    back = datetime.now(UTC) - timedelta(hours=1)
    store = InMemoryAdapter(clock=back.timestamp)
    for entry_id, expires_at in (
        ("expired", back + timedelta(minutes=1)),
        ("alive", back + timedelta(hours=9)),
        ("for ever", None),
    ):
        asyncio.run(store.save(MemoryEntry(id=entry_id, text="x", created_at=back, expires_at=expires_at)))
    return store


async def ids(entries):
    return [entry.id async for entry in entries]


def test_what_expires_on_the_way_is_left_out(late):
    assert len(asyncio.run(late.scan()).entries) == 3
    memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": late})
    assert asyncio.run(ids(iterate(late))) == ["alive", "for ever"]
    assert asyncio.run(ids(memory.scan())) == ["alive", "for ever"]


def test_an_entry_of_two_pages_comes_once():
    class Twice(InMemoryAdapter):
        async def scan(self, cursor=None, *, limit=100):
            page = await super().scan(None, limit=limit)
            return page if cursor else type(page)(entries=page.entries, cursor="again")

    store = Twice()
    asyncio.run(store.save(MemoryEntry(id="a", text="x")))
    memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": store})
    assert asyncio.run(ids(iterate(store))) == ["a"]
    assert asyncio.run(ids(memory.scan())) == ["a"]


class TestACursorThatComesBack:
    class Circular(InMemoryAdapter):
        """The cursor after the last page begins the walk anew, as many a driver has it."""

        end = "0"

        async def scan(self, cursor=None, *, limit=100):
            page = await super().scan(None if cursor == self.end else cursor, limit=2)
            return type(page)(entries=page.entries, cursor=self.end if page.cursor is None else page.cursor)

    def filled(self, number, **more):
        store = type("Store", (self.Circular,), more)()
        for place in range(number):
            asyncio.run(store.save(MemoryEntry(id=f"{place}", text="x")))
        return store

    @pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
    @pytest.mark.parametrize("end", ["0", ""])
    def test_ends_the_walk_with_a_sentence(self, number, end):
        store = self.filled(number, end=end)
        memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": store})
        for walk in (iterate(store), memory.scan()):
            with pytest.raises(StoreError, match=r"scan\('.*'\) gave the cursor '.*' again: the last page has .* None"):
                asyncio.run(asyncio.wait_for(ids(walk), 9))

    def test_with_entries_that_are_new_is_one_of_a_server_that_knows_the_place(self):
        pages = [["a"], ["b"], ["c"]]

        class Remembered(InMemoryAdapter):
            async def scan(self, cursor=None, *, limit=100):
                entries = [MemoryEntry(id=name, text="x") for name in pages.pop(0)]
                return Page(entries=entries, cursor="scroll" if pages else None)

        assert asyncio.run(ids(iterate(Remembered()))) == ["a", "b", "c"]
