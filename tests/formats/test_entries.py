"""Axon's own JSONL: what is exported is what is imported."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput
from axon.formats.detection import read
from axon.formats.entries import decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: not text.isspace())
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
moments = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]),
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def entries(draw):
    expires_at = draw(st.none() | moments)
    ttl = draw(st.none() | st.timedeltas(min_value=timedelta(microseconds=1))) if expires_at else None
    return MemoryEntry(
        id=draw(names),
        text=draw(texts),
        tags=draw(st.frozensets(names, max_size=4)),
        user_id=draw(st.none() | names),
        session_id=draw(st.none() | names),
        importance=draw(st.floats(0, 1)),
        metadata=draw(st.dictionaries(names, values, max_size=3)),
        created_at=draw(moments),
        expires_at=expires_at,
        ttl=ttl,
        embedding=draw(
            st.none() | st.lists(st.floats(width=32, min_value=-1e6, max_value=1e6), min_size=1, max_size=5)
        ),
    )


@given(entry=entries(), tier=st.sampled_from([None, "session"]), ascii=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_what_is_written_is_read_back_equal(entry, tier, ascii, tmp_path):
    file = tmp_path / "export.jsonl"
    file.write_text(encode(entry, tier=tier, ascii=ascii) + "\n", encoding="utf-8", newline="\n")
    (record,) = read(file)
    assert record.entry == entry
    assert (record.tier, record.expires) == (tier, True)


@given(entry=entries(), tier=st.sampled_from([None, "session"]), ascii=st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_decode_undoes_encode(entry, tier, ascii):
    assert decode(encode(entry, tier=tier, ascii=ascii)) == entry


@given(value=values)
def test_metadata_comes_back_of_the_same_types(value):
    entry = decode(encode(MemoryEntry(text="typed", metadata={"value": value})))
    assert repr(entry.metadata) == repr({"value": value})


def test_a_long_ttl_keeps_its_microseconds(tmp_path):
    ttl = timedelta(days=200 * 365, microseconds=1)
    entry = MemoryEntry(id="a", text="long", expires_at=datetime(2500, 1, 1, tzinfo=UTC), ttl=ttl)
    file = tmp_path / "a.jsonl"
    file.write_text(encode(entry))
    assert next(read(file)).entry.ttl == ttl
    assert '"ttl": 6307200000.000001}' in file.read_text()


def test_the_line_is_laid_out_as_documented():
    entry = MemoryEntry(
        id="a",
        text="Grüezi",
        tags=["z", "a"],
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        expires_at=datetime(2026, 1, 2, 3, 4, 6, 7, tzinfo=UTC),
        ttl=timedelta(seconds=1.5),
        embedding=[1.0, -2.0],
    )
    line = encode(entry, tier="session")
    assert "Grüezi" in line
    assert json.loads(line) == {
        "id": "a",
        "text": "Grüezi",
        "tags": ["a", "z"],
        "user_id": None,
        "session_id": None,
        "importance": 0.5,
        "metadata": {},
        "created_at": "2026-01-02T03:04:05.000000+00:00",
        "expires_at": "2026-01-02T03:04:06.000007+00:00",
        "ttl": 1.5,
        "embedding": "AACAPwAAAMA=",
        "tier": "session",
    }


def test_lines_end_at_newlines_only_and_blank_ones_do_not_count(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_bytes('\ufeff{"id": "a", "text": "one\u2028two\x85three"}\r\n\n{"id": "b", "text": "x"}'.encode())
    assert [record.entry.text for record in read(file)] == ["one\u2028two\x85three", "x"]


def test_a_line_without_expiry_leaves_it_to_the_policy(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text('{"id": "a", "text": "x"}\n{"id": "b", "text": "x", "expires_at": null}')
    assert [record.expires for record in read(file)] == [False, True]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "a", "text": ', "not valid JSON"),
        ("[1]", "expected a JSON object, got an array"),
        ("null", "got null"),
        ('{"text": "x"}', "'id' is missing"),
        ('{"id": "a"}', "'text' is missing"),
        ('{"id": "a", "text": "x", "importence": 1}', "unknown key 'importence' (did you mean 'importance'?)"),
        ('{"id": "a", "text": "x", "importance": NaN}', "NaN is no JSON number"),
        ('{"id": "a", "text": "x", "importance": 1.5}', "importance must be from 0 to 1"),
        ('{"id": "a", "text": "x", "importance": "1"}', "importance must be a number"),
        ('{"id": "a", "text": " "}', "text is empty"),
        ('{"id": "a", "text": "\\ud800"}', "lone surrogate"),
        ('{"id": "a", "text": "x", "created_at": "yesterday"}', "expected a moment"),
        ('{"id": "a", "text": "x", "created_at": null}', "created_at must be a moment"),
        ('{"id": "a", "text": "x", "created_at": "2026-01-01T00:00:00"}', "names no time zone"),
        ('{"id": "a", "text": "x", "created_at": "0001-01-01T00:00:00+05:00"}', "no calendar in UTC can hold"),
        ('{"id": "a", "text": "x", "expires_at": 5}', "expected a moment"),
        ('{"id": "a", "text": "x", "ttl": 1}', "never expires"),
        ('{"id": "a", "text": "x", "ttl": true}', "ttl must be seconds"),
        ('{"id": "a", "text": "x", "ttl": 1e999999999}', "ttl is too long"),
        ('{"id": "a", "text": "x", "embedding": "AAA"}', "base64"),
        ('{"id": "a", "text": "x", "embedding": [1, 2]}', "base64"),
        ('{"id": "a", "text": "x", "embedding": "AADAfw=="}', "NaN"),
        ('{"id": "a", "text": "x", "tier": 3}', "tier must be text"),
        ('{"id": "a", "text": "x", "tags": "b"}', "tags must be a list"),
        ('{"id": "a", "text": "x", "metadata": {"a": 1e999}}', "metadata.a"),
        pytest.param("[" * 100_000, "line 7: ", id="deep"),
        pytest.param('{"id": "a", "text": "x", "n": ' + "9" * 5000 + "}", "line 7: ", id="a huge number"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line, reason, tmp_path):
    file = tmp_path / "bad.jsonl"
    good = '{"id": "g", "text": "good"}\n'
    file.write_text(good * 6 + line + "\n" + good, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        list(read(file))
    assert f"{file}, line 7: " in str(error.value)
    assert reason in str(error.value)
    assert len(str(error.value)) < len(str(file)) + 400
    with pytest.raises(InvalidInput) as alone:
        decode(line + "\n")
    assert str(error.value) == f"{file}, line 7: {alone.value}"


def test_a_huge_value_does_not_fill_the_message(tmp_path):
    file = tmp_path / "bad.jsonl"
    file.write_text(json.dumps({"id": "a", "text": "x", "created_at": "y" * 10_000_000}))
    with pytest.raises(InvalidInput) as error:
        list(read(file))
    assert len(str(error.value)) < len(str(file)) + 300
