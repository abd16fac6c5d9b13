"""The entries of ``tests/redis/golden``: for each its value and its key as version 1 stores them, for ever.

``python tests/support/redis_golden.py`` lists what is there in words. A file is written for a new entry only: what
was released once is never written again, another layout gets another version.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from axon import MemoryEntry
from axon_redis.codec import value_of
from axon_redis.keys import Keys, packed

FOLDER = Path(__file__).parent.parent / "redis" / "golden"
MOMENT = datetime(2026, 11, 22, 13, 4, 5, 678_901, tzinfo=UTC)
UUID = "0f0e0d0c-0b0a-7908-8706-050403020100"


def _entry(**values: Any) -> MemoryEntry:
    return MemoryEntry(**{"id": "note", "text": "Ada bakes bread", "created_at": MOMENT, **values})


ENTRIES: dict[str, tuple[str, MemoryEntry]] = {
    "smallest": ("only an id and a text", _entry(id="a", text="b")),
    "everything": (
        "every field",
        _entry(
            id=UUID,
            tags=["note", "red cat", "key:1", "é"],
            user_id="user-1",
            session_id="{s}:*",
            importance=0.1,
            metadata={"a": [1, {"b": None}], "float": 0.1, "one": 1.0, "true": True, "": "é", "big": 2**64 - 1},
            expires_at=MOMENT + timedelta(hours=1),
            ttl=timedelta(minutes=30, microseconds=1),
            embedding=[0.1, -1.5, 3e38, 1e-45, -0.0],
        ),
    ),
    "fraction": ("expires after 1.9 seconds", _entry(expires_at=MOMENT + timedelta(seconds=1.9))),
    "far": (
        "the first and the last moment of the calendar",
        _entry(
            created_at=datetime(1, 1, 1, tzinfo=UTC),
            expires_at=datetime.max.replace(tzinfo=UTC),
            importance=1.0,
        ),
    ),
    "before-1970": (
        "a moment of which the microseconds count from below",
        _entry(created_at=datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), importance=0),
    ),
    "unicode": ("text and tags beyond ASCII", _entry(id="日本 🍞", text="Ada bäckt 🍞\n\x01", tags=["日本"])),
    "late": ("expired before it was created", _entry(expires_at=MOMENT - timedelta(seconds=1))),
}
IDS: dict[str, str] = {
    "plain": "note",
    "uuid": UUID,
    "uuid-capital": UUID.upper(),
    "uuid-bare": UUID.replace("-", ""),
    "uuid-braced": f"{{{UUID}}}",
    "uuid-misplaced-dashes": "0f0e0d0c0b0a-7908-8706-0504-03020100",
    "not-quite-hexadecimal": "0f0e0d0c-0b0a-7908-8706-05040302010g",
    "spaces-for-digits": "0f0e0d0c-0b0a-7908-8706-050403020 00"[:36],
    "asterisk": "*",
    "colon": ":",
    "index": ":i",
    "braces": "{}",
    "percent": "%7B",
    "hash": "#",
    "equals": "=a",
    "control": "\x01",
    "blank": " ",
    "unicode": "é日本🍞",
    "longest": "x" * 1024,
    "longest-unicode": "日" * 1024,
}
NAMESPACES: dict[str, tuple[str, int, int]] = {
    "plain": ("axon", 0, 1),
    "of a tier": ("shop:session", 0, 1),
    "a shard": ("shop:session", 12, 16),
    "braces": ("a{b}c", 0, 1),
    "a brace": ("}", 0, 1),
    "hash": ("a#1", 0, 1),
    "percent": ("%23", 0, 1),
    "unicode": ("é 日本*?[]", 0, 1),
}


def keys() -> str:
    """Ids, namespaces and the keys that they make, a line for each."""
    lines = [f"id {name}: {value!r} -> {packed(value)!r}" for name, value in IDS.items()]
    for name, (namespace, shard, shards) in NAMESPACES.items():
        it = Keys.of(namespace, shard, shards)
        lines.append(
            f"namespace {name}: {namespace!r} {shard}/{shards} -> {it.entry(packed('note'))!r}"
            f" {it.due!r} {it.pattern()!r}"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, (what, entry) in ENTRIES.items():
        file = FOLDER / f"{name}.bin"
        if not file.exists():
            file.write_bytes(value_of(entry))
        sys.stdout.write(f"{name}: {what}, {file.stat().st_size} bytes\n")
    if not (FOLDER / "keys.txt").exists():
        (FOLDER / "keys.txt").write_text(keys(), encoding="utf-8")
