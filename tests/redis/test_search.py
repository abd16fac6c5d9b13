"""Queries whose candidates the index knows only in part: what is answered must be what memory answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from redis_data import START, entry, opened

from axon import Filter
from axon.adapters.memory import InMemoryAdapter
from axon.spi import Query


async def both(adapter, entries, query):
    """The ids of the hits on Redis and in memory."""
    memory = InMemoryAdapter()
    await memory.save_many(entries)
    await adapter.save_many(entries)
    return [[(hit.entry.id, pytest.approx(hit.score)) for hit in await one.query(query)] for one in (adapter, memory)]


def test_of_equals_the_newer_comes_first_in_whatever_order_they_were_saved(shared, raw):
    entries = [entry(f"e{n}", text="the same words", created_at=START - timedelta(seconds=n)) for n in range(200)]

    async def main():
        async with opened(shared) as adapter:
            ours, expected = await both(adapter, entries, Query(text="same", limit=5))
            assert ours == expected
            assert [each for each, _ in ours] == [f"e{n}" for n in range(5)]

    asyncio.run(main())


@pytest.mark.parametrize(
    "where",
    [Filter(tags=["mine"]), Filter(user_id="ada"), Filter(metadata={"k": 1}), Filter(importance=(0.9, 0.9))],
    ids=["tag", "user", "metadata", "importance"],
)
def test_a_filter_of_few_finds_them_however_common_the_word_is(shared, raw, where):
    own = {"tags": ["mine"], "user_id": "ada", "metadata": {"k": 1}, "importance": 0.9}
    entries = [entry(f"g{n}", text="green", created_at=START + timedelta(seconds=n), **own) for n in range(20)]
    entries += [entry(f"b{n}", text="blue", created_at=START + timedelta(minutes=n + 1), **own) for n in range(60)]
    entries += [
        entry(f"o{n}", text="green things", importance=0.901, created_at=START + timedelta(days=1, seconds=n))
        for n in range(6000)
    ]

    async def main():
        async with opened(shared) as adapter:
            ours, expected = await both(adapter, entries, Query(text="green", filter=where, limit=5))
            assert ours == expected
            assert [each for each, _ in ours] == [f"g{n}" for n in (19, 18, 17, 16, 15)]

    asyncio.run(main())


def test_of_many_common_words_none_is_overlooked_in_a_small_store(shared, raw):
    words = [f"word{n}" for n in range(8)]
    entries = [entry("all", text=" ".join(words), created_at=START)]
    entries += [
        entry(
            f"e{n}",
            text=" ".join(words[k] for k in range(8) if (n >> (k % 4)) & 1 or k == n % 8),
            created_at=START - timedelta(seconds=n),
        )
        for n in range(1500)
    ]

    async def main():
        async with opened(shared) as adapter:
            ours, expected = await both(adapter, entries, Query(text=" ".join(words), limit=1))
            assert ours == expected

    asyncio.run(main())


def test_very_long_queries_and_filters_are_answered(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            await adapter.save(entry("a", text="needle"))
            assert len(await adapter.query(Query(text="needle " + " ".join(f"w{n}" for n in range(9000))))) == 1
            assert await adapter.query(Query(filter=Filter(tags=[f"t{n}" for n in range(10_000)]))) == []

    asyncio.run(main())
