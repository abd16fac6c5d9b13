"""``recall(..., ranking=Ranking(...))``: age, importance and variety beside the fit."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from axon import MemoryConfig, MemoryEntry, MemorySystem, Ranking, SessionPolicy
from axon.core.errors import InvalidInput, WrongType

DAY = timedelta(days=1)


@pytest.fixture
def memory():
    return MemorySystem(MemoryConfig(session=SessionPolicy()))


def run(coroutine):
    return asyncio.run(coroutine)


async def stored(memory, **texts):
    """Store ``id=text`` or ``id=(text, fields)``, all of one age where none is given."""
    now = datetime.now(UTC)
    for entry_id, given in texts.items():
        text, fields = (given, {}) if isinstance(given, str) else given
        age = fields.pop("age", timedelta(0))
        await memory.store_many([MemoryEntry(id=entry_id, text=text, created_at=now - age, **fields)], tier="session")


def ids(found):
    return [entry.id for entry in found]


class TestFactors:
    def test_off_by_default(self, memory):
        async def main():
            await stored(memory, old=("bread bread", {"age": 9 * DAY}), new=("bread and", {"importance": 1}))
            plain = await memory.recall("bread")
            assert await memory.recall("bread", ranking=Ranking()) == plain
            assert ids(plain) == ["old", "new"]

        run(main())

    def test_recency_halves_with_every_half_life(self, memory):
        async def main():
            await stored(memory, old=("bread", {"age": 4 * DAY}), older=("bread", {"age": 8 * DAY}))
            (fit,) = {entry.score for entry in await memory.recall("bread")}
            found = await memory.recall("bread", ranking=Ranking(recency=0.5, half_life=4 * DAY))
            assert ids(found) == ["old", "older"]
            expected = [0.5 * fit + 0.5 * 0.5, 0.5 * fit + 0.5 * 0.25]
            assert [entry.score for entry in found] == pytest.approx(expected, abs=1e-4)

        run(main())

    def test_what_is_from_the_future_is_new_and_no_more(self, memory):
        async def main():
            await stored(memory, future=("bread", {"age": -1000 * DAY}))
            (entry,) = await memory.recall("bread", ranking=Ranking(recency=1.0))
            assert entry.score == 1.0

        run(main())

    def test_importance(self, memory):
        async def main():
            await stored(memory, dull=("bread bread", {"importance": 0.1}), vital=("bread and", {"importance": 0.9}))
            found = await memory.recall("bread", ranking=Ranking(importance=0.5))
            assert ids(found) == ["vital", "dull"]
            fits = {entry.id: entry.score for entry in await memory.recall("bread")}
            assert found[0].score == pytest.approx(0.5 * fits["vital"] + 0.5 * 0.9)

        run(main())

    def test_more_than_k_are_looked_at(self, memory):
        async def main():
            await stored(memory, **{f"often-{i}": ("bread bread", {"importance": 0.0}) for i in range(10)})
            await stored(memory, vital=("bread and butter", {"importance": 1.0}))
            assert ids(await memory.recall("bread", k=1, ranking=Ranking(importance=0.9))) == ["vital"]

        run(main())

    def test_min_score_is_compared_with_what_comes_out(self, memory):
        async def main():
            await stored(memory, dull=("bread", {"importance": 0.0}), vital=("bread", {"importance": 1.0}))
            fit = (await memory.recall("bread"))[0].score
            found = await memory.recall("bread", min_score=fit + 0.01, ranking=Ranking(importance=0.5))
            assert ids(found) == ["vital"]

        run(main())


class TestDiversity:
    def test_by_words_what_repeats_comes_later(self, memory):
        async def main():
            texts = {"a": "rye bread recipe", "b": "rye bread recipe", "c": "bread knife for sale today"}
            await stored(memory, **texts)
            assert ids(await memory.recall("rye bread", k=2)) == ["b", "a"]
            found = await memory.recall("rye bread", k=2, ranking=Ranking(diversity=0.5))
            assert ids(found) == ["b", "c"]
            scores = {entry.id: entry.score for entry in await memory.recall("rye bread")}
            assert [entry.score for entry in found] == [scores["b"], scores["c"]]

        run(main())

    def test_by_vectors_where_both_have_one(self, memory):
        async def main():
            vectors = {"a": [1.0, 0.1, 0.0], "b": [1.0, 0.0, 0.0], "c": [0.8, 0.0, 0.6]}
            await stored(memory, **{name: (f"text {name}", {"embedding": v}) for name, v in vectors.items()})
            question = {"embedding": [1.0, 0.05, 0.1], "k": 2}
            assert set(ids(await memory.recall(**question))) == {"a", "b"}
            assert ids(await memory.recall(**question, ranking=Ranking(diversity=0.6)))[1] == "c"

        run(main())

    def test_nothing_is_lost_or_doubled(self, memory):
        async def main():
            texts = {
                f"e{i}": (f"bread {'rye ' * (i % 3)}{i}", {"embedding": [1.0, i]} if i % 2 else {}) for i in range(12)
            }
            await stored(memory, **texts)
            found = await memory.recall("rye bread", ranking=Ranking(diversity=1.0))
            assert sorted(ids(found)) == sorted(texts)
            assert len(await memory.recall("rye bread", k=5, ranking=Ranking(diversity=1.0))) == 5

        run(main())

    def test_of_nothing(self, memory):
        assert run(memory.recall("bread", ranking=Ranking(diversity=0.5))) == []


class TestArguments:
    @pytest.mark.parametrize("name", ["recency", "importance", "diversity"])
    @pytest.mark.parametrize(
        ("value", "error"),
        [(-0.1, InvalidInput), (1.1, InvalidInput), (float("nan"), InvalidInput), ("1", WrongType), (True, WrongType)],
    )
    def test_shares(self, name, value, error):
        with pytest.raises(error, match=f"{name} must be "):
            Ranking(**{name: value})

    @pytest.mark.parametrize(("value", "error"), [(timedelta(0), InvalidInput), (-DAY, InvalidInput), (7, WrongType)])
    def test_half_life(self, value, error):
        with pytest.raises(error, match="half_life must be "):
            Ranking(half_life=value)

    def test_together_at_most_one(self):
        with pytest.raises(InvalidInput, match=r"at the most, got 0.6 and 0.5"):
            Ranking(recency=0.6, importance=0.5)
        Ranking(recency=0.5, importance=0.5, diversity=1)

    @pytest.mark.parametrize("ranking", [0.5, {"recency": 0.5}])
    def test_recall_wants_a_ranking(self, memory, ranking):
        with pytest.raises(WrongType, match="ranking must be a Ranking"):
            run(memory.recall("bread", ranking=ranking))
