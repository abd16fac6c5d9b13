"""``recall(..., explain=True)``: how each entry got its score."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from axon import Filter, MemoryConfig, MemorySystem, PersistentPolicy, Ranking, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import WrongType
from axon.spi import Explanation, Factor, Hit
from axon.testing import HashEmbedder


@pytest.fixture
def memory():
    return MemorySystem(MemoryConfig(session=SessionPolicy(), persistent=PersistentPolicy(adapter_type="memory")))


def run(coroutine):
    return asyncio.run(coroutine)


def by_id(found):
    return {entry.id: entry.explanation for entry in found}


def test_not_unless_asked(memory):
    async def main():
        await memory.store("bread")
        return await memory.recall("bread")

    (entry,) = run(main())
    assert entry.explanation is None


def test_words_and_tags_with_their_rank(memory):
    async def main():
        await memory.store("Ada bakes bread", id="both")
        await memory.store("A knife", id="tagged", tags=["bread", "steel"])
        await memory.store("A fork", id="other", user_id="bo")
        found = await memory.recall("baking bread", explain=True)
        plain = await memory.recall("baking bread")
        assert [(entry.id, entry.score) for entry in found] == [(entry.id, entry.score) for entry in plain]
        return found

    found = run(main())
    why = by_id(found)
    assert why["both"].words == ("bake", "bread")
    assert why["both"].tags == ()
    assert why["tagged"].words == ()
    assert why["tagged"].tags == ("bread",)
    assert [why[entry.id].word_rank for entry in found] == [1, 2]
    for entry in found:
        assert entry.explanation.score == entry.explanation.word_score == entry.score
        assert entry.explanation.cosine is entry.explanation.vector_rank is None
    assert str(why["both"]) == f"{found[0].score:.2f}: words {found[0].score:.2f}, rank 1 (bake, bread)"
    assert str(why["tagged"]).endswith("rank 2 (#bread)")


def test_what_a_filter_alone_admits(memory):
    async def main():
        await memory.store("A fork", user_id="bo")
        return await memory.recall("bread", filter=Filter(user_id="bo"), explain=True)

    (entry,) = run(main())
    assert entry.explanation == Explanation(score=0.0)
    assert str(entry.explanation) == "0.00: nothing matches"


def test_vectors_with_their_rank():
    memory = MemorySystem(MemoryConfig(session=SessionPolicy()), embedder=HashEmbedder())

    async def main():
        await memory.store("rye bread", id="near")
        await memory.store("rye whiskey", id="far")
        await memory.store("cake", id="none")
        return await memory.recall("rye bread", explain=True)

    why = by_id(run(main()))
    assert why["near"].cosine == pytest.approx(1.0, abs=1e-6)
    assert (why["near"].word_rank, why["near"].vector_rank) == (1, 1)
    assert (why["far"].word_rank, why["far"].vector_rank) == (2, 2)
    assert (why["none"].word_rank, why["none"].word_score) == (None, None)
    assert why["near"].score > why["near"].word_score
    assert "cosine 1.00, rank 1" in str(why["near"])


def test_over_several_tiers(memory):
    async def main():
        await memory.store("bread", id="a", tier="session")
        await memory.store("bread", id="b", tier="persistent")
        return await memory.recall("bread", explain=True)

    assert {entry_id: why.word_rank for entry_id, why in by_id(run(main())).items()} == {"a": 1, "b": 1}


def test_every_factor_in_the_order_in_which_it_was_applied(memory):
    async def main():
        await memory.store_many(
            [
                {"text": "Where is the door key?", "id": "question"},
                {"text": "Under the pot by the door", "id": "answer"},
            ],
            session_id="s",
            importance=0.5,
        )
        ranking = Ranking(recency=0.25, importance=0.25, diversity=0.5)
        return await memory.recall("key", explain=True, context=1, ranking=ranking)

    found = run(main())
    for entry in found:
        why = entry.explanation
        context, recency, importance, *_ = why.factors
        assert [factor.name for factor in why.factors][:3] == ["context", "recency", "importance"]
        own = why.word_score or 0.0
        fit = (1 - context.weight) * own + context.weight * context.value
        score = 0.5 * fit + recency.weight * recency.value + importance.weight * importance.value
        assert why.score == entry.score == pytest.approx(score)
    answer = found[1]
    assert answer.explanation.factors[0].of == "question"
    assert answer.explanation.factors[3:] == (Factor(name="diversity", weight=-0.5, value=1 / 3, of="question"),)
    assert "context 0.3 * " in str(answer.explanation)
    assert str(answer.explanation).endswith("diversity -0.5 * 0.33 of question")


def test_an_adapter_that_does_not_explain_gives_the_score():
    class Silent(InMemoryAdapter):
        async def query(self, query):
            return [Hit(hit.entry, hit.score) for hit in await super().query(query)]

    memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": Silent()})

    async def main():
        await memory.store("bread")
        return await memory.recall("bread", explain=True)

    (entry,) = run(main())
    assert entry.explanation == Explanation(score=entry.score)
    assert str(entry.explanation).endswith("the store does not explain")


def test_it_survives_pickling(memory):
    async def main():
        await memory.store("bread")
        return await memory.recall("bread", explain=True)

    (entry,) = run(main())
    assert pickle.loads(pickle.dumps(entry)) == entry


def test_it_is_a_boolean(memory):
    with pytest.raises(WrongType, match="explain must be true or false"):
        run(memory.recall("bread", explain=1))
