"""That nothing is left in the file and in memory of what was deleted or has expired."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from adapter_clock import START, Clock

from axon import Filter, MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.spi import Query, SupportsResidue, as_embedding


def entry(number: int, **values: Any) -> MemoryEntry:
    return MemoryEntry(
        **{
            "id": f"n{number}",
            "text": f"text of number{number} and group{number % 7}",
            "tags": ["all", f"t{number % 3}"],
            "user_id": "u",
            "session_id": "s",
            "embedding": [1.0, float(number)],
            "created_at": START,
            **values,
        }
    )


async def read(adapter: VectorAdapter) -> None:
    vector = as_embedding([1.0, 2.0])
    for query in (
        Query(vector=vector),
        Query(vector=vector, filter=Filter(tags=["t1"])),
        Query(text="text of number3", vector=vector),
    ):
        await adapter.query(query)


@pytest.mark.parametrize("settings", [{}, {"max_entries": 300, "eviction": "lru"}, {"scan": "int8"}], ids=str)
def test_nothing_is_left_of_what_was_deleted(tmp_path: Path, settings: dict[str, Any]) -> None:
    async def main() -> None:
        adapter, other = VectorAdapter(tmp_path, **settings), VectorAdapter(tmp_path, namespace="other")
        assert isinstance(adapter, SupportsResidue)
        await other.save_many([entry(number) for number in range(10)])
        of_other = await other.residue()
        assert await adapter.residue() == 0
        for _ in range(3):
            await adapter.save_many([entry(number) for number in range(400)])
            await adapter.save_many([entry(number, text="others", tags=[]) for number in range(300, 350)])
            await read(adapter)
            assert await adapter.residue() > 5 * await adapter.count()
            await adapter.delete_where(Filter(tags=["t1"]))
            await adapter.delete_many([f"n{number}" for number in range(200)])
            await read(adapter)
            for number in range(200, 400):
                await adapter.delete(f"n{number}")
            assert await adapter.residue() == 0
        await adapter.save(entry(1))
        await adapter.clear()
        assert await adapter.residue() == 0
        assert await other.residue() == of_other
        await adapter.close()
        await other.close()

    asyncio.run(main())


def test_nothing_is_left_of_what_has_expired(tmp_path: Path) -> None:
    async def main() -> None:
        clock = Clock()
        adapter = VectorAdapter(tmp_path, clock=clock)
        brief = {"expires_at": START + timedelta(seconds=10)}
        await adapter.save_many([entry(number, **brief) for number in range(5000)])
        await read(adapter)
        clock.turn(10)
        assert await adapter.residue() == 0
        await adapter.close()

    asyncio.run(main())


def test_another_process_that_looked_before_sees_what_comes_after(tmp_path: Path) -> None:
    """What is left of the last entries is forgotten with them; who has not read of their end must not miss it."""

    async def main() -> None:
        ours, theirs = VectorAdapter(tmp_path), VectorAdapter(tmp_path)
        await ours.save_many([entry(number) for number in range(50)])
        await read(theirs)
        await ours.delete_many([f"n{number}" for number in range(50)])
        await ours.save(entry(77))
        (hit,) = await theirs.query(Query(vector=as_embedding([1.0, 77.0])))
        assert hit.entry.id == "n77"
        (hit,) = await theirs.query(Query(text="number77"))
        assert hit.entry.id == "n77"
        assert await theirs.query(Query(text="number3")) == []
        await ours.delete("n77")
        assert await theirs.query(Query(vector=as_embedding([1.0, 77.0]))) == []
        assert await theirs.residue() == await ours.residue() == 0
        await ours.close()
        await theirs.close()

    asyncio.run(main())
