"""``recall(..., context=n)``: what was said right before and after lifts an entry."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from axon import (
    Filter,
    MemoryConfig,
    MemoryEntry,
    MemorySystem,
    PersistentPolicy,
    SessionPolicy,
)
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput, StoreUnavailable, WrongType

START = datetime(2026, 1, 1, tzinfo=UTC)
CHAT = ["Good morning", "Where is the spare key?", "Under the blue pot", "Thank you so much", "See you tonight"]
QUESTION = "spare key"


@pytest.fixture
def memory():
    return MemorySystem(MemoryConfig(session=SessionPolicy(), persistent=PersistentPolicy(adapter_type="memory")))


def run(coroutine):
    return asyncio.run(coroutine)


def turns(texts, session="chat", user="ada", **more):
    """Entries ``chat-0``, ``chat-1``, ... in the order of time."""
    return [
        MemoryEntry(
            id=f"{session}-{i}",
            text=text,
            session_id=session,
            user_id=user,
            created_at=START + timedelta(seconds=i),
            **more,
        )
        for i, text in enumerate(texts)
    ]


def ids(found):
    return [entry.id for entry in found]


def test_the_answer_comes_up_with_the_question(memory):
    async def main():
        # In no order: what counts is when they were created.
        await memory.store_many(turns(CHAT)[::-1], tier="session")
        assert ids(await memory.recall(QUESTION)) == ["chat-1"]
        one = await memory.recall(QUESTION, context=1)
        assert one[0].id == "chat-1"
        assert set(ids(one)) == {"chat-0", "chat-1", "chat-2"}
        two = await memory.recall(QUESTION, context=2)
        assert set(ids(two)) == {"chat-0", "chat-1", "chat-2", "chat-3"}
        scores = {entry.id: entry.score for entry in two}
        assert scores["chat-2"] == 2 * scores["chat-3"] > 0

    run(main())


def test_the_score_is_a_mean_of_the_own_and_the_best_neighbours(memory):
    async def main():
        await memory.store_many(turns(["a key", "a key to the spare car", "nothing"]), tier="session")
        own = {entry.id: entry.score for entry in await memory.recall(QUESTION)}
        lifted = {entry.id: entry.score for entry in await memory.recall(QUESTION, context=1)}
        assert lifted["chat-0"] == pytest.approx(0.7 * own["chat-0"] + 0.3 * own["chat-1"])
        assert lifted["chat-1"] == pytest.approx(0.7 * own["chat-1"] + 0.3 * own["chat-0"])
        assert lifted["chat-2"] == pytest.approx(0.3 * own["chat-1"])

    run(main())


def test_k_stays_the_number_of_results(memory):
    async def main():
        for number in range(6):
            await memory.store_many(turns(CHAT, session=f"chat-{number}"), tier="session")
        assert len(await memory.recall(QUESTION, k=7, context=1)) == 7
        assert len(await memory.recall(QUESTION, k=100, context=1)) == 18

    run(main())


def test_a_neighbour_passes_what_fits_less(memory):
    async def main():
        await memory.store_many(turns(CHAT), tier="session")
        # A long text that holds one of the words fits worse than the turn after the question.
        aside = "The harbour was foggy all week long and the ferry lost its key somewhere in the cold grey water"
        await memory.store(aside, id="aside", session_id="other", tier="session")
        assert ids(await memory.recall(QUESTION, k=2)) == ["chat-1", "aside"]
        assert set(ids(await memory.recall(QUESTION, k=2, context=1))) < {"chat-0", "chat-1", "chat-2"}

    run(main())


def test_only_what_the_filter_admits(memory):
    async def main():
        mine, theirs = turns(CHAT, user="ada"), turns(CHAT, user="bo", tags=["b"])
        shared = [mine[1], *(theirs[i] for i in (0, 2, 3))]
        await memory.store_many(shared, tier="session")
        await memory.store_many([mine[4]], tier="session")
        found = await memory.recall(QUESTION, filter=Filter(user_id="ada"), context=1)
        assert {entry.user_id for entry in found} == {"ada"}
        # The next of ada's is the neighbour.
        assert [entry.id for entry in found if entry.score > 0] == ["chat-1", "chat-4"]
        tagged = await memory.recall(QUESTION, filter=Filter(tags=["b"]), context=1)
        assert ids(entry for entry in tagged if entry.score > 0) == []

    run(main())


def test_expired_ones_are_absent(clock):
    adapter = InMemoryAdapter(clock=clock)
    memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": adapter})

    async def main():
        now = datetime.fromtimestamp(clock.now, UTC)
        entries = turns(CHAT[:2]) + turns(CHAT, expires_at=now + timedelta(seconds=10))[2:3] + turns(CHAT)[3:]
        await memory.store_many(entries, tier="session")
        assert "chat-2" in ids(await memory.recall(QUESTION, context=1))
        clock.forward(11)
        assert set(ids(await memory.recall(QUESTION, context=1))) == {"chat-0", "chat-1", "chat-3"}

    run(main())


def test_tiers_do_not_mix(memory):
    async def main():
        entries = turns(CHAT)
        await memory.store_many(entries[:2], tier="session")
        await memory.store_many(entries[2:], tier="persistent")
        found = await memory.recall(QUESTION, context=1)
        assert set(ids(found)) == {"chat-0", "chat-1"}
        assert {entry.tier for entry in found} == {"session"}

    run(main())


def test_entries_without_a_session_have_no_neighbours(memory):
    async def main():
        await memory.store_many(CHAT, tier="session")
        assert len(await memory.recall(QUESTION, context=3)) == 1

    run(main())


def test_min_score_is_compared_with_what_comes_out(memory):
    async def main():
        await memory.store_many(turns(CHAT), tier="session")
        scores = {entry.id: entry.score for entry in await memory.recall(QUESTION, context=1)}
        found = await memory.recall(QUESTION, context=1, min_score=scores["chat-2"] + 0.01)
        assert ids(found) == ["chat-1"]

    run(main())


def test_one_call_for_each_session_of_the_best(memory):
    asked = []

    async def watching(call, proceed):
        if call.verb == "recall":
            asked.append(call.argument.filter)
        return await proceed(call)

    memory = MemorySystem(memory.config, middleware=[watching])

    async def main():
        for name in ("one", "two"):
            await memory.store_many(turns(CHAT * 3, session=name), tier="session")
        await memory.recall(QUESTION, tier="session")
        assert asked == [None]
        asked.clear()
        await memory.recall(QUESTION, tier="session", context=1)
        first, *others = asked
        assert first is None
        assert sorted(filter.session_id for filter in others) == ["one", "two"]
        asked.clear()
        await memory.recall(filter=Filter(user_id="ada"), tier="session", context=1)
        assert len(asked) == 1  # nothing fits, so nothing can be lifted

    run(main())


def test_a_store_that_fails_meanwhile_fails_the_recall():
    class Failing(InMemoryAdapter):
        async def query(self, query):
            if query.filter is not None:
                raise StoreUnavailable("gone", sent=True)
            return await super().query(query)

    memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": Failing()})

    async def main():
        await memory.store_many(turns(CHAT), tier="session")
        with pytest.raises(StoreUnavailable, match="session tier: gone"):
            await memory.recall(QUESTION, context=1)

    run(main())


@pytest.mark.parametrize(
    ("context", "error"), [(-1, InvalidInput), (1.0, WrongType), (True, WrongType), ("1", WrongType)]
)
def test_context_is_checked(memory, context, error):
    with pytest.raises(error, match="context must be"):
        run(memory.recall("bread", context=context))
