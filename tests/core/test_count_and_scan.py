"""Counting entries and going through them."""

from __future__ import annotations

from asyncio import run

from core_system import listed

from axon import Filter


class TestCountAndScan:
    def test_by_filter(self, memory):
        async def main():
            await memory.store_many(
                [{"text": str(n), "tags": ["even"] if n % 2 == 0 else []} for n in range(10)], tier="session"
            )
            await memory.store("more", tier="ephemeral", tags=["even"])
            even = Filter(tags=["even"])
            assert await memory.count() == 11
            assert await memory.count(even) == 6
            assert await memory.count(even, tier="session") == 5
            assert len(await listed(memory.scan(filter=even))) == 6
            assert len(await listed(memory.scan(filter=even, tier=["ephemeral"]))) == 1

        run(main())

    def test_a_scan_gives_each_entry_once_while_others_write(self, memory):
        async def main():
            ids = set(await memory.store_many([f"note {n}" for n in range(1200)], tier="session"))
            seen = []
            async for entry in memory.scan():
                seen.append(entry.id)
                if len(seen) == 100:
                    await memory.store_many(
                        [{"text": "changed", "id": name} for name in list(ids)[:600]], tier="session"
                    )
                    await memory.store_many(["new"] * 100, tier="session")
            assert len(seen) == len(set(seen))
            assert ids <= set(seen)

        run(main())
