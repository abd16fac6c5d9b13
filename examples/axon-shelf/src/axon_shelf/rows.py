"""Entries as rows: what SQL looks at in columns, and all of the entry in a body of JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from axon.core.errors import StoreCorrupt
from axon.spi import MemoryEntry

_MICROSECOND = timedelta(microseconds=1)


def as_json(value: Any) -> str:
    """JSON as SQLite reads it too."""
    return json.dumps(value, ensure_ascii=False)


def packed(entry: MemoryEntry) -> dict[str, Any]:
    """The columns of an entry."""
    expires = entry.expires_at
    body = {
        "id": entry.id,
        "text": entry.text,
        "tags": sorted(entry.tags),
        "user_id": entry.user_id,
        "session_id": entry.session_id,
        "importance": entry.importance,
        "metadata": entry.metadata,
        "created_at": entry.created_at.isoformat(),
        "expires_at": None if expires is None else expires.isoformat(),
        "ttl": None if entry.ttl is None else entry.ttl // _MICROSECOND,
        "embedding": None if entry.embedding is None else entry.embedding.tolist(),
    }
    return {
        "id": entry.id,
        "user_id": entry.user_id,
        "session_id": entry.session_id,
        "tags": as_json(body["tags"]),
        "importance": entry.importance,
        "expires": None if expires is None else expires.timestamp(),
        "body": as_json(body),
    }


def unpacked(entry_id: str, body: str) -> MemoryEntry:
    """The entry of a row."""
    try:
        values = json.loads(body)
        for name in ("created_at", "expires_at"):
            values[name] = values[name] and datetime.fromisoformat(values[name])
        values["ttl"] = values["ttl"] and values["ttl"] * _MICROSECOND
        return MemoryEntry(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorrupt(f"the entry {entry_id!r} cannot be read: {error}", entry_id=entry_id) from error
