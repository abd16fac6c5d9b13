"""Which format a file has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from axon.core.config import MemoryConfig
from axon.core.errors import InvalidInput, UnknownTier
from axon.core.policies import EphemeralPolicy, PersistentPolicy
from axon.formats.detection import read, read_lines


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.jsonl", '\n{"id": "a", "text": "entry"}', ["entry"]),
        ("a.NDJSON", '{"messages": [{"role": "user", "content": "turn"}]}', ["turn"]),
        ("a.md", "# Title\ntext", ["# Title\ntext"]),
        ("a.markdown", "text", ["text"]),
        ("a.txt", "# one\n\ntwo", ["# one", "two"]),
        ("a.jsonl", "", []),
    ],
)
def test_the_name_and_the_first_line_tell(name, content, texts, tmp_path):
    file = tmp_path / name
    file.write_text(content)
    assert [record.entry.text for record in read(file)] == texts


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"x", "cannot tell its format by its name; names that end in .jsonl"),
        ("noname", b"x", "cannot tell its format"),
        ("a.jsonl", b'{"a": 1}', "line 1: neither an entry, which has a 'text', nor a conversation"),
        ("a.jsonl", b"\xff\xfe{", "line 1: not UTF-8"),
        ("a.jsonl", b"plain", "line 1: not valid JSON"),
    ],
)
def test_what_is_of_no_known_format_is_refused(name, content, reason, tmp_path):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InvalidInput) as error:
        list(read(file))
    assert str(file) in str(error.value)
    assert reason in str(error.value)


def test_lines_without_a_file_are_told_by_the_first_of_them():
    lines = [b"\n", b'{"messages": [{"role": "user", "content": "turn"}, {"role": "user", "content": ""}]}\n']
    textless = []
    (record,) = read_lines(lines, "the pipe", textless=textless)
    assert (record.entry.text, record.where, textless) == (
        "turn",
        "the pipe, line 2",
        ["the pipe, line 2, messages[1]"],
    )
    (record,) = read_lines([b'{"id": "a", "text": "entry"}'], "the pipe")
    assert record.entry.id == "a"
    assert list(read_lines([], "the pipe")) == []
    with pytest.raises(InvalidInput, match="the pipe, line 1: neither an entry"):
        read_lines([b"{}"], "the pipe")


def test_what_cannot_be_opened_is_said(tmp_path):
    with pytest.raises(InvalidInput, match=r"is a directory: name the files in it"):
        read(tmp_path)
    with pytest.raises(InvalidInput, match="No such file"):
        read(tmp_path / "absent.md")


CONFIG = MemoryConfig(ephemeral=EphemeralPolicy(ttl_seconds=30), persistent=PersistentPolicy(adapter_type="memory"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def placed(tmp_path, line, **more):
    file = tmp_path / "a.jsonl"
    file.write_text(line)
    (record,) = read(file)
    return record.placed(CONFIG, NOW, **more)


def test_importance_and_the_policy_decide_where_the_file_does_not(tmp_path):
    tier, entry = placed(tmp_path, '{"id": "a", "text": "x", "importance": 0.1, "created_at": "2020-01-01T00:00:00Z"}')
    assert tier == "ephemeral"
    assert entry.expires_at == NOW + timedelta(seconds=30)
    assert entry.lifetime == timedelta(seconds=30)
    tier, entry = placed(tmp_path, '{"id": "a", "text": "x", "importance": 0.5}')
    assert (tier, entry.expires_at) == ("persistent", None)


def test_what_the_file_says_comes_first_and_the_caller_before_it(tmp_path):
    line = '{"id": "a", "text": "x", "importance": 0.9, "tier": "ephemeral", "expires_at": null}'
    assert placed(tmp_path, line)[0] == "ephemeral"
    assert placed(tmp_path, line)[1].expires_at is None
    assert placed(tmp_path, line, tier="persistent")[0] == "persistent"


def test_a_tier_that_is_not_there_is_named_with_its_line(tmp_path):
    with pytest.raises(UnknownTier, match=r"a\.jsonl, line 1: there is no tier 'session' here; configured: ephem"):
        placed(tmp_path, '{"id": "a", "text": "x", "tier": "session"}')
