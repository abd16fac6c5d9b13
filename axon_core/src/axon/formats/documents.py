"""Documents: Markdown by its sections, plain text by its paragraphs.

The metadata of each says ``"kind": "document"`` and, in ``source``, the path by which the file was named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import frozen

from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput
from axon.formats.importance import DOCUMENT
from axon.formats.lines import whole_text
from axon.formats.record import Record, stable_id

_PARAGRAPHS = re.compile(r"\n(?:[^\S\n]*\n)+")
_FRONT_MATTER = re.compile(r"---[^\S\n]*\n(?=[\w-]+:).*?^(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)


@frozen
class _Heading:
    level: int
    title: str
    start: int
    """Its first line, from 0."""
    end: int
    """The line after its last."""


def read_markdown(path: Path) -> Iterator[Record]:
    """A record for every section that has more than its heading.

    A section goes from one heading to the next of any level; what looks like a heading inside of a code block, a
    list or a quotation is none. The metadata has the titles above and of the section in ``headings``. Front matter
    is left out.
    """
    text = whole_text(path)
    if front := _FRONT_MATTER.match(text):
        # Blanked, not cut, so that lines keep their numbers.
        text = "\n" * front.group().count("\n") + text[front.end() :]
    lines = text.split("\n")
    headings = _headings(text)
    starts = [*(heading.start for heading in headings), len(lines)]
    yield from _records(path, "\n".join(lines[: starts[0]]), [], 1)
    above: list[_Heading] = []
    for heading, end in zip(headings, starts[1:], strict=True):
        above = [*(outer for outer in above if outer.level < heading.level), heading]
        if "\n".join(lines[heading.end : end]).strip():
            section = "\n".join(lines[heading.start : end])
            yield from _records(path, section, [outer.title for outer in above], heading.start + 1)


def read_text(path: Path) -> Iterator[Record]:
    """A record for every paragraph: what blank lines keep apart."""
    paragraphs = [part.strip("\n") for part in _PARAGRAPHS.split(whole_text(path)) if part.strip()]
    for number, text in enumerate(paragraphs, start=1):
        yield _record(path, text, {"paragraph": number}, f"paragraph {number}", stable_id("text", path.name, text))


def _headings(text: str) -> list[_Heading]:
    try:
        from markdown_it import MarkdownIt
    except ModuleNotFoundError:
        raise InvalidInput('Markdown needs markdown-it-py: pip install "axon-core[cli]"') from None
    tokens = MarkdownIt("commonmark").parse(text)
    return [
        _Heading(int(token.tag[1:]), inline.content, *token.map)
        for token, inline in pairwise(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]


def _records(path: Path, section: str, headings: list[str], line: int) -> Iterator[Record]:
    text = section.strip("\n")
    if text.strip():
        entry_id = stable_id("markdown", path.name, headings, text)
        yield _record(path, text, {"headings": headings}, f"line {line}", entry_id)


def _record(path: Path, text: str, metadata: dict[str, Any], where: str, entry_id: str) -> Record:
    entry = MemoryEntry(
        id=entry_id,
        text=text,
        importance=DOCUMENT,
        # No tag says that it is a document: a word of a question that equals a tag would select all documents.
        metadata={"kind": "document", "source": path.as_posix(), **metadata},
        created_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
    )
    return Record(entry=entry, where=f"{path}, {where}")
