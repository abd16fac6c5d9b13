"""Hits from a file rank as those from memory do, whatever was written and deleted before."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from adapter_answers import entry, found, ids, scored, vector
from adapter_clock import START, Clock

from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.vector import VectorAdapter


@pytest.mark.parametrize("many", [50, 3000])
def test_ties_go_to_the_newer(tmp_path: Path, many: int) -> None:
    adapter = VectorAdapter(tmp_path)
    same = np.random.default_rng(1).standard_normal(384)
    moments = random.Random(1).sample(range(many), many)
    asyncio.run(
        adapter.save_many(
            [
                entry(
                    str(moment), text="a cat", tags=["t"], created_at=START + timedelta(seconds=moment), embedding=same
                )
                for moment in moments
            ]
        )
    )
    newest = [str(many - 1), str(many - 2), str(many - 3)]
    asked = vector(np.random.default_rng(2).standard_normal(384))
    for query in (
        {"text": "cat"},
        {"text": "t"},
        {"filter": Filter(tags=["t"])},
        {"filter": Filter(tags=["t"]), "text": "nothing"},
        {"vector": asked},
        {"vector": asked, "filter": Filter(tags=["t"])},
        {"vector": asked, "text": "cat"},
    ):
        assert found(adapter, limit=3, **query) == newest, query


def test_words_rank_as_in_memory_among_many(tmp_path: Path) -> None:
    """More texts hold the words than are scored by all that the query has."""
    chance = random.Random(5)
    words = [f"{a}{b}{c}" for a in ("ba", "do", "ke") for b in ("ra", "tu", "mo") for c in ("lo", "vi", "ga", "ze")]
    texts = [" ".join(chance.choices(words, k=chance.randint(1, 15))) for _ in range(4000)]
    entries = [entry(str(n), text=text, created_at=START + timedelta(seconds=n)) for n, text in enumerate(texts)]
    stored, memory = VectorAdapter(tmp_path), InMemoryAdapter()
    for adapter in (stored, memory):
        asyncio.run(adapter.save_many(entries))
    for _ in range(20):
        text = " ".join(chance.sample(words, chance.randint(1, 3)))
        assert scored(stored, text=text, limit=5) == scored(memory, text=text, limit=5), text


def test_texts_of_all_lengths_rank_as_in_memory(tmp_path: Path) -> None:
    """FTS5 keeps a length in one byte, in two, in three."""
    lengths = [*range(2, 300), 16_382, 16_383, 16_384, 16_385]
    random.Random(1).shuffle(lengths)
    entries = [
        entry(str(n), text=f"cat {' '.join(map(str, range(n - 1)))}", created_at=START + timedelta(seconds=n))
        for n in lengths
    ]
    stored, memory = VectorAdapter(tmp_path), InMemoryAdapter()
    for some in (entries[:250], entries[250:]):  # what is new is read beside what is known
        for adapter in (stored, memory):
            asyncio.run(adapter.save_many(some))
        assert scored(stored, text="cat", limit=20) == scored(memory, text="cat", limit=20)
    assert found(stored, text="cat", limit=20) == [str(n) for n in range(2, 22)]
    asyncio.run(stored.delete_many([str(n) for n in range(2, 50)]))
    assert found(stored, text="cat", limit=400) == [str(n) for n in sorted(lengths) if n >= 50]


def test_what_a_filter_admits_ranks_as_in_memory(tmp_path: Path) -> None:
    chance = random.Random(7)
    words = [f"{a}{b}" for a in ("bara", "dotu", "kemo") for b in ("lo", "vi", "ga", "ze")]
    entries = [
        entry(
            str(n),
            text=" ".join(chance.choices(words, k=chance.randint(1, 9))),
            tags=[f"t{n % 7}"],
            user_id=f"u{n % 2}",
            importance=n % 10 / 10,
            created_at=START + timedelta(seconds=n),
        )
        for n in range(3000)
    ]
    stored, memory = VectorAdapter(tmp_path), InMemoryAdapter()
    for adapter in (stored, memory):
        asyncio.run(adapter.save_many(entries))
    for filter in (Filter(tags=["t3"]), Filter(user_id="u1"), Filter(importance=(0.3, 0.4)), Filter(tags=["nobody"])):
        for _ in range(5):
            query = {"text": " ".join(chance.sample(words, 2)), "filter": filter, "limit": 30}
            assert scored(stored, **query) == scored(memory, **query), query


def test_a_word_that_every_text_holds_counts_in_the_end(tmp_path: Path) -> None:
    """Of a large index it brings up nobody where a rarer word brings up enough; its weight is added nevertheless."""
    texts = [f"common filler{n % 50}" + (" zebra" if n % 40 == 0 else "") for n in range(12_000)]
    texts[3960] = "common common zebra"  # of 300 with the rare word, and all of one length, among the older third
    entries = [
        entry(str(n), text=text, user_id=f"u{n % 2}", created_at=START + timedelta(seconds=n))
        for n, text in enumerate(texts)
    ]
    stored, memory = VectorAdapter(tmp_path, synchronous="normal"), InMemoryAdapter()
    for adapter in (stored, memory):
        asyncio.run(adapter.save_many(entries))
    assert found(stored, text="zebra common", limit=1) == ["3960"]
    for filter in (None, Filter(user_id="u1")):
        query = {"text": "zebra common", "limit": 20, "filter": filter}
        assert scored(stored, **query) == scored(memory, **query)


def test_as_many_as_are_asked_for_are_the_best_also_of_common_words(tmp_path: Path) -> None:
    chance = random.Random(1)
    texts = [
        " ".join(
            ["common"] * (chance.randrange(1, 8) if chance.random() < 0.5 else 0)
            + ["zebra"] * (chance.randrange(1, 4) if chance.random() < 0.15 else 0)
            + [f"filler{chance.randrange(3000)}" for _ in range(chance.randrange(5, 25))]
        )
        for _ in range(12_000)
    ]
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save_many([entry(str(n), text=text) for n, text in enumerate(texts)]))
    every = scored(adapter, text="common zebra", limit=12_000)
    assert scored(adapter, text="common zebra", limit=400) == every[:400]


def test_the_best_of_many_with_a_rare_word_are_those_with_the_common_one_too(tmp_path: Path) -> None:
    """All texts are of one length, and those with both words are the oldest."""
    texts = [f"zebra common filler{n}" for n in range(10)] + [f"zebra some filler{n}" for n in range(400)]
    texts += [f"{'common' if n % 2 else 'another'} filler{n} thing" for n in range(12_000)]
    entries = [entry(str(n), text=text, created_at=START + timedelta(seconds=n)) for n, text in enumerate(texts)]
    stored, memory = VectorAdapter(tmp_path, synchronous="normal"), InMemoryAdapter()
    for adapter in (stored, memory):
        asyncio.run(adapter.save_many(entries))
    assert found(stored, text="zebra common", limit=5) == ["9", "8", "7", "6", "5"]
    assert scored(stored, text="zebra common", limit=30) == scored(memory, text="zebra common", limit=30)


def test_a_question_of_very_many_words_is_a_question(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save(entry("a", text="zebra")))
    assert found(adapter, text=" ".join(f"w{n}" for n in range(40_000)) + " zebra") == ["a"]


def test_scores_after_churn_are_those_of_a_fresh_store(tmp_path: Path) -> None:
    chance = random.Random(3)
    words = [f"{a}{b}{c}" for a in ("ba", "do", "ke") for b in ("ra", "tu", "mo") for c in ("lo", "vi", "ga", "ze")]
    clock = Clock()
    churned = VectorAdapter(tmp_path, clock=clock, synchronous="normal")
    kept: dict[str, MemoryEntry] = {}

    async def churn() -> None:
        for number in range(0, 3000, 10):
            batch = [
                entry(
                    str(n % 400),
                    text=" ".join(chance.choices(words, k=chance.randint(1, 9))),
                    tags=[chance.choice(["red", "green"])],
                    created_at=START + timedelta(seconds=n),
                    expires_at=START + timedelta(days=1) if n % 3 else None,
                    embedding=[chance.random(), chance.random()],
                )
                for n in range(number, number + 10)
            ]
            await churned.save_many(batch)
            kept.update({one.id: one for one in batch})
            gone = [str(chance.randrange(400)) for _ in range(3)]
            await churned.delete_many(gone)
            for name in gone:
                kept.pop(name, None)
            if number % 500 == 0:
                changed = await churned.update(batch[0].id, text="baralo bara")
                if changed is not None:
                    kept[changed.id] = changed

    def same(entries: dict[str, MemoryEntry]) -> None:
        fresh = InMemoryAdapter(clock=clock)
        asyncio.run(fresh.save_many(list(entries.values())))
        for _ in range(20):
            text = " ".join(chance.sample([*words, "red", "green"], 3))
            asked = vector([chance.random(), chance.random()])
            assert scored(churned, text=text, limit=20) == scored(fresh, text=text, limit=20)
            both = [dict(scored(one, text=text, vector=asked, limit=400)) for one in (churned, fresh)]
            assert both[0] == pytest.approx(both[1], abs=1e-5)

    asyncio.run(churn())
    same(kept)
    clock.turn(2 * 86400)
    alive = {i: one for i, one in kept.items() if one.expires_at is None}
    for _ in range(3):  # what has expired leaves with the next writes
        asyncio.run(churned.delete("nobody"))
    same(alive)
    asyncio.run(churned.clear())
    same({})


@pytest.mark.parametrize("text", ["a:" * 500_000, "x" * 5_000_000, "京" * 200_000, "a word " * 300_000])
def test_a_huge_text_is_an_ordinary_text(tmp_path: Path, text: str) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save_many([entry("huge", text=text), entry("small", text="small")]))
    assert found(adapter, text="small") == ["small"]
    stored = asyncio.run(adapter.get("huge"))
    assert stored is not None
    assert stored.text == text
    assert asyncio.run(adapter.delete("huge")) is True
    assert ids(adapter) == {"small"}
    assert scored(adapter, text="small") == scored_alone("small")


def scored_alone(text: str) -> list[tuple[str, float]]:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(entry(text, text=text)))
    return scored(adapter, text=text)


def test_texts_with_several_rare_words_are_not_counted_twice(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path, synchronous="normal")
    common = [entry(str(n), text=f"common filler {n}") for n in range(12_000)]
    rare = [entry(f"rare {n}", text="zebra quagga common") for n in range(60)]
    asyncio.run(adapter.save_many([*common, *rare]))
    hits = found(adapter, text="zebra quagga common", limit=100)
    assert len(hits) == 100
    assert all(name.startswith("rare") for name in hits[:60])
