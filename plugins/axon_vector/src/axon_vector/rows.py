"""Entries as rows, and back."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from axon.core.errors import StoreCorrupt
from axon.core.frozen import EMPTY, freeze
from axon.spi import MemoryEntry

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding

COLUMNS = (
    "entry.position, entry.id, entry.text, entry.tags, entry.user_id, entry.session_id, entry.importance, "
    "entry.metadata, entry.created, entry.expires, entry.ttl, entry.checksum, vector.embedding"
)
FROM = "entry LEFT JOIN vector ON vector.position = entry.position"

_LONGEST = 2**63 - 1
_RESIDUE = 0x2144DF1C
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
    values = (
        entry.id,
        entry.text,
        json.dumps(sorted(entry.tags), ensure_ascii=False) if entry.tags else "[]",
        entry.user_id,
        entry.session_id,
        entry.importance,
        json.dumps(entry.metadata, ensure_ascii=False, separators=(",", ":")) if entry.metadata else "{}",
        microseconds(entry.created_at),
        None if entry.expires_at is None else microseconds(entry.expires_at),
        None if entry.ttl is None else min(entry.ttl // _MICROSECOND, _LONGEST),
    )
    return namespace, *values, used, _checksum(values)


def entry_of(row: tuple[Any, ...]) -> MemoryEntry:
    """The entry in a row of :data:`COLUMNS`; :class:`StoreCorrupt` where it is not what was written."""
    _, *values, checksum, blob = row
    entry_id, text, tags, user_id, session_id, importance, metadata, created, expires, ttl = values
    if _checksum(values) != checksum:
        raise StoreCorrupt(
            f"the stored entry {entry_id!r} is not what was written: save or forget it; `axon doctor` finds all such",
            entry_id=entry_id,
        )
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
        embedding=None if blob is None else _embedding(blob, entry_id),
    )


def blob_of(embedding: Embedding) -> bytes:
    """An embedding as it is stored: its float32, and their CRC-32 behind them, lowest byte first."""
    numbers = embedding.tobytes()
    return numbers + zlib.crc32(numbers).to_bytes(4, "little")


def is_intact(blob: bytes) -> bool:
    """Whether ``blob`` is one of :func:`blob_of`: the CRC-32 of data with its CRC-32 behind it is always the same."""
    return zlib.crc32(blob) == _RESIDUE


def are_intact(blobs: Sequence[bytes], dimension: int) -> bool:
    """Whether all of ``blobs`` are of :func:`blob_of`, with so many numbers each: quicker than one by one."""
    return set(map(len, blobs)) <= {4 * dimension + 4} and set(map(zlib.crc32, blobs)) <= {_RESIDUE}


def _embedding(blob: bytes, entry_id: str) -> Embedding:
    if not is_intact(blob):
        raise StoreCorrupt(
            f"the stored vector of {entry_id!r} is not what was written: save it again; `axon doctor` finds all such",
            entry_id=entry_id,
        )
    return memoryview(blob)[:-4].cast("f")


def _checksum(values: Sequence[Any]) -> int:
    # repr tells None from "None", and a float from any other.
    return zlib.crc32(repr(values if type(values) is tuple else tuple(values)).encode("utf-8", "surrogatepass"))
