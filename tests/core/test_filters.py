"""What a Filter admits, against a model that is written down twice."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from axon import DateRange, Filter, MemoryEntry
from axon.core.errors import InvalidInput, WrongType

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

NAMES = st.sampled_from(["a", "b", "ab", "a:b", "*"])
MOMENTS = st.integers(-3, 3).map(lambda hours: NOON + hours * HOUR)
SCALARS = st.sampled_from([None, True, False, 0, 1, 1.0, 0.5, "1", "true", ""])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2)
)
METADATA = st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)
LEVELS = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@st.composite
def ranges(draw):
    start, end = draw(st.none() | MOMENTS), draw(st.none() | MOMENTS)
    if start and end and start >= end:
        start, end = end, start + HOUR
    return start, end


ENTRIES = st.fixed_dictionaries(
    {
        "id": NAMES,
        "tags": st.sets(NAMES, max_size=3),
        "user_id": st.none() | NAMES,
        "session_id": st.none() | NAMES,
        "importance": LEVELS,
        "metadata": METADATA,
        "created_at": MOMENTS,
    }
)
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.sets(NAMES, max_size=2),
        "user_id": NAMES,
        "session_id": NAMES,
        "created": ranges(),
        "importance": st.tuples(LEVELS, LEVELS).map(sorted),
        "metadata": METADATA,
        "ids": st.sets(NAMES, max_size=3),
    },
)


def same(value, wanted):
    """Equality as JSON has it: numbers by value, true is not 1, an object may hold more than is asked."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(key in value and same(value[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(same, value, wanted))
    if wanted is None or isinstance(wanted, bool):
        return value is wanted
    if isinstance(wanted, str):
        return isinstance(value, str) and value == wanted
    return isinstance(value, int | float) and not isinstance(value, bool) and value == wanted


def admits(conditions, entry):
    start, end = conditions.get("created", (None, None))
    low, high = conditions.get("importance", (0, 1))
    return all(
        [
            all(tag in entry["tags"] for tag in conditions.get("tags", ())),
            conditions.get("user_id") in (None, entry["user_id"]),
            conditions.get("session_id") in (None, entry["session_id"]),
            "ids" not in conditions or entry["id"] in conditions["ids"],
            low <= entry["importance"] <= high,
            start is None or entry["created_at"] >= start,
            end is None or entry["created_at"] < end,
            same(entry["metadata"], conditions.get("metadata", {})),
        ]
    )


@given(CONDITIONS, ENTRIES)
@example(
    {"metadata": {"x": True}},
    {
        **dict.fromkeys(("user_id", "session_id")),
        "id": "a",
        "tags": set(),
        "importance": 0.5,
        "metadata": {"x": 1},
        "created_at": NOON,
    },
)
def test_matches_like_the_model(conditions, entry):
    given_conditions = dict(conditions)
    if "created" in conditions:
        given_conditions["created"] = DateRange(*conditions["created"])
    made = MemoryEntry(text="x", **entry)
    assert Filter(**given_conditions).matches(made) is admits(conditions, entry)


def holds(metadata, wanted):
    return Filter(metadata=wanted).matches(MemoryEntry(text="x", metadata=metadata))


@pytest.mark.parametrize(
    ("metadata", "wanted", "expected"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": True}, {"a": 1}, False),
        ({"a": 0}, {"a": False}, False),
        ({"a": [True]}, {"a": [1]}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": [1]}, {"a": 1}, False),
        ({"a": None}, {"a": None}, True),
        ({}, {"a": None}, False),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, False),
        ({"a": {"b": 1}}, {"a": {}}, True),
        ({"a": 1}, {"a": {}}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, True),
        ({"a": "1"}, {"a": 1}, False),
        ({"a.b": 1}, {"a": {"b": 1}}, False),
        ({"a": 2**63}, {"a": float(2**63)}, True),
    ],
)
def test_metadata_is_compared_as_json(metadata, wanted, expected):
    assert holds(metadata, wanted) is expected


class TestEmptiness:
    @pytest.mark.parametrize(
        "conditions",
        [
            {},
            {"tags": []},
            {"metadata": {}},
            {"created": DateRange()},
            {"importance": (0, 1)},
            {"importance": [0.0, 1.0]},
            {"created": DateRange(), "importance": (0, 1)},
        ],
    )
    def test_what_admits_every_entry_is_empty(self, conditions):
        assert Filter(**conditions).is_empty

    @pytest.mark.parametrize(
        "conditions",
        [{"tags": ["a"]}, {"ids": []}, {"user_id": "a"}, {"session_id": "a"}, {"importance": (0, 0.99)},
         {"created": DateRange(start=NOON)}, {"created": DateRange(end=NOON)}, {"metadata": {"a": {}}}],
    )  # fmt: skip
    def test_any_condition_is_one(self, conditions):
        assert not Filter(**conditions).is_empty

    def test_no_ids_admit_nothing(self):
        assert not Filter(ids=[]).matches(MemoryEntry(text="x"))


class TestRefused:
    @pytest.mark.parametrize(
        ("conditions", "says"),
        [
            ({"tags": "work"}, r"Filter.tags must be a list of strings, not one str: write Filter\(tags=\[...\]\)"),
            ({"tags": b"work"}, r"Filter.tags must be a list of strings, not one bytes: write Filter\(tags=\[...\]\)"),
            ({"tags": {"work": 1}}, "Filter.tags must be a list of strings, not one dict"),
            ({"ids": "one"}, r"Filter.ids must be a list of strings, not one str: write Filter\(ids=\[...\]\)"),
            ({"ids": 5}, "Filter.ids must be a list"),
            ({"tags": [1]}, "Filter.tags must be text, got int"),
            ({"tags": [[]]}, "Filter.tags must be text, got list"),
            ({"user_id": 5}, "Filter.user_id must be text, got int"),
            ({"user_id": ""}, "Filter.user_id is empty"),
            ({"session_id": "a\0"}, "Filter.session_id holds a NUL"),
            ({"created": NOON}, "Filter.created must be a DateRange, got datetime"),
            ({"created": (NOON, None)}, "Filter.created must be a DateRange, got tuple"),
            ({"importance": 0.5}, r"Filter.importance must be \(lowest, highest\)"),
            ({"importance": (0.5,)}, r"\(lowest, highest\)"),
            ({"importance": (0.8, 0.2)}, "goes from 0.8 down to 0.2"),
            ({"importance": (0, 2)}, "Filter.importance must be from 0 to 1"),
            ({"importance": (0, math.nan)}, "Filter.importance must be from 0 to 1"),
            ({"importance": (False, True)}, "Filter.importance must be a number"),
            ({"metadata": "x"}, "Filter.metadata must be a mapping"),
            ({"metadata": {"a": {1}}}, r"Filter.metadata.a must be JSON"),
            ({"metadata": {"a": math.nan}}, r"Filter.metadata.a is nan"),
        ],
    )
    def test_with_the_field_named(self, conditions, says):
        with pytest.raises(InvalidInput, match=says):
            Filter(**conditions)

    def test_unknown_fields_as_arguments(self):
        with pytest.raises(TypeError, match="tag"):
            Filter(tag=["a"])

    def test_unknown_fields_in_a_mapping_with_the_closest_one(self):
        with pytest.raises(InvalidInput, match=r"no field 'tag'; did you mean 'tags'\? known: tags, user_id"):
            Filter.from_mapping({"tag": ["a"]})

    @pytest.mark.parametrize("name", ["text", "", "zzz", 5, None])
    def test_unknown_fields_that_are_close_to_none(self, name):
        with pytest.raises(InvalidInput, match=r"a Filter has no field .*known: tags"):
            Filter.from_mapping({name: 1})

    def test_a_mapping_of_known_fields(self):
        assert Filter.from_mapping({"tags": ["a"], "importance": [0, 0.5]}) == Filter(tags=["a"], importance=(0, 0.5))


class TestDateRange:
    def test_the_start_is_in_and_the_end_is_out(self):
        span = DateRange(NOON, NOON + HOUR)
        assert NOON in span
        assert NOON + HOUR not in span
        assert NOON - timedelta(microseconds=1) not in span

    def test_moments_count_and_not_the_zone(self):
        there = timezone(timedelta(hours=-7))
        assert NOON.astimezone(there) in DateRange(NOON, NOON + HOUR)
        assert DateRange(NOON.astimezone(there)) == DateRange(NOON)

    @pytest.mark.parametrize("end", [NOON, NOON - HOUR])
    def test_it_ends_after_it_starts(self, end):
        with pytest.raises(InvalidInput, match="must end after it starts"):
            DateRange(NOON, end)

    @pytest.mark.parametrize("field", ["start", "end"])
    def test_naive_and_other_things_are_refused(self, field):
        with pytest.raises(InvalidInput, match=rf"DateRange.{field} is .* names no time zone"):
            DateRange(**{field: NOON.replace(tzinfo=None)})
        with pytest.raises(WrongType, match=f"DateRange.{field} must be a datetime, got str"):
            DateRange(**{field: "2026-03-01"})
