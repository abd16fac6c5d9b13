"""``axon import`` and ``axon export``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from axon.core.entries import MemoryEntry
from axon.formats.entries import encode

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def entries(memory):
    stored = [
        MemoryEntry(id="plain", text="line\u2028separator\nand newline"),
        MemoryEntry(
            id="full",
            text="Grüezi 🐈",
            tags=["b", "a"],
            user_id="u",
            session_id="s",
            importance=0.123456789,
            metadata={"deep": [{"n": 0.1}]},
            created_at=datetime(2020, 1, 1, 0, 0, 0, 7, tzinfo=UTC),
            expires_at=datetime.now(UTC) + timedelta(days=1),
            ttl=timedelta(microseconds=1_000_001),
            embedding=[0.1, 2.0],
        ),
    ]
    memory.store_many(stored, tier="session")
    memory.store_many([MemoryEntry(id="kept", text="for good", importance=0.1)], tier="persistent")
    return {("session", "plain"): stored[0], ("session", "full"): stored[1]}


@pytest.mark.parametrize("way", ["file", "stdout"])
def test_an_export_imports_back_equal(way, axon, entries, memory, folder):
    file = folder / "export.jsonl"
    if way == "file":
        assert axon("export", "export.jsonl").stdout == ""
    else:
        file.write_bytes(axon("export").stdout_bytes)
    for tier in memory.tiers:
        memory.clear(tier)
    done = axon("import", "export.jsonl", "--format", "json")
    assert json.loads(done.stdout) == {
        "tiers": {"ephemeral": 0, "session": 2, "persistent": 1},
        "expired": 0,
        "textless": 0,
    }
    for (tier, entry_id), entry in entries.items():
        assert memory.get(entry_id, tier=tier) == entry
    assert memory.get("kept", tier="persistent").text == "for good"


def test_an_export_replaces_the_file_only_when_it_is_complete(axon, entries, folder):
    (folder / "out.jsonl").write_text("old")
    (folder / "shelf").rename(folder / "elsewhere")
    failed = axon("export", "out.jsonl")
    assert (failed.exit_code, failed.stderr) == (1, "axon: error: ephemeral tier: there is no shelf at shelf\n")
    assert (folder / "out.jsonl").read_text() == "old"
    assert not list(folder.glob("*.part"))


def test_an_export_that_cannot_be_written(axon, entries, folder):
    failed = axon("export", "absent/out.jsonl")
    assert failed.exit_code == 1
    assert "No such file" in failed.stderr
    failed = axon("export", "shelf")
    assert failed.exit_code == 1
    assert "Is a directory" in failed.stderr


def test_chats_spread_over_the_tiers_and_may_be_imported_again(axon, memory):
    first = axon("import", str(EXAMPLES / "conversations.jsonl"))
    assert first.exit_code == 0
    header, *rows = [line.split() for line in first.stdout.splitlines()]
    assert header == ["tier", "entries"]
    assert {tier: int(number) for tier, number in rows} == {tier: memory.count(tier=tier) for tier in memory.tiers}
    assert all(int(number) > 40 for _, number in rows)
    assert axon("import", str(EXAMPLES / "conversations.jsonl")).stdout == first.stdout
    assert memory.count() == 446


def test_words_for_what_an_entry_is_select_nothing(axon, memory, folder, lines):
    chat = [{"role": "user", "content": "I keep hens"}, {"role": "assistant", "content": "How many hens?"}]
    (folder / "chat.jsonl").write_text(json.dumps({"messages": chat}))
    (folder / "farm.md").write_text("# Farm\nThe hens are fed at dawn.")
    axon("import", "chat.jsonl", "farm.md")
    assert axon("recall", "Which user or assistant wrote a document?").stderr == "axon: note: nothing found\n"
    for metadata, text in (
        ('{"role": "user"}', "I keep hens"),
        ('{"kind": "document"}', "# Farm\nThe hens are fed at dawn."),
    ):
        (entry,) = lines(axon("list", "--metadata", metadata, "--format", "json").stdout)
        assert entry["text"] == text


def test_a_document_that_changed_takes_the_place_of_the_old_one_when_that_was_forgotten(axon, memory, folder):
    guide = folder / "guide.md"
    guide.write_text("# Opening\nAt nine.\n# Closing\nAt six.")
    axon("import", "guide.md")
    guide.write_text("# Opening\nAt ten.\n# Closing\nAt six.")
    axon("import", "guide.md")
    assert memory.count() == 3
    assert axon("forget", "--metadata", '{"source": "guide.md"}', "--yes").stdout == "forgot 3\n"
    axon("import", "guide.md")
    assert sorted(entry.text for entry in memory.scan()) == ["# Closing\nAt six.", "# Opening\nAt ten."]


def test_several_files_and_a_tier_for_all(axon, memory, folder):
    (folder / "a.md").write_text("# One\ntext\n# Two\ntext")
    (folder / "b.txt").write_text("three")
    done = axon("import", "a.md", "b.txt", "--tier", "session", "--format", "json")
    assert json.loads(done.stdout)["tiers"] == {"ephemeral": 0, "session": 3, "persistent": 0}
    assert memory.count(tier="session") == 3


def test_standard_input_is_a_file_too(axon, entries, memory, folder):
    exported = axon("export").stdout_bytes
    for tier in memory.tiers:
        memory.clear(tier)
    (folder / "b.txt").write_text("three")
    done = axon("import", "-", "b.txt", "--format", "json", input=exported)
    assert json.loads(done.stdout)["tiers"] == {"ephemeral": 0, "session": 2, "persistent": 2}
    for (tier, entry_id), entry in entries.items():
        assert memory.get(entry_id, tier=tier) == entry
    done = axon("import", "-", input='{"messages": [{"role": "user", "content": "from a pipe"}]}')
    assert (done.exit_code, done.stderr) == (0, "")
    assert memory.count() == 5
    assert axon("import", "-", input="").exit_code == 0


def test_standard_input_that_cannot_be_used(axon, memory):
    for content, sentence in (
        ('{"id": "a", "text": "x"}\n{"id": ', "standard input, line 2: not valid JSON"),
        ("# A document\n", "standard input can be JSON lines only: name the file of a document; nothing was imported"),
        (b"\xff\xfe", "standard input, line 1: not UTF-8"),
    ):
        failed = axon("import", "-", input=content)
        assert (failed.exit_code, failed.stderr.count("\n")) == (1, 1)
        assert sentence in failed.stderr
    assert memory.count() == 0


def test_messages_without_text_are_counted(axon, memory, folder):
    call = {"role": "assistant", "content": None, "tool_calls": []}
    lines = [
        {"messages": [{"role": "user", "content": "x"}]},
        {"messages": [{"role": "system", "content": ""}, {"role": "user"}, call, {"role": "tool", "content": "5"}]},
    ]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    done = axon("import", "a.jsonl", "--format", "json")
    assert json.loads(done.stdout)["textless"] == 2
    assert "axon: note: 2 messages without text left out; the first: a.jsonl, line 2, messages[1]\n" in done.stderr
    (folder / "a.jsonl").write_text(json.dumps({"messages": [call]}))
    assert "note: 1 message without text left out; the first: a.jsonl, line 1" in axon("import", "a.jsonl").stderr
    assert memory.count() == 1


def test_what_has_expired_is_left_out_and_said(axon, memory, folder):
    past = MemoryEntry(id="past", text="x", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    (folder / "a.jsonl").write_text(encode(past) + "\n" + encode(MemoryEntry(id="now", text="x")))
    done = axon("import", "a.jsonl")
    assert done.exit_code == 0
    assert "1 more had expired" in done.stderr
    assert memory.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", b'{"id": "a", "text": "x"}\n' * 6 + b'{"id": \n', "a.jsonl, line 7: not valid JSON"),
        ("a.jsonl", b'{"id": "a", "text": "x", "importance": NaN}', "line 1: not valid JSON: NaN is no JSON number"),
        ("a.jsonl", b'{"id": "a", "text": "x", "tier": "attic"}', "line 1: there is no tier 'attic' here"),
        ("a.jsonl", bytes(range(256)) * 100, "a.jsonl, line 1: not"),
        ("a.jsonl", b'{"messages": [{"role": "user", "content": "x"}]}\n{"id": "a", "text": "x"}', "line 2: messages"),
        ("a.png", b"\x89PNG", "cannot tell its format"),
        ("a.md", b"\xff\xfeh\0i\0", "is not text"),
        ("a.jsonl", b'{"id": "a", "text": "' + b"x" * 10_000_000, "line 1: not valid JSON"),
        ("a\x1b[2J.png", b"", "a\\x1b[2J.png"),
    ],
    ids=range(9),
)
def test_a_file_that_cannot_be_used_stores_nothing(name, content, sentence, *, axon, memory, folder):
    (folder / "good.txt").write_text("fine")
    (folder / name).write_bytes(content)
    failed = axon("import", "good.txt", name)
    assert failed.exit_code == 1
    assert sentence in failed.stderr
    assert failed.stderr.startswith("axon: error: ")
    assert failed.stderr.endswith("; nothing was imported\n")
    assert failed.stderr.count("\n") == 1
    assert len(failed.stderr) < 400
    assert memory.count() == 0


def test_a_directory_and_a_file_that_is_not_there(axon, folder):
    assert "shelf is a directory: name the files in it, such as shelf/*.md" in axon("import", "shelf").stderr
    assert "cannot read absent.md: No such file or directory" in axon("import", "absent.md").stderr


def test_a_line_of_ten_megabytes_is_ordinary(axon, memory, folder):
    entry = MemoryEntry(id="long", text="word " * 2_000_000)
    (folder / "a.jsonl").write_text(encode(entry, tier="persistent"))
    assert axon("import", "a.jsonl").exit_code == 0
    assert len(memory.get("long").text) == 10_000_000


def test_an_empty_file_is_an_empty_export(axon, folder):
    (folder / "a.jsonl").write_text("")
    done = axon("import", "a.jsonl", "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)["tiers"]["session"]) == (0, 0)


def test_a_store_that_fails_says_how_far_the_import_came(axon, folder):
    (folder / "a.txt").write_text("x")
    (folder / "shelf").rmdir()
    failed = axon("import", "a.txt")
    assert failed.exit_code == 1
    assert failed.stderr.splitlines() == [
        "axon: error: persistent tier: there is no shelf at shelf",
        "axon: error: 0 of 1 entries were stored before; importing again does no harm",
    ]
