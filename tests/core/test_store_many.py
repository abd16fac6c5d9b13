"""Many are stored at once, or none of them."""

from __future__ import annotations

from asyncio import run
from datetime import UTC, datetime, timedelta

import pytest
from core_system import TIERS

from axon import MemoryEntry, RecalledEntry
from axon.core.errors import InvalidInput, WrongType


class TestStoreMany:
    def test_texts_mappings_and_entries(self, memory):
        async def main():
            ready = MemoryEntry(text="ready", id="r", importance=0.9)
            ids = await memory.store_many(
                ["plain", {"text": "mapped", "id": "m", "importance": 0.1, "user_id": "u"}, ready]
            )
            assert ids[1:] == ["m", "r"]
            entries = await memory.get_many(ids)
            assert [entry.text for entry in entries] == ["plain", "mapped", "ready"]
            assert [entry.user_id for entry in entries] == [None, "u", None]
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

    def test_what_is_common_is_kept_by_all_items_that_do_not_say_otherwise(self, memory):
        ids = run(memory.store_many(["plain", {"text": "mapped"}, {"text": "own", "user_id": "o"}], user_id="u"))
        assert [entry.user_id for entry in run(memory.get_many(ids))] == ["u", "u", "o"]

    @pytest.mark.parametrize(
        ("common", "says"),
        [
            ({"user_id": "u"}, "so user_id for all items would be lost: change the entry with attrs.evolve, or give"),
            (
                {"user_id": "u", "ttl": 60, "tags": ["t"]},
                "so user_id and ttl and tags for all items would be lost: .* attrs.evolve, and its ttl as expires_at",
            ),
            ({"session_id": None, "tier": "session"}, "so session_id for all items would be lost"),
        ],
    )
    @pytest.mark.parametrize("entry", [MemoryEntry(text="t"), RecalledEntry(text="t", score=1.0, tier="session")])
    def test_a_ready_entry_loses_nothing_that_was_given_for_all(self, memory, entry, common, says):
        with pytest.raises(InvalidInput, match=f"item 1: a MemoryEntry is stored as it is, {says}"):
            run(memory.store_many(["a text", entry], **common))
        assert run(memory.count()) == 0

    def test_a_tier_is_for_ready_entries_too(self, memory):
        (entry_id,) = run(memory.store_many([MemoryEntry(text="t", importance=1)], tier="ephemeral"))
        assert run(memory.get(entry_id, tier="ephemeral")).text == "t"

    def test_what_was_recalled_is_stored_without_its_score_and_tier(self, memory):
        async def main():
            now = datetime.now(UTC)
            entry = MemoryEntry(
                id="a",
                text="Ada bakes bread",
                tags=["bread"],
                user_id="u",
                session_id="s",
                importance=0.9,
                metadata={"page": [1, 2]},
                created_at=now - timedelta(hours=1),
                expires_at=now + timedelta(hours=1),
                ttl=timedelta(hours=3),
                embedding=[0.5, 1.0],
            )
            await memory.store_many([entry], tier="session")
            (found,) = await memory.recall("bread", explain=True)
            assert type(found) is RecalledEntry
            await memory.store_many([found], tier="persistent")
            kept = await memory.get("a", tier="persistent")
            assert type(kept) is MemoryEntry
            assert kept == entry
            (again,) = await memory.recall("bread", tier="persistent")
            assert again.tier == "persistent"
            assert again.explanation is None

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
