"""That no index keeps anything of entries that are gone."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from adapter_clock import START, Clock

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.spi import SupportsResidue

SETTINGS: list[dict[str, Any]] = [
    {},
    {"text_index": False},
    {"refresh_on_read": True},
    *({"max_entries": 30, "eviction": eviction} for eviction in ("oldest", "lru", "importance", "ttl")),
]


def entry(number: int, **values: Any) -> MemoryEntry:
    return MemoryEntry(
        **{
            "id": f"n{number}",
            "text": f"text of number{number} and group{number % 7}",
            "tags": ["all", f"t{number % 3}"],
            "user_id": f"u{number % 5}",
            "session_id": "s",
            "embedding": [1.0, float(number)],
            "created_at": START + timedelta(seconds=number),
            "expires_at": START + timedelta(seconds=1000 + number),
            **values,
        }
    )


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_nothing_is_left_of_what_was_deleted_or_has_expired(settings: dict[str, Any]) -> None:
    async def main() -> None:
        clock = Clock()
        adapter = InMemoryAdapter(clock=clock, **settings)
        assert isinstance(adapter, SupportsResidue)
        assert await adapter.residue() == 0
        for _ in range(2):
            await adapter.save_many([entry(number) for number in range(100)])
            await adapter.save_many([entry(number, text="others", tags=["more"]) for number in range(80, 90)])
            await adapter.update("n95", text="and others still", tags=[], embedding=None, expires_at=None)
            await adapter.get_many([f"n{number}" for number in range(100)])
            assert await adapter.residue() > 5 * await adapter.count()
            await adapter.delete_where(Filter(tags=["more"]))
            await adapter.delete_many([f"n{number}" for number in range(100)])
            assert await adapter.residue() == 0
        await adapter.save_many([entry(number) for number in range(100)])
        clock.turn(5000)
        assert await adapter.residue() == 0
        await adapter.save(entry(1, expires_at=None))
        await adapter.clear()
        assert await adapter.residue() == 0

    asyncio.run(main())


def test_what_deleted_entries_leave_stays_in_proportion() -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        await adapter.save(entry(0, expires_at=None))
        least = await adapter.residue()
        for number in range(1, 20_000):
            await adapter.save(entry(number, expires_at=None))
            await adapter.delete(f"n{number}")
        assert least < await adapter.residue() < 200_000
        await adapter.delete("n0")
        assert await adapter.residue() == 0

    asyncio.run(main())


@pytest.mark.parametrize("settings", [{}, {"max_entries": 3000, "eviction": "lru"}, {"refresh_on_read": True}], ids=str)
def test_one_entry_that_is_read_or_saved_again_and_again_takes_little(settings: dict[str, Any]) -> None:
    """Also where many were there before."""

    async def main() -> None:
        clock = Clock()
        adapter = InMemoryAdapter(clock=clock, **settings)
        await adapter.save_many([entry(number, embedding=None) for number in range(2000)])
        await adapter.clear()
        for again in range(1000):
            await adapter.save(entry(1, embedding=None, expires_at=START + timedelta(seconds=2000 - again % 300)))
            await adapter.get("n1")
            await adapter.get("n1")
        assert await adapter.residue() < 200
        await adapter.save(entry(1, embedding=None, expires_at=START + timedelta(seconds=50)))
        await adapter.save(entry(2, embedding=None, expires_at=START + timedelta(seconds=1000)))
        clock.turn(60)
        assert [found.id for found in await adapter.get_many(["n1", "n2"]) if found] == ["n2"]

    asyncio.run(main())
