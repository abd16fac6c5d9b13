"""The metadata of a MemoryEntry: JSON, to the letter, and for good."""

from __future__ import annotations

import math
from enum import Enum, StrEnum
from types import MappingProxyType

import numpy as np
import pytest
from core_entry import HUGE, NOON, entry
from hypothesis import given
from hypothesis import strategies as st

from axon.core.errors import InvalidInput, WrongType

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
