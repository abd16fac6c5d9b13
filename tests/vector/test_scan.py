"""A scan of a file, also while others write."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from adapter_answers import entry

from axon.adapters.vector import VectorAdapter
from axon.core.errors import InvalidInput
from axon.spi import iterate


def test_a_scan_while_others_write_misses_nothing_that_stays(tmp_path: Path) -> None:
    chance = random.Random(1)
    adapter, other = VectorAdapter(tmp_path, synchronous="normal"), VectorAdapter(tmp_path, synchronous="normal")

    async def scenario() -> tuple[set[str], set[str]]:
        await adapter.save_many([entry(str(number)) for number in range(1000)])
        seen: set[str] = set()
        cursor, stays = None, {str(number) for number in range(1000)}
        while True:
            page = await adapter.scan(cursor, limit=70)
            seen |= {one.id for one in page.entries}
            victims = {str(chance.randrange(1000)) for _ in range(30)}
            await other.delete_many(list(victims))
            stays -= victims
            await other.save(entry(f"new {len(seen)}"))
            await other.save_many([entry(name, text="overwritten") for name in chance.sample(sorted(stays), 5)])
            if page.cursor is None:
                return seen, stays
            cursor = page.cursor

    seen, stays = asyncio.run(scenario())
    assert stays <= seen


def test_saving_again_what_a_scan_finds_comes_to_an_end(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)

    async def scenario() -> int:
        await adapter.save_many([entry(str(number)) for number in range(50)])
        times = 0
        async for one in iterate(adapter, limit=7):
            await adapter.save(one)
            times += 1
            assert times <= 50
        return times

    assert asyncio.run(scenario()) == 50


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²"])
def test_a_cursor_that_is_none(tmp_path: Path, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        asyncio.run(VectorAdapter(tmp_path).scan(cursor))
