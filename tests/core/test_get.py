"""Entries by their ids."""

from __future__ import annotations

from asyncio import run

import pytest
from core_system import TIERS

from axon import Filter
from axon.core.errors import InvalidInput, WrongType


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

    def test_a_filter_is_no_id(self, memory):
        says = r"expected an id or several ids, got Filter: recall\(filter=...\) and scan\(filter=...\) give what it"
        with pytest.raises(WrongType, match=says):
            run(memory.get_many(Filter(tags=["a"])))
