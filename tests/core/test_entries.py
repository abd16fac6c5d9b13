"""What a MemoryEntry takes, refuses and gives back."""

from __future__ import annotations

import copy
import math
import pickle
from datetime import UTC, timedelta

import attrs
import numpy as np
import pytest
from core_entry import HUGE, NOON, entry
from hypothesis import given
from hypothesis import strategies as st

from axon import MemoryEntry, RecalledEntry
from axon.core.errors import InvalidInput, WrongType


class TestDefaults:
    def test_only_text_is_needed(self):
        made = MemoryEntry(text="a walk")
        assert (made.tags, made.user_id, made.session_id) == (frozenset(), None, None)
        assert (made.metadata, made.expires_at, made.embedding) == ({}, None, None)
        assert made.importance == 0.5
        assert made.created_at.tzinfo is UTC

    def test_arguments_are_named(self):
        with pytest.raises(TypeError):
            MemoryEntry("a walk")

    def test_nothing_can_be_assigned(self):
        made = entry()
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            made.text = "another"

    def test_no_attribute_can_be_added(self):
        with pytest.raises(AttributeError):
            object.__setattr__(entry(), "colour", "red")


class TestImportance:
    @pytest.mark.parametrize("importance", [0, 1, 0.0, 1.0, 0.5, 1e-300, np.float64(0.25)])
    def test_from_zero_to_one(self, importance):
        kept = entry(importance=importance).importance
        assert kept == importance
        assert isinstance(kept, float)

    @pytest.mark.parametrize(
        "importance", [-0.01, 1.01, -1, 2, math.nan, math.inf, -math.inf, 10**400, HUGE, math.nextafter(1, 2)]
    )
    def test_out_of_bounds_is_refused(self, importance):
        with pytest.raises(InvalidInput, match="importance must be from 0 to 1"):
            entry(importance=importance)

    @pytest.mark.parametrize("importance", [True, False, "0.5", None, [0.5], 1j, b"1", timedelta(1)])
    def test_only_numbers(self, importance):
        with pytest.raises(
            WrongType, match=f"importance must be a number from 0 to 1, got {type(importance).__name__}"
        ):
            entry(importance=importance)


class TestCopies:
    FULL = {  # noqa: RUF012
        "id": "a",
        "tags": ["b"],
        "user_id": "c",
        "session_id": "d",
        "importance": 0.25,
        "metadata": {"e": [1, {"f": None}]},
        "created_at": NOON,
        "expires_at": NOON + timedelta(hours=1),
        "ttl": timedelta(minutes=2),
        "embedding": [0.5, 1.5],
    }

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_pickling(self, protocol):
        made = entry(**self.FULL)
        again = pickle.loads(pickle.dumps(made, protocol))
        assert again == made
        assert again.embedding.readonly
        with pytest.raises(TypeError):
            again.metadata["x"] = 1

    @pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, attrs.evolve])
    def test_copying(self, how):
        made = entry(**self.FULL)
        assert how(made) == made

    def test_a_recalled_entry_too(self):
        recalled = RecalledEntry.of(entry(**self.FULL), score=0.5, tier="session")
        assert pickle.loads(pickle.dumps(recalled)) == recalled
        assert copy.deepcopy(recalled) == recalled
        assert (recalled.score, recalled.tier, recalled.text) == (0.5, "session", "a walk in the park")

    def test_a_changed_copy_is_checked_again(self):
        with pytest.raises(InvalidInput):
            attrs.evolve(entry(), importance=2)

    @pytest.mark.parametrize(
        ("field", "other"),
        [
            ("id", "z"),
            ("text", "another"),
            ("tags", ["z"]),
            ("user_id", None),
            ("session_id", "z"),
            ("importance", 0.26),
            ("metadata", {"e": [1, {"f": 0}]}),
            ("created_at", NOON - timedelta(microseconds=1)),
            ("expires_at", NOON + timedelta(hours=2)),
            ("ttl", None),
            ("embedding", [0.5, 1.25]),
        ],
    )
    def test_entries_are_equal_where_every_field_is(self, field, other):
        assert entry(**self.FULL) == entry(**self.FULL)
        assert entry(**self.FULL) != entry(**{**self.FULL, field: other})


@pytest.mark.parametrize("field", [a.name for a in attrs.fields(MemoryEntry)])
@given(
    value=st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.datetimes()
    | st.timedeltas()
    | st.lists(st.text() | st.floats() | st.none())
    | st.dictionaries(st.text() | st.integers(), st.text() | st.complex_numbers())
)
def test_whatever_is_given_the_answer_is_an_entry_or_invalidinput(field, value):
    try:
        made = entry(**{"expires_at": NOON, field: value})
    except InvalidInput:  # anything else fails the test
        return
    assert pickle.loads(pickle.dumps(made)) == made
