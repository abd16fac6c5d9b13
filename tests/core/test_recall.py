"""What is recalled, in which order and how much of it."""

from __future__ import annotations

import math
from asyncio import run

import numpy as np
import pytest
from core_system import TIERS, listed

from axon import DateRange, Filter, RecalledEntry
from axon.core.errors import InvalidInput, WrongType


class TestRecall:
    def test_entries_come_with_score_and_tier(self, memory):
        async def main():
            entry_id = await memory.store("the quick brown fox", importance=0.9, tags=["t"])
            (found,) = await memory.recall("fox")
            assert isinstance(found, RecalledEntry)
            assert (found.id, found.tier, found.tags) == (entry_id, "persistent", {"t"})
            assert 0 < found.score <= 1

        run(main())

    def test_tiers_do_not_mix(self, memory):
        async def main():
            for tier in TIERS:
                await memory.store(f"a note in {tier}", tier=tier)
            for tier in TIERS:
                assert [entry.tier for entry in await memory.recall("note", tier=tier)] == [tier]
                assert [entry.text for entry in await listed(memory.scan(tier=tier))] == [f"a note in {tier}"]
            assert {entry.tier for entry in await memory.recall("note", tier=["session", "ephemeral"])} == set(
                TIERS[:2]
            )
            assert {entry.tier for entry in await memory.recall("note")} == set(TIERS)
            assert len(await memory.recall("note", tier=["session", "session"])) == 1

        run(main())

    def test_tiers_are_merged_by_score_and_cut_to_k(self, memory):
        async def main():
            for tier in TIERS:
                for text in ("blue whale", "blue", "whale and a lot more words than the others have in them"):
                    await memory.store(text, tier=tier)
            everything = await memory.recall("blue whale")
            scores = [entry.score for entry in everything]
            assert len(everything) == 9
            assert scores == sorted(scores, reverse=True)
            assert {entry.text for entry in everything[:3]} == {"blue whale"}
            assert await memory.recall("blue whale", k=4) == everything[:4]

        run(main())

    def test_ties_go_to_the_newer(self, memory):
        async def main():
            ids = [
                await memory.store("same words", tier=tier, id=name) for name, tier in zip("cab", TIERS, strict=True)
            ]
            assert [entry.id for entry in await memory.recall("same words")] == ids[::-1]
            assert [entry.id for entry in await memory.recall(filter=Filter(ids=ids))] == ids[::-1]

        run(main())

    @pytest.mark.parametrize("k", [1, 2, 3])
    def test_k_is_the_most(self, memory, k):
        run(memory.store_many(["a note"] * 3, tier="session"))
        assert len(run(memory.recall("note", k=k))) == k
        assert len(run(memory.recall("note", k=10**30))) == 3

    def test_a_hundred_by_default(self, memory):
        run(memory.store_many(["a note"] * 130, tier="session"))
        assert len(run(memory.recall("note"))) == 100

    @pytest.mark.parametrize(("k", "error"), [(0, InvalidInput), (-1, InvalidInput), (-(10**5000), InvalidInput),
        (1.0, WrongType), ("1", WrongType), (True, WrongType), (None, WrongType), (np.int64(1), WrongType)],
        ids=list("abcdefgh"))  # fmt: skip
    def test_k_is_a_number_from_one_on(self, memory, k, error):
        with pytest.raises(error, match="k must be"):
            run(memory.recall("x", k=k))

    def test_min_score_leaves_out_what_is_below(self, memory):
        async def main():
            await memory.store_many(["blue whale", "blue sky and clouds", "nothing of it"], tier="session")
            scores = {entry.text: entry.score for entry in await memory.recall("blue whale")}
            best = max(scores.values())
            assert [entry.text for entry in await memory.recall("blue whale", min_score=best)] == ["blue whale"]
            assert await memory.recall("blue whale", min_score=1.01) == []
            assert len(await memory.recall("blue whale", min_score=-1)) == 2
            assert len(await memory.recall("blue whale", min_score=0)) == 2

        run(main())

    @pytest.mark.parametrize("min_score", ["0.5", True, [0.5], 1j])
    def test_min_score_is_a_number(self, memory, min_score):
        with pytest.raises(WrongType, match="min_score must be a number"):
            run(memory.recall("x", min_score=min_score))

    def test_min_score_is_not_nan(self, memory):
        with pytest.raises(InvalidInput, match="min_score is NaN"):
            run(memory.recall("x", min_score=math.nan))

    @pytest.mark.parametrize("query", [None, "", "  ", "\n"])
    def test_there_must_be_something_to_recall_by(self, memory, query):
        with pytest.raises(InvalidInput, match="give a query, a filter or an embedding"):
            run(memory.recall(query))
        run(memory.store("x", embedding=[1.0]))
        assert len(run(memory.recall(query, filter=Filter()))) == 1
        assert len(run(memory.recall(query, embedding=[1.0]))) == 1

    @pytest.mark.parametrize("query", [5, b"x", ["x"], Filter(), np.array([1.0])])
    def test_a_query_is_text(self, memory, query):
        with pytest.raises(WrongType, match="a query must be text"):
            run(memory.recall(query))

    def test_a_query_with_half_a_surrogate(self, memory):
        with pytest.raises(InvalidInput, match="the query cannot be encoded as UTF-8"):
            run(memory.recall("fine \ud800"))

    @pytest.mark.parametrize("filter", [{"tags": ["a"]}, "a", 5, DateRange()])
    def test_a_filter_is_a_filter(self, memory, filter):
        for call in (memory.recall("x", filter=filter), memory.count(filter), listed(memory.scan(filter=filter))):
            with pytest.raises(WrongType, match="filter must be a Filter"):
                run(call)

    @pytest.mark.parametrize(
        "query", ["\0", "🦊", "* : {}", "AND OR NOT", "x" * 100_000, "\u202e", "%s %d", "[a-z]+", "''\";--"]
    )
    def test_odd_queries_are_only_text(self, memory, query):
        async def main():
            await memory.store("an ordinary note", tier="session")
            assert await memory.recall(query) == []
            entry_id = await memory.store("another", tags=[query[:1000].replace("\0", "n")], tier="session")
            (found, *_) = await memory.recall(query, filter=Filter(tags=[query[:1000].replace("\0", "n")]))
            assert found.id == entry_id

        run(main())

    def test_by_embedding(self, memory):
        async def main():
            await memory.store_many(
                [{"text": "east", "embedding": [1.0, 0.0]}, {"text": "north", "embedding": [0.0, 1.0]}], tier="session"
            )
            found = await memory.recall(embedding=[0.9, 0.1])
            assert [entry.text for entry in found] == ["east", "north"]
            with pytest.raises(InvalidInput, match="dimensions"):
                await memory.recall(embedding=[1.0])

        run(main())

    def test_results_cannot_change_what_is_stored(self, memory):
        async def main():
            await memory.store("x y", metadata={"a": [1]})
            (found,) = await memory.recall("x")
            with pytest.raises(TypeError):
                found.metadata["a"].append(2)
            assert (await memory.get(found.id)).metadata == {"a": [1]}

        run(main())
