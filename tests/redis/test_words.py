"""Who has a word, as the index tells, through everything that changes it: exactly, block after block."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta

import pytest
from redis_data import START, entry, opened

from axon_redis.keys import packed
from axon_redis.terms import WORDS, reference, time_of

VOCABULARY = [f"word{n}" for n in range(12)]


async def listed(adapter):
    """By word: for each entry that has it, which one, how many words it has, and how often this one."""
    await adapter.count()  # the index is whole then
    (shard,) = adapter._shards
    counted = await shard.statistics([WORDS[word] for word in VOCABULARY], [])
    found = {}
    for word, each in zip(VOCABULARY, counted.words, strict=True):
        assert each.is_whole
        assert len(each.latest) == 16 * each.frequency
        parts = [each.latest[at : at + 16] for at in range(0, len(each.latest), 16)]
        ids = await shard.ids([part[:13] for part in parts])
        assert None not in ids
        found[word] = sorted((part[:13], int.from_bytes(part[13:15], "big"), part[15]) for part in parts)
    return counted.entries, counted.length, found


def words_in(one):
    return one.text.strip("!").split()


def expected(entries):
    """What :func:`listed` must give for these entries."""
    found = {word: [] for word in VOCABULARY}
    for one in entries:
        every = words_in(one)
        for word, times in Counter(every).items():
            found[word].append((reference(time_of(one.created_at), packed(one.id)), len(every), times))
    return (
        len(entries),
        sum(len(words_in(one)) for one in entries),
        {word: sorted(those) for word, those in found.items()},
    )


class Changes:
    """Changes of entries by chance, and what is stored after them."""

    def __init__(self, adapter, chance):
        self.stored = {}
        self._adapter = adapter
        self._chance = chance

    def _drawn(self, number):
        words = self._chance.choices(VOCABULARY, weights=range(1, 13), k=self._chance.randint(0, 9))
        seconds = self._chance.randint(0, 3)
        return entry(f"n{number}", text=" ".join(words) or "!", created_at=START + timedelta(seconds=seconds))

    def _numbers(self):
        return [self._chance.randrange(400) for _ in range(self._chance.choice([1, 5, 40, 80]))]

    async def save(self):
        some = {f"n{number}": self._drawn(number) for number in self._numbers()}
        await asyncio.gather(*map(self._adapter.save, some.values()))
        self.stored |= some

    async def save_with_some_as_they_are(self):
        some = {f"n{number}": self.stored.get(f"n{number}") or self._drawn(number) for number in self._numbers()}
        await self._adapter.save_many([*some.values(), *list(self.stored.values())[:50]])
        self.stored |= some

    async def save_one_several_times_in_one_call(self):
        some = [self._drawn(number) for number in (401, 7, 7, 401, 7)]
        await asyncio.gather(*map(self._adapter.save, some))
        self.stored |= {each.id: each for each in some}

    async def update(self):
        for name in list(self.stored)[:3]:
            self.stored[name] = await self._adapter.update(name, text=self._drawn(0).text)

    async def delete(self):
        names = [f"n{number}" for number in self._numbers()]
        assert await self._adapter.delete_many(names) == len(self.stored.keys() & names)
        for name in names:
            self.stored.pop(name, None)


@pytest.mark.parametrize("seed", range(6))
def test_the_index_knows_exactly_who_has_a_word(shared, raw, seed):
    chance = random.Random(seed)

    async def main():
        async with opened(shared) as adapter:
            changes = Changes(adapter, chance)
            every = [changes.save, changes.save_with_some_as_they_are, changes.save_one_several_times_in_one_call]
            for _ in range(60):
                await chance.choice([*every, changes.save, changes.update, changes.delete])()
                assert await listed(adapter) == expected(changes.stored.values())
            assert any(len(field) == 9 for field in raw.hkeys(b"{axon}:w"))  # full blocks
            raw.delete(b"{axon}:w")
            assert await listed(adapter) == expected(changes.stored.values())
            assert await adapter.clear() == len(changes.stored)
            assert set(raw.keys("*")) <= {b"{axon}:c"}

    asyncio.run(main())
