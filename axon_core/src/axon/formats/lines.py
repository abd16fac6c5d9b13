"""Text and JSON lines from files, with errors that say which line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, Self

from axon.core.errors import InvalidInput

_MARK = b"\xef\xbb\xbf"
Numbered = tuple[int, dict[str, Any]]
"""The number of a line, from 1, and its JSON object."""


class Number(float):
    """A fraction in JSON that remembers how it was written: a float may not hold all of its digits."""

    __slots__ = ("literal",)
    literal: str

    def __new__(cls, literal: str) -> Self:
        """The number that ``literal`` writes."""
        number = super().__new__(cls, literal)
        number.literal = literal
        return number


@contextmanager
def json_objects(path: Path) -> Iterator[Iterator[Numbered]]:
    """The JSON object of every line of a file that is not blank, for as long as the file is open."""
    with opened(path) as file:
        yield objects_in(file, str(path))


def objects_in(lines: Iterable[bytes], name: str) -> Iterator[Numbered]:
    """The JSON object of every one of ``lines`` that is not blank; errors call the whole ``name``."""
    # Only \n ends a line: other separators are allowed inside of JSON strings.
    for number, line in enumerate(lines, start=1):
        content = line.removeprefix(_MARK) if number == 1 else line
        if content.strip():
            try:
                fields = json_object(content.decode())
            except UnicodeDecodeError:
                raise InvalidInput(f"{name}, line {number}: not UTF-8") from None
            except InvalidInput as error:
                raise InvalidInput(f"{name}, line {number}: {error}") from None
            yield number, fields


def json_object(text: str) -> dict[str, Any]:
    """The JSON object that ``text`` is, its fractions each a :class:`Number`."""
    try:
        value = json.loads(text, parse_float=Number, parse_constant=_no_number)
    except RecursionError:
        raise InvalidInput("nested too deep") from None
    except json.JSONDecodeError as error:
        raise InvalidInput(f"not valid JSON: {error.msg} at column {error.colno}") from None
    except ValueError as error:
        raise InvalidInput(f"not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise InvalidInput(f"expected a JSON object, got {_kind(value)}")
    return value


def whole_text(path: Path) -> str:
    """The text of a file, each of its line ends one newline character."""
    with opened(path) as file:
        content = file.read().removeprefix(_MARK)
    if b"\0" in content:
        raise InvalidInput(f"{path} is not text: it holds NUL bytes")
    try:
        return content.decode().replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{path}, line {line}: not UTF-8") from None


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The open file; :class:`InvalidInput` if it cannot be opened."""
    try:
        file = path.open("rb")
    except IsADirectoryError:
        raise InvalidInput(f"{path} is a directory: name the files in it, such as {path}/*.md") from None
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror or error}") from None
    with file:
        yield file


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _kind(value: object) -> str:
    names = {"list": "an array", "str": "a string", "NoneType": "null", "bool": "a boolean"}
    return names.get(type(value).__name__, "a number")
