"""What is to be forgotten is gone, and nothing else."""

from __future__ import annotations

from asyncio import run

import pytest
from core_system import listed

from axon import DateRange, Filter
from axon.core.errors import InvalidInput, WrongType


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

    def test_by_what_is_neither_an_id_nor_a_filter(self, full):
        with pytest.raises(WrongType, match="expected an id, several ids or a Filter, got int"):
            run(full.forget(5))

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
