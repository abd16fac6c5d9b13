"""Entries as values, and back: an array of MessagePack.

It begins with the version (the second byte) and what changes when an entry is refreshed, in fields of fixed size, so
that a script can change them in place: when it expires (a timestamp of 96 bits), its lifetime in microseconds (an
unsigned integer of 64 bits) and whether it was refreshed since it was saved. Then come id, text, tags, user, session,
importance, when it was created, its own ttl in microseconds, the metadata and the embedding (float32, lowest byte
first).
"""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from axon.core.frozen import EMPTY, freeze
from axon.spi import MemoryEntry

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding

VERSION = 1
"""The version of the values that are written, and the only one so far."""

_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMESTAMP = struct.Struct(">BBbIq")
_UNSIGNED = struct.Struct(">BQ")
_EXPIRES = b"\xc7"
"""What a timestamp begins with, and a value that does not expire has not."""


_VERSION_AT = 1
_VERSION = bytes([VERSION])

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(
    tuple[
        int,  # version
        datetime | None,  # when it expires
        int,  # its lifetime
        bool,  # whether it was refreshed
        str,  # id
        str,  # text
        frozenset[str],  # tags
        str | None,  # user
        str | None,  # session
        float,  # importance
        datetime,  # when it was created
        int | None,  # its own ttl
        dict[str, Any] | None,  # metadata
        bytes | None,  # embedding
    ]
).decode


def value_of(entry: MemoryEntry) -> bytes:
    """``entry`` as it is stored."""
    expires, lifetime, ttl, embedding = entry.expires_at, entry.lifetime, entry.ttl, entry.embedding
    return _encode(
        (
            VERSION,
            None if expires is None else _timestamp(expires),
            0
            if lifetime is None
            else msgspec.Raw(_UNSIGNED.pack(0xCF, min(max(0, lifetime // _MICROSECOND), _LONGEST))),
            False,
            entry.id,
            entry.text,
            sorted(entry.tags),
            entry.user_id,
            entry.session_id,
            entry.importance,
            entry.created_at,
            None if ttl is None else min(ttl // _MICROSECOND, _LONGEST),
            entry.metadata or None,
            None if embedding is None else _little_endian(embedding.tobytes()),
        )
    )


def entry_of(value: bytes) -> MemoryEntry:
    """The entry in a stored value; ``ValueError`` says why there is none."""
    if value[_VERSION_AT : _VERSION_AT + 1] != _VERSION:
        version = f"of version {value[_VERSION_AT]}" if len(value) > 1 else "too short"
        raise ValueError(f"it is {version}, and this axon-redis reads version {VERSION}: a newer one may read it")
    # msgspec's errors are ValueErrors.
    (
        _, expires, lifetime, refreshed, entry_id, text, tags,
        user, session, importance, created, ttl, metadata, embedding,
    ) = _decode(value)  # fmt: skip
    return _restored(
        entry_id,
        text,
        tags,
        user,
        session,
        importance,
        EMPTY if metadata is None else freeze(metadata, at="metadata"),
        created,
        expires,
        timedelta(microseconds=lifetime) if refreshed else None if ttl is None else timedelta(microseconds=ttl),
        None if embedding is None else _embedding(embedding),
    )


_restored = MemoryEntry.restored


def digest(value: bytes) -> str:
    """What tells a value from another one, except for a refresh: that is no change which an update has to respect."""
    fixed = value[:5] + value[27:] if value[2:3] == _EXPIRES else value
    return hashlib.sha1(fixed, usedforsecurity=False).hexdigest()


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def _timestamp(moment: datetime) -> msgspec.Raw:
    seconds, rest = divmod(microseconds(moment), 1_000_000)
    return msgspec.Raw(_TIMESTAMP.pack(0xC7, 12, -1, rest * 1000, seconds))


def _embedding(numbers: bytes) -> Embedding:
    if not numbers or len(numbers) % 4:
        raise ValueError(f"its embedding has {len(numbers)} bytes")
    return memoryview(_little_endian(numbers)).cast("f")


def _little_endian(numbers: bytes) -> bytes:
    if sys.byteorder == "little":
        return numbers
    swapped = array("f", numbers)
    swapped.byteswap()
    return swapped.tobytes()
