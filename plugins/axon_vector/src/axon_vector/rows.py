"""Entries as rows, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from axon.core.errors import StoreCorrupt
from axon.core.frozen import EMPTY, freeze
from axon.spi import MemoryEntry

COLUMNS = (
    "entry.position, entry.id, entry.text, entry.tags, entry.user_id, entry.session_id, entry.importance, "
    "entry.metadata, entry.created, entry.expires, entry.ttl, vector.embedding"
)
FROM = "entry LEFT JOIN vector ON vector.position = entry.position"

_NO_TAGS: frozenset[str] = frozenset()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The moment of :func:`microseconds`."""
    return _EPOCH + microseconds * _MICROSECOND


def row_of(entry: MemoryEntry, namespace: int, used: int) -> tuple[Any, ...]:
    """The values of ``entry`` for the columns of the table after ``position``, in their order."""
    return (
        namespace,
        entry.id,
        entry.text,
        json.dumps(sorted(entry.tags), ensure_ascii=False) if entry.tags else "[]",
        entry.user_id,
        entry.session_id,
        entry.importance,
        json.dumps(entry.metadata, ensure_ascii=False, separators=(",", ":")) if entry.metadata else "{}",
        microseconds(entry.created_at),
        None if entry.expires_at is None else microseconds(entry.expires_at),
        None if entry.ttl is None else entry.ttl // _MICROSECOND,
        used,
    )


def entry_of(row: tuple[Any, ...]) -> MemoryEntry:
    """The entry in a row of :data:`COLUMNS`."""
    _, entry_id, text, tags, user_id, session_id, importance, metadata, created, expires, ttl, embedding = row
    try:
        return MemoryEntry.restored(
            id=entry_id,
            text=text,
            tags=_NO_TAGS if tags == "[]" else frozenset(json.loads(tags)),
            user_id=user_id,
            session_id=session_id,
            importance=importance,
            metadata=EMPTY if metadata == "{}" else freeze(json.loads(metadata), at="metadata"),
            created_at=moment(created),
            expires_at=None if expires is None else moment(expires),
            ttl=None if ttl is None else ttl * _MICROSECOND,
            embedding=None if embedding is None else memoryview(embedding).cast("f"),
        )
    except (ValueError, TypeError, OverflowError) as error:
        raise StoreCorrupt(f"the stored entry {entry_id!r} cannot be read: {error}", entry_id=str(entry_id)) from error
