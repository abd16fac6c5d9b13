"""The names, the text and the tags of a MemoryEntry."""

from __future__ import annotations

import time
import uuid

import pytest
from core_entry import entry
from hypothesis import given
from hypothesis import strategies as st

from axon.core.errors import InvalidInput, WrongType

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=50)


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
