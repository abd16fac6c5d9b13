"""Which format a file has: by the end of its name and, for JSON lines, by its first line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from axon.core.errors import InvalidInput
from axon.formats.documents import read_markdown, read_text
from axon.formats.entries import read_entries
from axon.formats.lines import json_objects, opened
from axon.formats.messages import read_messages
from axon.formats.record import Record

_DOCUMENTS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
}
_LINES = (".jsonl", ".ndjson")


def read(path: Path) -> Iterator[Record]:
    """What is in a file of any format that we know.

    :class:`InvalidInput` if it is of none, cannot be read, or holds something that cannot be remembered.
    """
    with opened(path):
        pass  # a file that cannot be opened is to be told before its name is judged
    ending = path.suffix.lower()
    if ending in _LINES:
        return _reader_of_lines(path)(path)
    if ending in _DOCUMENTS:
        return _DOCUMENTS[ending](path)
    known = ", ".join([*_LINES, *_DOCUMENTS])
    raise InvalidInput(f"{path}: cannot tell its format by its name; names that end in {known} can be read")


def _reader_of_lines(path: Path) -> Callable[[Path], Iterator[Record]]:
    for number, first in json_objects(path):
        if "messages" in first:
            return read_messages
        if "text" in first:
            return read_entries
        raise InvalidInput(
            f"{path}, line {number}: neither an entry, which has a 'text', nor a conversation, which has 'messages'"
        )
    return read_entries
