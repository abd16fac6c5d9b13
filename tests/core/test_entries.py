"""What a MemoryEntry takes, refuses and gives back."""

from __future__ import annotations

import copy
import math
import pickle
import time
import uuid
from array import array
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from types import MappingProxyType

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from axon import MemoryEntry, RecalledEntry
from axon.core.errors import InvalidInput, WrongType

HUGE = pytest.param(10**5000, id="huge")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=50)


def entry(**values: object) -> MemoryEntry:
    return MemoryEntry(**{"text": "a walk in the park", **values})


class TestDefaults:
    def test_only_text_is_needed(self):
        made = MemoryEntry(text="a walk")
        assert (made.tags, made.user_id, made.session_id) == (frozenset(), None, None)
        assert (made.metadata, made.expires_at, made.embedding) == ({}, None, None)
        assert made.importance == 0.5
        assert made.created_at.tzinfo is UTC

    def test_arguments_are_named(self):
        with pytest.raises(TypeError):
            MemoryEntry("a walk")  # type: ignore[misc]

    def test_nothing_can_be_assigned(self):
        made = entry()
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            made.text = "another"

    def test_no_attribute_can_be_added(self):
        with pytest.raises(AttributeError):
            object.__setattr__(entry(), "colour", "red")


class TestIds:
    def test_ids_made_later_sort_later(self):
        ids = []
        for _ in range(200):
            ids.append(entry().id)
            moment = time.time_ns()
            while time.time_ns() - moment < 1000:  # an id knows a quarter of a microsecond
                pass
        assert ids == sorted(ids)
        assert len(set(ids)) == 200

    def test_an_id_is_a_uuid_of_version_7_of_this_moment(self):
        before = time.time_ns() // 1_000_000
        made = uuid.UUID(entry().id)
        after = time.time_ns() // 1_000_000
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
        assert before <= made.int >> 80 <= after

    def test_ids_do_not_repeat(self):
        assert len({entry().id for _ in range(20_000)}) == 20_000


class TestNames:
    @pytest.mark.parametrize("field", ["id", "user_id", "session_id", "tags"])
    @pytest.mark.parametrize(
        "name",
        [
            "*",
            "a:b",
            "{}",
            "{0}",
            "two words",
            " ",
            "🦊",
            "a\nb",
            "%s",
            "\\",
            "..",
            pytest.param("x" * 1024, id="1024"),
            "é",
            "e\u0301",
            "\x01",
        ],
    )
    def test_any_character_is_ordinary(self, field, name):
        given_value = [name] if field == "tags" else name
        kept = getattr(entry(**{field: given_value}), field)
        assert kept == (frozenset([name]) if field == "tags" else name)

    @pytest.mark.parametrize("field", ["id", "user_id", "session_id", "tags"])
    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("", "empty"),
            ("a\0b", "NUL"),
            pytest.param("x" * 1025, "1,025 characters; at most 1,024", id="1025"),
            pytest.param("x" * 10_000, "10,000 characters", id="10000"),
            ("\ud800", "lone surrogate at position 0"),
        ],
    )
    def test_what_cannot_be_a_name_is_refused(self, field, name, says):
        with pytest.raises(InvalidInput, match=says):
            entry(**{field: [name] if field == "tags" else name})

    @pytest.mark.parametrize("field", ["id", "user_id", "session_id", "tags"])
    @pytest.mark.parametrize("name", [5, b"a", 1.5, True, ["a"], ("a",), object()])
    def test_a_name_is_text(self, field, name):
        with pytest.raises(WrongType, match="tag" if field == "tags" else f"{field} must be text"):
            entry(**{field: [name] if field == "tags" else name})

    def test_id_may_not_be_none(self):
        with pytest.raises(WrongType, match="id must be text, got NoneType"):
            entry(id=None)

    def test_composed_and_decomposed_are_two_names(self):
        assert entry(user_id="é").user_id != entry(user_id="e\u0301").user_id

    @given(NAMES)
    def test_a_name_is_kept_as_it_is(self, name):
        assert entry(id=name, user_id=name, session_id=name).id == name


class TestText:
    @pytest.mark.parametrize("text", ["", " ", "\n\t", "\u2003", "\u3000\r\n"])
    def test_blank_text_is_refused(self, text):
        with pytest.raises(InvalidInput, match="text is empty"):
            entry(text=text)

    @pytest.mark.parametrize("text", [None, 5, b"bytes", ["a"], {"a": 1}, 1.0, True])
    def test_text_is_text(self, text):
        with pytest.raises(WrongType, match=f"text must be text, got {type(text).__name__}"):
            entry(text=text)

    @pytest.mark.parametrize("text", ["\ud800", "fine \udfff", "🦊\udc00"])
    def test_lone_surrogates_are_refused(self, text):
        with pytest.raises(InvalidInput, match="cannot be encoded as UTF-8: lone surrogate"):
            entry(text=text)

    def test_ten_megabytes_are_fine(self):
        text = "wörd " * 2_000_000
        assert entry(text=text).text is text

    @pytest.mark.parametrize("text", [" padded ", "a\0b", "\u200b", "\u202e abc", "🦊", "\ufeffx", "Z̴a̷l̶g̵o"])
    def test_text_is_kept_to_the_letter(self, text):
        assert entry(text=text).text == text


class TestTags:
    @pytest.mark.parametrize("tags", [["a", "b", "a"], ("a", "b"), {"a", "b"}, {"a": 1, "b": 2}.keys(), iter("ab")])
    def test_any_iterable_of_names_is_taken(self, tags):
        assert entry(tags=tags).tags == frozenset({"a", "b"})

    @pytest.mark.parametrize("tags", ["work", b"work", {"work": True}])
    def test_one_string_is_not_a_list_of_tags(self, tags):
        with pytest.raises(WrongType, match=r"write tags=\[\.\.\.\]"):
            entry(tags=tags)

    @pytest.mark.parametrize("tags", [None, 5, 1.5, True, object()])
    def test_what_is_no_list_is_refused(self, tags):
        with pytest.raises(WrongType, match=f"tags must be a list of strings, got {type(tags).__name__}"):
            entry(tags=tags)

    def test_a_list_in_the_list_is_refused(self):
        with pytest.raises(WrongType):
            entry(tags=[["a"]])


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


class TestMoments:
    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    def test_naive_is_refused_with_what_to_write(self, field):
        naive = datetime(2026, 3, 1, 12)  # noqa: DTZ001
        with pytest.raises(InvalidInput, match=rf"{field} is 2026-03-01T12:00:00, .*datetime.now\(UTC\)"):
            entry(**{field: naive})

    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    @pytest.mark.parametrize("value", ["2026-03-01", 1.0, NOON.date(), timedelta(1)])
    def test_only_datetimes(self, field, value):
        with pytest.raises(WrongType, match=f"{field} must be a datetime"):
            entry(**{field: value})

    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    def test_other_zones_become_utc(self, field):
        there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        kept = getattr(entry(**{field: there}), field)
        assert kept == NOON
        assert kept.tzinfo is UTC

    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    def test_beyond_the_calendar_is_refused(self, field):
        last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
        with pytest.raises(InvalidInput, match=field):
            entry(**{field: last})

    @pytest.mark.parametrize(
        ("ttl", "error"),
        [(60, WrongType), (True, WrongType), (timedelta(0), InvalidInput), (timedelta(-1), InvalidInput)],
    )
    def test_ttl_is_a_span_above_zero(self, ttl, error):
        with pytest.raises(error, match="ttl must be"):
            entry(expires_at=NOON, ttl=ttl)

    def test_ttl_needs_an_expiry(self):
        with pytest.raises(InvalidInput, match="never expires"):
            entry(ttl=timedelta(60))


class TestLifetime:
    def test_none_for_what_never_expires(self):
        made = entry()
        assert made.lifetime is None
        assert made.refreshed(NOON) is made

    def test_from_creation_to_expiry(self):
        made = entry(created_at=NOON, expires_at=NOON + timedelta(seconds=1.9))
        assert made.lifetime == timedelta(seconds=1.9)

    def test_own_ttl_counts_before_that(self):
        made = entry(created_at=NOON, expires_at=NOON + timedelta(days=3), ttl=timedelta(days=1))
        assert made.lifetime == timedelta(days=1)

    def test_refreshing_again_and_again_does_not_make_it_longer(self):
        made = entry(created_at=NOON, expires_at=NOON + timedelta(minutes=5))
        for minute in range(1, 50):
            made = made.refreshed(NOON + timedelta(minutes=minute))
            assert made.expires_at == NOON + timedelta(minutes=minute + 5)
        assert made.lifetime == timedelta(minutes=5)
        assert made.created_at == NOON

    def test_a_refresh_ends_where_the_calendar_does(self):
        made = entry(expires_at=datetime.max.replace(tzinfo=UTC))
        later = made.refreshed(datetime.now(UTC) + timedelta(days=400))
        assert later.expires_at == datetime.max.replace(tzinfo=UTC)


class TestMetadata:
    @given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, max_size=5))
    def test_json_is_kept(self, metadata):
        assert entry(metadata=metadata).metadata == metadata

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            (NOON, "datetime"),
            ({1, 2}, "set"),
            (b"x", "bytes"),
            (object(), "object"),
            (1j, "complex"),
            (np.float32(1), "float32"),
            (np.array([1.0]), "ndarray"),
            (print, "builtin_function_or_method"),
        ],
    )
    def test_what_is_not_json_is_refused_with_its_place(self, value, says):
        with pytest.raises(WrongType, match=rf"metadata\.a\[1\]\.b must be JSON .* got {says}"):
            entry(metadata={"a": [0, {"b": value}]})

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_json_has_no_nan(self, value):
        with pytest.raises(InvalidInput, match=r"metadata\.a\.b is .*, which JSON cannot hold"):
            entry(metadata={"a": {"b": value}})

    @pytest.mark.parametrize("value", [2**64, -(2**63) - 1, 10**400, HUGE])
    def test_integers_fit_into_64_bits(self, value):
        with pytest.raises(InvalidInput, match=r"metadata\.a is .* does not fit into 64 bits"):
            entry(metadata={"a": value})

    @pytest.mark.parametrize("key", [1, None, True, b"a", ("a",), HUGE])
    def test_keys_are_text(self, key):
        with pytest.raises(WrongType, match="the keys of metadata must be strings"):
            entry(metadata={key: 1})

    @pytest.mark.parametrize("metadata", [{"a": "\ud800"}, {"\ud800": 1}, {"a": [{"\udfff": 1}]}])
    def test_lone_surrogates_are_refused(self, metadata):
        with pytest.raises(InvalidInput, match="lone surrogate"):
            entry(metadata=metadata)

    @pytest.mark.parametrize("metadata", ["text", 5, ["a"], [("a", 1)], None, True])
    def test_only_objects(self, metadata):
        with pytest.raises(
            WrongType, match=f"metadata must be a mapping with string keys, got {type(metadata).__name__}"
        ):
            entry(metadata=metadata)

    @pytest.mark.parametrize("wrap", [lambda value: {"a": value}, lambda value: [value]])
    def test_deep_nesting_is_refused_and_some_is_not(self, wrap):
        def nested(levels):
            value = 1
            for _ in range(levels):
                value = wrap(value)
            return {"top": value}

        assert entry(metadata=nested(90)).metadata == nested(90)
        with pytest.raises(InvalidInput, match="nested deeper than 100"):
            entry(metadata=nested(100_000))

    def test_what_holds_itself_is_refused(self):
        metadata: dict[str, object] = {}
        metadata["again"] = metadata
        with pytest.raises(InvalidInput, match="nested deeper"):
            entry(metadata=metadata)

    def test_the_entry_holds_a_copy(self):
        inner = [1, 2]
        metadata = {"inner": inner}
        made = entry(metadata=metadata)
        inner.append(3)
        metadata["more"] = [4]
        assert made.metadata == {"inner": [1, 2]}

    @pytest.mark.parametrize(
        "change",
        [
            lambda m: m.__setitem__("b", 1),
            lambda m: m.__delitem__("a"),
            lambda m: m.clear(),
            lambda m: m.pop("a"),
            lambda m: m.popitem(),
            lambda m: m.setdefault("b", 1),
            lambda m: m.update(b=1),
            lambda m: m.__ior__({"b": 1}),
            lambda m: m["a"].append(1),
            lambda m: m["a"].__setitem__(0, 1),
            lambda m: m["a"].__delitem__(0),
            lambda m: m["a"].extend([1]),
            lambda m: m["a"].insert(0, 1),
            lambda m: m["a"].pop(),
            lambda m: m["a"].remove(1),
            lambda m: m["a"].reverse(),
            lambda m: m["a"].sort(),
            lambda m: m["a"].clear(),
            lambda m: m["a"].__iadd__([1]),
            lambda m: m["a"].__imul__(2),
            lambda m: m["a"][1].update(c=1),
        ],
    )
    def test_it_cannot_be_changed_in_place(self, change):
        made = entry(metadata={"a": [1, {"b": 2}]})
        with pytest.raises(TypeError, match="cannot be changed in place"):
            change(made.metadata)
        assert made.metadata == {"a": [1, {"b": 2}]}

    def test_subclasses_of_json_types_become_plain(self):
        class Colour(StrEnum):
            RED = "red"

        class Number(int, Enum):
            ONE = 1

        kept = entry(metadata=MappingProxyType({Colour.RED: Colour.RED, "n": Number.ONE, "t": (1, 2)})).metadata
        assert kept == {"red": "red", "n": 1, "t": [1, 2]}
        assert {type(key) for key in kept} == {str}
        assert (type(kept["red"]), type(kept["n"])) == (str, int)


class TestEmbedding:
    VALUES = (0.5, -1.0, 2.0)

    @pytest.mark.parametrize(
        "vector",
        [
            np.array(VALUES, np.float32),
            np.array(VALUES, np.float64),
            np.array(VALUES, np.float16),
            np.array(VALUES, ">f4"),
            np.array(VALUES, np.longdouble),
            np.array(VALUES, object),
            np.array([VALUES, VALUES], np.float32)[1],
            np.repeat(np.array(VALUES, np.float32), 2)[::2],
            array("f", VALUES),
            array("d", VALUES),
            list(VALUES),
            tuple(VALUES),
            memoryview(array("f", VALUES)),
            memoryview(array("d", VALUES)),
            iter(VALUES),
        ],
        ids=lambda vector: f"{type(vector).__name__}-{getattr(vector, 'dtype', '')}",
    )
    def test_any_vector_becomes_float32(self, vector):
        embedding = entry(embedding=vector).embedding
        assert (embedding.format, embedding.ndim, embedding.readonly) == ("f", 1, True)
        assert tuple(embedding) == self.VALUES

    def test_integers_are_numbers(self):
        assert list(entry(embedding=[1, 2]).embedding) == [1.0, 2.0]

    def test_it_is_a_copy(self):
        vector = np.array(self.VALUES, np.float32)
        made = entry(embedding=vector)
        vector[0] = 9
        assert tuple(made.embedding) == self.VALUES

    def test_it_cannot_be_written_to(self):
        with pytest.raises(TypeError):
            entry(embedding=[1.0]).embedding[0] = 2.0

    def test_numpy_reads_it_without_a_copy(self):
        embedding = entry(embedding=self.VALUES).embedding
        assert np.shares_memory(np.asarray(embedding), np.frombuffer(embedding, np.float32))

    @pytest.mark.parametrize(
        ("vector", "says"),
        [
            ([math.nan], "NaN or an infinity"),
            ([1.0, math.inf], "NaN or an infinity"),
            ([math.inf, -math.inf], "NaN or an infinity"),
            ([1e300], "NaN or an infinity"),
            (np.array([np.nan], np.float32), "NaN or an infinity"),
            ([], "no dimensions"),
            (np.array([], np.float32), "no dimensions"),
            (np.ones((2, 2), np.float32), "one dimension, got 2"),
            (np.ones((2, 2)), "one dimension, got 2"),
            (np.float32(1), "one dimension, got 0"),
        ],
    )
    def test_vectors_that_cannot_be_compared_are_refused(self, vector, says):
        with pytest.raises(InvalidInput, match=says):
            entry(embedding=vector)

    @pytest.mark.parametrize(
        "vector",
        [
            "0.5",
            b"\0\0\0\0",
            bytearray(4),
            ["a"],
            [None],
            [[1.0], [2.0]],
            [10**400],
            5,
            1.5,
            object(),
            {1.0, 2.0},
            {1.0: 2.0},
            np.array([1 + 1j]),
            np.array(["2026-01-01"], "M8[s]"),
            np.array(["a"]),
            np.array([None]),
        ],
    )
    def test_what_is_no_vector_is_refused(self, vector):
        with pytest.raises(WrongType, match="embedding must be a vector of"):
            entry(embedding=vector)


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
