"""Axon's own JSONL: one entry a line, every field exactly as it was.

``id text tags user_id session_id importance metadata created_at expires_at ttl embedding tier``: tags are sorted,
moments are ISO 8601 with microseconds and offset, ``ttl`` is in seconds, ``embedding`` is the base64 of float32 in
little-endian order. ``id`` and ``text`` must be there. A line without ``expires_at`` leaves that to the tier's
policy; ``null`` says never.
"""

from __future__ import annotations

import base64
import json
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs

from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.suggestions import unknown_key
from axon.formats.lines import Number, Numbered, json_object
from axon.formats.record import Record

_MICROSECOND = timedelta(microseconds=1)


def encode(entry: MemoryEntry, *, tier: str | None = None, score: float | None = None, ascii: bool = False) -> str:
    """The line of ``entry``, without its end; ``score`` goes into it if there is one.

    ``ascii`` escapes what is not, for a stream that cannot carry it.
    """
    fields: dict[str, Any] = {} if score is None else {"score": score}
    fields |= {
        "id": entry.id,
        "text": entry.text,
        "tags": sorted(entry.tags),
        "user_id": entry.user_id,
        "session_id": entry.session_id,
        "importance": entry.importance,
        "metadata": entry.metadata,
        "created_at": _moment_text(entry.created_at),
        "expires_at": _moment_text(entry.expires_at),
        "embedding": None if entry.embedding is None else _base64(entry.embedding),
        "tier": tier,
    }
    line = json.dumps(fields, ensure_ascii=ascii, allow_nan=False)
    # Through a float, as json would write it, a long TTL would lose its microseconds.
    return f'{line[:-1]}, "ttl": {_seconds_text(entry.ttl)}}}'


def decode(text: str) -> MemoryEntry:
    """The entry of which :func:`encode` made ``text``; :class:`InvalidInput` says what cannot be used."""
    return _entry(json_object(text))


def entries_in(objects: Iterable[Numbered], name: str) -> Iterator[Record]:
    """The entries that ``objects`` are, of what is called ``name``; :class:`InvalidInput` tells which line is none."""
    for number, fields in objects:
        where = f"{name}, line {number}"
        try:
            entry = _entry(fields)
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error}") from None
        yield Record(entry=entry, tier=fields.get("tier"), expires="expires_at" in fields, where=where)


def _entry(fields: dict[str, Any]) -> MemoryEntry:
    _check(fields)
    return MemoryEntry(**{name: _decoded(name, value) for name, value in fields.items() if name != "tier"})


def _check(fields: dict[str, Any]) -> None:
    known = [*attrs.fields_dict(MemoryEntry), "tier"]
    for key in fields:
        if key not in known:
            raise InvalidInput(unknown_key(key, known))
    for key in ("id", "text"):
        if key not in fields:
            raise InvalidInput(f"{key!r} is missing")
    if not isinstance(fields.get("tier"), str | None):
        raise WrongType(f"tier must be text, got {shown(fields['tier'])}")
    if fields.get("created_at", ...) is None:
        raise InvalidInput("created_at must be a moment, got null")


def _decoded(name: str, value: Any) -> Any:
    return _DECODERS[name](value) if name in _DECODERS else value


def _moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="microseconds")


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidInput(f"expected a moment such as 2026-01-31T12:00:00+00:00, got {shown(value)}") from None


def _seconds_text(ttl: timedelta | None) -> str:
    return "null" if ttl is None else f"{Decimal(ttl // _MICROSECOND).scaleb(-6).normalize():f}"


def _span(value: object) -> timedelta | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(f"ttl must be seconds, got {shown(value)}")
    if abs(value) > timedelta.max.total_seconds():
        raise InvalidInput(f"ttl is too long, got {shown(value)}")
    microseconds = Decimal(value.literal if isinstance(value, Number) else value) * 1_000_000
    return int(microseconds.to_integral_value()) * _MICROSECOND


def _base64(embedding: memoryview[float]) -> str:
    return base64.b64encode(_little_endian(array("f", embedding.tobytes())).tobytes()).decode()


def _vector(value: object) -> array[float] | None:
    if value is None:
        return None
    try:
        return _little_endian(array("f", base64.b64decode(value, validate=True)))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidInput("embedding must be the base64 of float32 numbers in little-endian order") from None


def _little_endian(numbers: array[float]) -> array[float]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "created_at": _moment,
    "expires_at": _moment,
    "ttl": _span,
    "embedding": _vector,
}
