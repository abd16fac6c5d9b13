"""The verbs of a MemorySystem over tiers in memory."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axon import (
    AxonError,
    DateRange,
    EphemeralPolicy,
    Filter,
    MemoryConfig,
    MemoryEntry,
    MemorySystem,
    PersistentPolicy,
    RecalledEntry,
    SessionPolicy,
)
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import Closed, EntryNotFound, InvalidInput, UnknownTier, WrongType

TIERS = ("ephemeral", "session", "persistent")
POLICIES = {
    "ephemeral": EphemeralPolicy(),
    "session": SessionPolicy(),
    "persistent": PersistentPolicy(adapter_type="memory"),
}
SUBSETS = [subset for size in (1, 2, 3) for subset in combinations(TIERS, size)]
ROUTES = {  # below 0.3, below 0.7, from 0.7 on
    ("ephemeral",): ("ephemeral", "ephemeral", "ephemeral"),
    ("session",): ("session", "session", "session"),
    ("persistent",): ("persistent", "persistent", "persistent"),
    ("ephemeral", "session"): ("ephemeral", "session", "session"),
    ("ephemeral", "persistent"): ("ephemeral", "persistent", "persistent"),
    ("session", "persistent"): ("session", "session", "persistent"),
    ("ephemeral", "session", "persistent"): ("ephemeral", "session", "persistent"),
}


def system(*tiers):
    return MemorySystem(MemoryConfig(**{tier: POLICIES[tier] for tier in tiers}))


def run(coroutine):
    return asyncio.run(coroutine)


async def listed(entries):
    return [entry async for entry in entries]


class TestRouting:
    @pytest.mark.parametrize("tiers", SUBSETS, ids="+".join)
    @pytest.mark.parametrize(
        ("importance", "level"),
        [
            (0.0, 0),
            (math.nextafter(0.3, 0), 0),
            (0.3, 1),
            (0.5, 1),
            (math.nextafter(0.7, 0), 1),
            (0.7, 2),
            (1.0, 2),
            (1, 2),
            (0, 0),
        ],
    )
    def test_importance_decides(self, tiers, importance, level):
        async def main():
            memory = system(*tiers)
            entry_id = await memory.store("hello", importance=importance)
            (many_id,) = await memory.store_many(["hello"], importance=importance)
            for tier in tiers:
                found = {entry.id for entry in await listed(memory.scan(tier=tier))}
                assert found == ({entry_id, many_id} if tier == ROUTES[tiers][level] else set())

        run(main())

    @pytest.mark.parametrize("tier", TIERS)
    def test_a_named_tier_counts_before_it(self, memory, tier):
        run(memory.store("hello", importance=0.99, tier=tier))
        assert run(memory.count(tier=tier)) == 1
        assert run(memory.count()) == 1

    def test_half_is_the_default(self, memory):
        run(memory.store("hello"))
        assert run(memory.count(tier="session")) == 1

    @pytest.mark.parametrize(
        ("tier", "says"),
        [
            ("sesion", "did you mean 'session'"),
            ("", "configured: ephemeral, session"),
            (5, "no tier 5"),
            ("SESSION", "no tier 'SESSION'"),
        ],
    )
    def test_an_unknown_tier_names_the_closest(self, memory, tier, says):
        for call in (
            lambda: memory.store("x", tier=tier),
            lambda: memory.store_many(["x"], tier=tier),
            lambda: memory.recall("x", tier=[tier]),
            lambda: memory.get("x", tier=[tier]),
            lambda: memory.forget("x", tier=["session", tier]),
            lambda: memory.count(tier=[tier]),
            lambda: listed(memory.scan(tier=[tier])),
            lambda: memory.clear(tier),
        ):
            with pytest.raises(UnknownTier, match=says):
                run(call())
        with pytest.raises(UnknownTier, match=says):
            memory.tier(tier)

    def test_a_tier_that_is_not_configured(self):
        with pytest.raises(UnknownTier, match="no tier 'persistent' here; configured: session"):
            run(system("session").store("x", tier="persistent"))

    @pytest.mark.parametrize("tier", [5, 1.5, object()])
    def test_tiers_are_names(self, memory, tier):
        with pytest.raises(WrongType, match="tier must be a name or several"):
            run(memory.recall("x", tier=tier))

    def test_no_tier_at_all(self, memory):
        for call in (memory.recall("x", tier=[]), memory.count(tier=()), memory.forget("x", tier=[])):
            with pytest.raises(InvalidInput, match="tier is an empty list; leave it out to ask all tiers"):
                run(call)


class TestStore:
    def test_every_argument_is_kept(self, memory):
        async def main():
            entry_id = await memory.store(
                "hello",
                tier="persistent",
                importance=0.25,
                tags=["a", "b"],
                user_id="u",
                session_id="s",
                metadata={"k": [1]},
                id="mine",
                embedding=np.array([1.0, 2.0]),
            )
            entry = await memory.get(entry_id)
            assert entry_id == entry.id == "mine"
            assert (entry.text, entry.importance, entry.tags) == ("hello", 0.25, {"a", "b"})
            assert (entry.user_id, entry.session_id, entry.metadata) == ("u", "s", {"k": [1]})
            assert list(entry.embedding) == [1.0, 2.0]
            assert entry.expires_at is None

        run(main())

    def test_the_same_id_again_replaces(self, memory):
        async def main():
            for text in ("one", "two"):
                await memory.store(text, id="a")
            assert await memory.count() == 1
            assert (await memory.get("a")).text == "two"
            assert await memory.recall("one") == []

        run(main())

    def test_the_first_argument_is_the_text(self, memory):
        assert run(memory.store(text="x"))
        with pytest.raises(TypeError):
            run(memory.store("x", "session"))

    @pytest.mark.parametrize(
        "arguments",
        [
            {"importance": 2},
            {"importance": "1"},
            {"importance": None},
            {"importance": True},
            {"tags": "a"},
            {"tags": None},
            {"user_id": 5},
            {"session_id": ""},
            {"metadata": []},
            {"metadata": {"a": {1}}},
            {"id": ""},
            {"id": 5},
            {"embedding": "x"},
            {"embedding": [math.nan]},
            {"ttl": 0},
        ],
    )
    def test_what_cannot_be_used_is_refused_before_anything_is_stored(self, memory, arguments):
        with pytest.raises(InvalidInput):
            run(memory.store("x", **arguments))
        with pytest.raises(InvalidInput, match="item 1: "):
            run(memory.store_many(["fine", {"text": "x", **arguments}]))
        assert run(memory.count()) == 0

    @pytest.mark.parametrize("text", ["", "  ", None, 5, b"x"])
    def test_text_is_needed(self, memory, text):
        with pytest.raises(InvalidInput, match="text"):
            run(memory.store(text))

    def test_an_embedding_of_another_dimension(self, memory):
        async def main():
            await memory.store("a", embedding=[1.0, 2.0])
            with pytest.raises(InvalidInput, match="1 dimensions, those stored before have 2") as caught:
                await memory.store("b", embedding=[1.0])
            assert str(caught.value).startswith("session tier: ")
            assert await memory.count() == 1

        run(main())


class TestTTL:
    @pytest.fixture
    def timed(self, clock):
        adapters = {"session": InMemoryAdapter(clock=clock), "ephemeral": InMemoryAdapter(clock=clock)}
        config = MemoryConfig(ephemeral=EphemeralPolicy(ttl_seconds=30), session=SessionPolicy(ttl_seconds=600))
        return MemorySystem(config, adapters=adapters)

    @pytest.mark.parametrize("ttl", [1.9, timedelta(seconds=1.9)])
    def test_an_override_counts_to_the_fraction(self, timed, clock, ttl):
        async def main():
            before = datetime.now(UTC)
            entry_id = await timed.store("short", ttl=ttl)
            entry = await timed.get(entry_id)
            assert entry.expires_at - entry.created_at == timedelta(seconds=1.9)
            assert entry.created_at >= before
            clock.now = entry.expires_at.timestamp() - 0.001
            assert await timed.recall("short")
            clock.now = entry.expires_at.timestamp()
            assert await timed.recall("short") == []
            assert await timed.get(entry_id) is None
            assert await timed.count() == 0
            assert await listed(timed.scan()) == []
            assert await timed.forget(entry_id) == 0
            with pytest.raises(EntryNotFound):
                await timed.update(entry_id, text="x")

        run(main())

    def test_the_policy_of_the_tier_decides_otherwise(self, timed, clock):
        async def main():
            await timed.store("short", importance=0.1)
            await timed.store("longer", importance=0.5)
            clock.forward(31)
            assert [entry.text for entry in await listed(timed.scan())] == ["longer"]
            clock.forward(600)
            assert await timed.count() == 0

        run(main())

    def test_none_means_never(self, timed, clock):
        entry_id = run(timed.store("kept", ttl=None))
        clock.forward(10**9)
        assert run(timed.get(entry_id)).expires_at is None

    @pytest.mark.parametrize(
        "ttl",
        [
            0,
            -1,
            0.0,
            -0.5,
            math.nan,
            -math.inf,
            math.inf,
            1e300,
            10**400,
            timedelta(0),
            timedelta(-1),
            timedelta.max,
            5e-324,
            1e-7,
            4e-7,
            9e-7,
        ],
    )
    def test_spans_that_are_none(self, timed, ttl):
        for call in (
            timed.store("x", ttl=ttl),
            timed.store_many([{"text": "x", "ttl": ttl}]),
            timed.update("x", ttl=ttl),
        ):
            with pytest.raises(InvalidInput, match=r"ttl .* None means never"):
                run(call)
        assert run(timed.count()) == 0

    @pytest.mark.parametrize("ttl", [True, False, "60", [60], b"60", datetime.now(UTC), 1j])
    def test_things_that_are_no_spans(self, timed, ttl):
        with pytest.raises(WrongType, match="ttl must be seconds, a timedelta, or None for never"):
            run(timed.store("x", ttl=ttl))

    def test_the_longest_ttl_of_a_policy_can_be_stored(self):
        policy = SessionPolicy(ttl_seconds=1000 * 365 * 86_400)
        assert run(MemorySystem(MemoryConfig(session=policy)).store("x"))

    def test_refresh_on_read_renews_by_the_own_ttl_of_the_entry(self, clock):
        adapter = InMemoryAdapter(clock=clock, refresh_on_read=True)
        memory = MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": adapter})

        async def main():
            entry_id = await memory.store("x", ttl=10)
            for _ in range(5):
                clock.forward(8)
                assert await memory.get(entry_id)
            clock.forward(10.1)
            assert await memory.get(entry_id) is None

        run(main())


class TestStoreMany:
    def test_texts_mappings_and_entries(self, memory):
        async def main():
            ready = MemoryEntry(text="ready", id="r", importance=0.9)
            ids = await memory.store_many(
                ["plain", {"text": "mapped", "id": "m", "importance": 0.1}, ready], user_id="u"
            )
            assert ids[1:] == ["m", "r"]
            entries = await memory.get_many(ids)
            assert [entry.text for entry in entries] == ["plain", "mapped", "ready"]
            assert [entry.user_id for entry in entries] == ["u", "u", None]
            assert entries[2] == ready
            assert [await memory.count(tier=tier) for tier in TIERS] == [1, 1, 1]

        run(main())

    def test_what_an_item_says_counts_before_the_common(self, memory):
        async def main():
            ids = await memory.store_many(
                ["a", {"text": "b", "tags": ["own"], "tier": "ephemeral"}], tags=["common"], tier="persistent"
            )
            first, second = await memory.get_many(ids)
            assert (first.tags, second.tags) == ({"common"}, {"own"})
            assert await memory.get(ids[1], tier="ephemeral")
            assert await memory.get(ids[0], tier="persistent")

        run(main())

    def test_any_iterable_and_none_at_all(self, memory):
        assert len(run(memory.store_many(str(number) for number in range(1000)))) == 1000
        assert run(memory.store_many([])) == []

    def test_the_last_of_one_id_counts(self, memory):
        run(memory.store_many([{"text": "one", "id": "a"}, {"text": "two", "id": "a"}]))
        assert run(memory.get("a")).text == "two"

    @pytest.mark.parametrize(
        ("item", "says"),
        [
            ("", "item 2: text is empty"),
            (5, "item 2: an item is a text, a mapping or a MemoryEntry, got int"),
            (None, "got NoneType"),
            (["text"], "got list"),
            ({}, "item 2: text is missing"),
            ({"tags": ["a"]}, "item 2: text is missing"),
            ({"text": "a", "tag": ["a"]}, r"item 2: store\(\) has no argument 'tag'; did you mean 'tags'\?"),
            ({"text": "a", 5: 1}, r"item 2: store\(\) has no argument 5; known: text, tier"),
            ({"text": "a", "tier": "sesion"}, "item 2: there is no tier 'sesion' here; did you mean 'session'"),
            ({"text": "a", "created_at": datetime.now(UTC)}, "no argument 'created_at'"),
            ({"text": "a", "importance": 2}, "item 2: importance must be from 0 to 1, got 2"),
        ],
    )
    def test_all_are_checked_before_any_is_stored(self, memory, item, says):
        with pytest.raises(InvalidInput, match=says):
            run(memory.store_many(["fine", {"text": "fine too", "tier": "ephemeral"}, item, "never reached"]))
        assert run(memory.count()) == 0

    @pytest.mark.parametrize("items", ["text", {"text": "a"}, MemoryEntry(text="x"), None, 5])
    def test_items_are_several(self, memory, items):
        with pytest.raises(WrongType, match="store_many takes a list of items"):
            run(memory.store_many(items))

    @pytest.mark.parametrize("items", [[], ["a"], [MemoryEntry(text="x")]])
    def test_unknown_common_arguments(self, memory, items):
        with pytest.raises(WrongType, match=r"has no argument 'tag'; did you mean 'tags'\?"):
            run(memory.store_many(items, tag=["a"]))

    @pytest.mark.parametrize("common", [{"id": "x"}, {"text": "x"}, {"id": None}])
    def test_what_each_item_has_of_its_own_cannot_be_common(self, memory, common):
        with pytest.raises(WrongType, match=f"{next(iter(common))} cannot be the same for all items"):
            run(memory.store_many(["a", "b"], **common))
        assert run(memory.count()) == 0

    def test_a_bad_embedding_among_many_stores_none(self, memory):
        with pytest.raises(InvalidInput, match="dimensions"):
            run(memory.store_many([{"text": "a", "embedding": [1.0]}, {"text": "b", "embedding": [1.0, 2.0]}]))
        assert run(memory.count()) == 0


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


class TestGet:
    def test_in_the_order_of_the_ids(self, memory):
        async def main():
            await memory.store_many([{"text": name, "id": name} for name in "abc"], tier="session")
            assert [e and e.text for e in await memory.get_many(["c", "none", "a", "c"])] == ["c", None, "a", "c"]
            assert await memory.get("none") is None
            assert await memory.get_many([]) == []
            assert [e.text for e in await memory.get_many(iter("ab"))] == ["a", "b"]

        run(main())

    def test_the_shortest_lived_tier_answers(self, memory):
        async def main():
            for tier in reversed(TIERS):
                await memory.store(tier, id="a", tier=tier)
            assert (await memory.get("a")).text == "ephemeral"
            assert (await memory.get("a", tier=["persistent", "session"])).text == "session"
            assert (await memory.get("a", tier="session")).text == "session"

        run(main())

    @pytest.mark.parametrize("entry_id", [5, None, b"a", "", "a\0", ["a"]])
    def test_an_id_is_a_name(self, memory, entry_id):
        with pytest.raises(InvalidInput):
            run(memory.get(entry_id))

    @pytest.mark.parametrize("ids", [5, None, b"a", {"a": 1}, [5], [None], [""], Filter(tags=["a"])])
    def test_ids_are_names(self, memory, ids):
        with pytest.raises(InvalidInput):
            run(memory.get_many(ids))


class TestForget:
    @pytest.fixture
    def full(self, memory):
        run(
            memory.store_many(
                [{"text": name, "id": name, "tags": ["all", name], "user_id": "u" + name} for name in "abc"],
                tier="session",
            )
        )
        run(memory.store("a", id="a", tier="persistent", tags=["all"]))
        return memory

    def test_by_id_from_every_tier(self, full):
        assert run(full.forget("a")) == 2
        assert run(full.forget("a")) == 0
        assert run(full.count()) == 2

    def test_by_id_from_one_tier(self, full):
        assert run(full.forget("a", tier="persistent")) == 1
        assert run(full.get("a")) is not None

    @pytest.mark.parametrize("ids", [["a", "b", "none"], ("a", "b"), {"a", "b"}, iter("ab"), ["a", "b", "a"]])
    def test_by_ids(self, full, ids):
        assert run(full.forget(ids)) == 3
        assert [entry.id for entry in run(listed(full.scan()))] == ["c"]

    def test_by_no_ids(self, full):
        assert run(full.forget([])) == 0
        assert run(full.count()) == 4

    def test_by_filter(self, full):
        assert run(full.forget(Filter(tags=["all"]), tier="session")) == 3
        assert run(full.forget(Filter(user_id="ua"))) == 0
        assert run(full.count()) == 1

    def test_by_filter_touches_no_other_user(self, memory):
        async def main():
            await memory.store_many(
                [{"text": "x", "user_id": user} for user in ("1", "11", "1:1", "*") for _ in range(3)]
            )
            assert await memory.forget(Filter(user_id="1")) == 3
            assert await memory.forget(Filter(user_id="*")) == 3
            assert await memory.count() == 6

        run(main())

    def test_thousands_by_filter(self, memory):
        run(memory.store_many(["x"] * 3500, user_id="u"))
        run(memory.store("x", user_id="v"))
        assert run(memory.forget(Filter(user_id="u"))) == 3500
        assert run(memory.count()) == 1

    @pytest.mark.parametrize(
        "filter", [Filter(), Filter(tags=[]), Filter(created=DateRange()), Filter(importance=(0, 1))]
    )
    def test_what_would_forget_everything_is_refused(self, full, filter):
        with pytest.raises(InvalidInput, match=r"an empty filter would forget everything.*clear\(tier\)"):
            run(full.forget(filter))
        assert run(full.count()) == 4

    @pytest.mark.parametrize("what", [None, 5, b"a", {"a": 1}, [5], [None], "", [""], [["a"]]])
    def test_anything_else_is_refused(self, full, what):
        with pytest.raises(InvalidInput):
            run(full.forget(what))
        assert run(full.count()) == 4

    def test_clear_empties_one_tier(self, full):
        assert run(full.clear("session")) == 3
        assert run(full.clear("session")) == 0
        assert run(full.count()) == 1
        with pytest.raises(TypeError):
            full.clear()


class TestUpdate:
    @pytest.fixture
    def stored(self, memory):
        run(memory.store("a note", id="a", importance=0.9, tags=["t"], user_id="u", metadata={"m": 1}, embedding=[1.0]))
        return memory

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"text": "new"}, {"text": "new", "embedding": None}),
            ({"text": "new", "embedding": [2.0]}, {"text": "new", "embedding": [2.0]}),
            ({"importance": 0}, {"importance": 0.0}),
            ({"tags": []}, {"tags": frozenset()}),
            ({"tags": ["x"]}, {"tags": {"x"}}),
            ({"metadata": {}}, {"metadata": {}}),
            ({"metadata": {"n": 2}}, {"metadata": {"n": 2}}),
            ({"embedding": [3.0]}, {"embedding": [3.0]}),
            ({"ttl": None}, {"expires_at": None}),
        ],
    )
    def test_what_is_given_changes_and_the_rest_stays(self, stored, changes, expected):
        before = run(stored.get("a"))
        changed = run(stored.update("a", **changes))
        assert run(stored.get("a", tier="persistent")) == changed
        for name in (
            "id",
            "text",
            "tags",
            "user_id",
            "session_id",
            "importance",
            "metadata",
            "created_at",
            "expires_at",
        ):
            assert getattr(changed, name) == expected.get(name, getattr(before, name))
        embedding = None if changed.embedding is None else list(changed.embedding)
        assert embedding == expected.get("embedding", [1.0])

    def test_it_is_found_by_its_new_words_only(self, stored):
        run(stored.update("a", text="something else"))
        assert run(stored.recall("note")) == []
        assert len(run(stored.recall("something"))) == 1

    def test_a_ttl_counts_from_now(self, stored):
        before = datetime.now(UTC)
        changed = run(stored.update("a", ttl=90))
        assert timedelta(seconds=90) <= changed.expires_at - before
        assert changed.expires_at <= datetime.now(UTC) + timedelta(seconds=90)
        assert changed.lifetime == timedelta(seconds=90)

    def test_nothing_to_change(self, stored):
        with pytest.raises(InvalidInput, match="nothing to change"):
            run(stored.update("a"))

    def test_no_such_entry(self, stored):
        with pytest.raises(EntryNotFound, match="there is no entry 'b' to update"):
            run(stored.update("b", text="x"))
        with pytest.raises(EntryNotFound):
            run(stored.update("a", text="x", tier="session"))

    @pytest.mark.parametrize(
        "changes", [{"text": ""}, {"text": 5}, {"importance": 2}, {"importance": "1"}, {"tags": "a"}, {"metadata": []},
                    {"embedding": "x"}, {"embedding": [math.nan]}, {"ttl": 0}, {"ttl": True}]
    )  # fmt: skip
    def test_what_cannot_be_used_leaves_the_entry_as_it_was(self, stored, changes):
        before = run(stored.get("a"))
        with pytest.raises(InvalidInput):
            run(stored.update("a", **changes))
        assert run(stored.get("a")) == before
        assert len(run(stored.recall("note"))) == 1


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


@given(data=st.data())
def test_a_system_does_what_a_dictionary_does(data):
    """Any run of calls, against a model of one dictionary a tier."""
    names = st.sampled_from(["a", "b", "a:b", "*", "🦊"])
    tiers = st.sampled_from(TIERS)
    model = {tier: {} for tier in TIERS}
    memory = system(*TIERS)

    async def main():
        for _ in range(data.draw(st.integers(1, 15))):
            verb = data.draw(st.sampled_from(["store", "forget", "filter", "update", "clear"]))
            tier, name, tag = data.draw(tiers), data.draw(names), data.draw(names)
            if verb == "store":
                await memory.store("text", tier=tier, id=name, tags=[tag])
                model[tier][name] = {tag}
            elif verb == "forget":
                assert await memory.forget(name, tier=tier) == (model[tier].pop(name, None) is not None)
            elif verb == "filter":
                found = [key for key, tags in model[tier].items() if tag in tags]
                assert await memory.forget(Filter(tags=[tag]), tier=tier) == len(found)
                for key in found:
                    del model[tier][key]
            elif verb == "update":
                if name in model[tier]:
                    await memory.update(name, tags=[tag], tier=tier)
                    model[tier][name] = {tag}
                else:
                    with pytest.raises(EntryNotFound):
                        await memory.update(name, tags=[tag], tier=tier)
            else:
                assert await memory.clear(tier) == len(model[tier])
                model[tier] = {}
            for each in TIERS:
                assert await memory.count(tier=each) == len(model[each])
                assert {e.id: set(e.tags) for e in await listed(memory.scan(tier=each))} == model[each]
                assert await memory.count(Filter(tags=[tag]), tier=each) == sum(
                    tag in tags for tags in model[each].values()
                )

    run(main())


class TestClosed:
    def test_every_verb_says_so(self, config):
        memory = MemorySystem(config)
        run(memory.aclose())
        run(memory.aclose())
        for call in (
            lambda: memory.store("x"),
            lambda: memory.store_many(["x"]),
            lambda: memory.recall("x"),
            lambda: memory.get("x"),
            lambda: memory.get_many(["x"]),
            lambda: memory.get_many([]),
            lambda: memory.forget("x"),
            lambda: memory.forget([]),
            lambda: memory.forget(Filter(tags=["x"])),
            lambda: memory.update("x", text="y"),
            lambda: memory.count(),
            lambda: listed(memory.scan()),
            lambda: memory.clear("session"),
            lambda: memory.health(),
            lambda: memory.__aenter__(),
        ):
            with pytest.raises(Closed, match="this MemorySystem was closed; make a new one"):
                run(call())
        assert "closed" in repr(memory)

    def test_async_with_closes_even_after_an_error(self, config):
        memory = MemorySystem(config)

        async def main():
            async with memory:
                await memory.store("x")
                raise KeyError

        with pytest.raises(KeyError):
            run(main())
        with pytest.raises(Closed):
            run(memory.count())


@pytest.mark.parametrize("config", [None, {}, "axon.toml", SessionPolicy(), MemoryConfig])
def test_a_system_is_made_from_a_config(config):
    with pytest.raises(WrongType, match=r"made from a MemoryConfig, got .*from_file\(\)"):
        MemorySystem(config)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"adapters": [1]}, "adapters must map tiers to adapters, got list"),
        ({"adapters": {"session": 5}}, r"adapters\['session'\] must be an axon.spi.Adapter, got int"),
        ({"adapters": {"session": InMemoryAdapter}}, "must be an axon.spi.Adapter"),
        ({"adapters": {"sesion": InMemoryAdapter()}}, "adapters has 'sesion', but the configured tiers are: session"),
        ({"adapters": {"persistent": InMemoryAdapter()}}, "adapters has 'persistent'"),
        ({"middleware": [5]}, r"middleware must be called as \(call, proceed\), got int"),
    ],
)
def test_what_is_handed_in_is_checked(arguments, says):
    with pytest.raises(AxonError, match=says):
        MemorySystem(MemoryConfig(session=SessionPolicy()), **arguments)
