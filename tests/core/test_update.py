"""What an update names changes, and the rest stays."""

from __future__ import annotations

import math
from asyncio import run
from datetime import UTC, datetime, timedelta

import pytest

from axon.core.errors import EntryNotFound, InvalidInput


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
