"""Markdown by its sections, plain text by its paragraphs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from axon.core.errors import InvalidInput
from axon.formats.documents import read_markdown, read_text

PAGE = """\
---
title: A page
---
Before any heading.

# Guide

## Install

Run this:

```sh
# not a heading
pip install axon

## neither
```

> # quoted

- # in a list

Setext
------

Below it.

## Empty

## Use `axon`

Recall.
"""


def markdown(tmp_path, text, name="page.md"):
    file = tmp_path / name
    file.write_bytes(text.encode())
    return list(read_markdown(file))


def test_sections_are_what_lies_between_headings(tmp_path):
    found = [(r.entry.metadata["headings"], r.entry.text) for r in markdown(tmp_path, PAGE)]
    assert [headings for headings, _ in found] == [
        [],
        ["Guide", "Install"],
        ["Guide", "Setext"],
        ["Guide", "Use `axon`"],
    ]
    texts = [text for _, text in found]
    assert texts[0] == "Before any heading."
    assert texts[1].startswith("## Install\n\nRun this:")
    assert "```sh\n# not a heading\npip install axon\n\n## neither\n```" in texts[1]
    assert texts[1].endswith("- # in a list")
    assert texts[2] == "Setext\n------\n\nBelow it."


def test_a_record_says_where_it_is_from(tmp_path):
    records = markdown(tmp_path, PAGE)
    assert records[1].where == f"{tmp_path / 'page.md'}, line 8"
    entry = records[1].entry
    source = (tmp_path / "page.md").as_posix()
    assert entry.metadata == {"kind": "document", "source": source, "headings": ["Guide", "Install"]}
    assert (entry.tags, entry.importance) == (frozenset(), 0.8)
    assert entry.created_at == datetime.fromtimestamp((tmp_path / "page.md").stat().st_mtime, UTC)


def test_a_line_between_two_rules_is_no_front_matter(tmp_path):
    (record,) = markdown(tmp_path, "---\n\nText\n\n---\n")
    assert "Text" in record.entry.text


def test_line_ends_of_other_systems_change_nothing(tmp_path):
    plain = [record.entry for record in markdown(tmp_path, PAGE)]
    dos = [record.entry for record in markdown(tmp_path, "\ufeff" + PAGE.replace("\n", "\r\n"))]
    assert [(entry.id, entry.text) for entry in plain] == [(entry.id, entry.text) for entry in dos]


def test_an_unchanged_section_keeps_its_id(tmp_path):
    before = {record.entry.id for record in markdown(tmp_path, PAGE)}
    after = {record.entry.id for record in markdown(tmp_path, PAGE.replace("Recall.", "Remember."))}
    assert len(before & after) == 3
    assert len(before | after) == 5


def test_paragraphs_of_plain_text(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_bytes(b"\n\nOne\nstill one\r\n \t\r\n  Two\n\n\n\nThree\n")
    records = list(read_text(file))
    assert [record.entry.text for record in records] == ["One\nstill one", "  Two", "Three"]
    assert [record.entry.metadata for record in records] == [
        {"kind": "document", "source": file.as_posix(), "paragraph": number} for number in (1, 2, 3)
    ]
    assert len({record.entry.id for record in records}) == 3
    assert [record.entry.id for record in read_text(file)] == [record.entry.id for record in records]


@pytest.mark.parametrize("read", [read_markdown, read_text])
def test_an_empty_document_holds_nothing(read, tmp_path):
    file = tmp_path / "empty"
    file.write_text(" \n\n")
    assert list(read(file)) == []


@pytest.mark.parametrize("read", [read_markdown, read_text])
def test_what_is_no_text_is_refused(read, tmp_path):
    file = tmp_path / "binary"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    with pytest.raises(InvalidInput, match="not text: it holds NUL bytes"):
        list(read(file))
    file.write_bytes("eins\nzwei\ngrün".encode("latin-1"))
    with pytest.raises(InvalidInput, match="line 3: not UTF-8"):
        list(read(file))
