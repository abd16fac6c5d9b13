"""That nothing is left in Redis of what was deleted, has expired or was evicted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis_data import INDEX, awaited, bases, entry, opened, opened_at, rich
from redis_time import pass_time

from axon import Filter
from axon.spi import SupportsResidue

SETTINGS = {
    "plain": {},
    "bounded": {"max_entries": 40},
    "least used": {"max_entries": 40, "eviction": "lru"},
    "refreshing": {"refresh_on_read": True},
    "without words": {"text_index": False},
    "split": {"shards": 3},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_nothing_is_left_of_what_was_deleted(shared, settings):
    async def main():
        async with opened(shared, **settings) as adapter, opened(shared, namespace="axon2") as other:
            assert isinstance(adapter, SupportsResidue)
            await other.save_many([rich(number) for number in range(10)])
            of_other = await other.residue()
            assert await adapter.residue() == 0
            for _ in range(2):
                await adapter.save_many([rich(number) for number in range(100)])
                await adapter.save_many([rich(number, text="other words", tags=["more"]) for number in range(50, 100)])
                await adapter.update("n70", text="and others still", tags=[])
                await adapter.get_many([f"n{number}" for number in range(0, 100, 3)])
                assert await adapter.residue() > 5 * await adapter.count()
                await adapter.delete_where(Filter(tags=["more"]))
                await adapter.delete_many([f"n{number}" for number in range(100)])
                assert await adapter.residue() == 0
            await adapter.save(rich(1))
            await adapter.clear()
            assert await adapter.residue() == 0
            assert await other.residue() == of_other

    asyncio.run(main())


def test_each_record_counts(shared):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("a", text="one two", tags=["t"], user_id="u"))
            # The value; three postings; when it is due; its record, the number of words; two words, its reference.
            assert await adapter.residue() == 1 + 3 + 1 + 2 + 3

    asyncio.run(main())


def test_nothing_is_left_of_what_has_expired_or_was_evicted(shared, raw):
    async def main():
        async with opened(shared, max_entries=200) as adapter:
            await adapter.save_many([rich(number) for number in range(60)])
            raw.unlink(*[b"{axon}=n%d\0" % number for number in range(30)])
            pass_time(raw, 3601)
            assert await adapter.residue() == 0
            now = datetime.now(UTC)
            brief = rich(1, created_at=now, expires_at=now + timedelta(milliseconds=50))
            await adapter.save(brief)
            await awaited(lambda: raw.exists(b"{axon}=n1\0") == 0, "the end of an entry")
            assert await adapter.residue() == 0

    asyncio.run(main())


def test_what_else_lies_in_the_namespace_counts(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            (base,) = bases(raw, "axon")
            raw.set(base + b":left", "behind")
            raw.hset(base + b":more", mapping={"a": 1, "b": 2})
            assert await adapter.residue() == 3
            raw.delete(base + b":left", base + b":more")
            assert await adapter.residue() == 0
            assert {key.rpartition(b":")[2].decode() for key in raw.scan_iter()} <= set(INDEX)

    asyncio.run(main())


def test_every_shard_of_a_cluster_counts(cluster):
    async def main():
        async with opened_at(cluster.url, shards=4, namespace="residue") as adapter:
            assert await adapter.residue() == 0
            await adapter.save_many([rich(number) for number in range(100)])
            assert await adapter.residue() > 500
            await adapter.delete_many([f"n{number}" for number in range(100)])
            assert await adapter.residue() == 0

    asyncio.run(main())
