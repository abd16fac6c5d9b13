"""Which format a file has: by the end of its name and, for JSON lines, by its first line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from axon.core.errors import InvalidInput
from axon.formats.documents import read_markdown, read_text
from axon.formats.entries import entries_in
from axon.formats.lines import Numbered, json_objects, objects_in, opened
from axon.formats.messages import messages_in
from axon.formats.record import Record

_DOCUMENTS: dict[str, Callable[[Path], Iterator[Record]]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
}
_LINES = (".jsonl", ".ndjson")


def read(path: Path, *, textless: list[str] | None = None) -> Iterator[Record]:
    """What is in a file of any format that we know.

    The places of messages that have no text to remember are added to ``textless``. :class:`InvalidInput` if the file
    is of no format, cannot be read, or holds something that cannot be remembered.
    """
    with opened(path):
        pass  # a file that cannot be opened is to be told before its name is judged
    ending = path.suffix.lower()
    if ending in _LINES:
        return _lines_of(path, textless)
    if ending in _DOCUMENTS:
        return _DOCUMENTS[ending](path)
    known = ", ".join([*_LINES, *_DOCUMENTS])
    raise InvalidInput(f"{path}: cannot tell its format by its name; names that end in {known} can be read")


def read_lines(lines: Iterable[bytes], name: str, *, textless: list[str] | None = None) -> Iterator[Record]:
    """What is in JSON lines that are in no file: entries or conversations. Errors call the whole ``name``."""
    return _detected(objects_in(lines, name), name, textless)


def _lines_of(path: Path, textless: list[str] | None) -> Iterator[Record]:
    with json_objects(path) as objects:
        yield from _detected(objects, str(path), textless)


def _detected(objects: Iterator[Numbered], name: str, textless: list[str] | None) -> Iterator[Record]:
    """The records of JSON lines, whose first one tells what they are."""
    first = next(objects, None)
    if first is None:
        return iter(())
    number, fields = first
    whole = chain([first], objects)
    if "messages" in fields:
        return messages_in(whole, name, textless=textless)
    if "text" in fields:
        return entries_in(whole, name)
    raise InvalidInput(
        f"{name}, line {number}: neither an entry, which has a 'text', nor a conversation, which has 'messages'"
    )
