"""The names of things in Redis: a namespace's keys, and ids as they stand in them."""

from __future__ import annotations

import re
import zlib
from urllib.parse import quote

from attrs import field, frozen

from axon.core.errors import InvalidInput

_UUID = ord("#")
_is_uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch


def packed(entry_id: str) -> bytes:
    """An id as it stands in keys and postings: ``#`` and the 16 bytes of a UUID, else ``=``, the text and NUL.

    The ids that Axon makes are UUIDs, and an id stands in every posting of its entry. With the NUL (which no id holds)
    ids that begin alike sort as their texts do.
    """
    if len(entry_id) == 36 and _is_uuid(entry_id):
        return b"#" + bytes.fromhex(entry_id.replace("-", ""))
    try:
        return b"=%b\0" % entry_id.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"the id {entry_id!a} cannot be encoded as UTF-8") from None


def unpacked(packed_id: bytes) -> str:
    """The id of :func:`packed`."""
    return _dashed(packed_id[1:].hex()) if packed_id[0] == _UUID else packed_id[1:-1].decode()


def _dashed(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def shard_of(packed_id: bytes, shards: int) -> int:
    """Which of so many shards an id belongs to, in this version and all later ones."""
    return zlib.crc32(packed_id) % shards


@frozen
class Keys:
    """The keys of a namespace, or of one shard of it; all in one slot of a cluster.

    What is in braces decides the slot. Braces, ``#`` and ``%`` in a namespace are percent-encoded, so that no two
    namespaces share a key.
    """

    base: bytes
    """What every key begins with, such as ``{shop:session}``."""
    postings: bytes = field(init=False)
    """A sorted set: term, time, id and importance of every entry under each of its terms."""
    due: bytes = field(init=False)
    """A sorted set: when each entry expires, in milliseconds of the server's clock."""
    records: bytes = field(init=False)
    """A hash: what each entry is indexed by; under the empty field how many words all entries have."""
    ranks: bytes = field(init=False)
    """A sorted set, where the number of entries is limited: what goes first."""
    words: bytes = field(init=False)
    """A hash: which entries have a word."""
    complete: bytes = field(init=False)
    """Says whether the index is known to have every entry."""
    rebuild: bytes = field(init=False)
    """Says who makes the index anew, and is there for that long."""

    def __attrs_post_init__(self) -> None:
        suffixes = {
            "postings": b":i",
            "due": b":x",
            "records": b":f",
            "ranks": b":r",
            "words": b":w",
            "complete": b":c",
            "rebuild": b":b",
        }
        for name, suffix in suffixes.items():
            object.__setattr__(self, name, self.base + suffix)

    @classmethod
    def of(cls, namespace: str, shard: int = 0, shards: int = 1) -> Keys:
        """The keys of ``namespace``, or of one shard of it; another number of shards has other keys."""
        safe = "".join(quote(c) if c in "{}#%" else c for c in namespace)
        return cls(f"{{{safe}}}".encode() if shards == 1 else f"{{{safe}#{shard}/{shards}}}".encode())

    def lock(self, name: str) -> bytes:
        """The key of a lock."""
        return b"%b!l%b" % (self.base, name.encode())

    @property
    def fence(self) -> bytes:
        """The key of the last fence that was given."""
        return self.base + b"!f"

    def counter(self, name: str) -> bytes:
        """The key of a counter."""
        return b"%b!n%b" % (self.base, name.encode())

    def window(self, name: str, per: bytes) -> bytes:
        """The key of a window of a limit, which is so many seconds long."""
        return b"%b!w%b:%b" % (self.base, per, name.encode())

    def value(self, name: str) -> bytes:
        """The key of a value."""
        return b"%b!v%b" % (self.base, name.encode())

    def names(self, key: bytes) -> str:
        """The name in the key of a lock, a counter, a value; with the length before it in that of a window."""
        return key[len(self.base) + 2 :].decode()

    @property
    def shards(self) -> bytes:
        """The key of how many shards there are, if there are several; of a whole namespace."""
        return self.base + b":n"

    @property
    def nothing(self) -> bytes:
        """A key that never exists."""
        return self.base + b":-"

    @property
    def index(self) -> tuple[bytes, ...]:
        """All that there may be beside entries."""
        return self.postings, self.due, self.records, self.ranks, self.words, self.complete

    def entry(self, packed_id: bytes) -> bytes:
        """The key of an entry."""
        return self.base + packed_id

    def pattern(self, rest: bytes = b"[=#]*") -> bytes:
        """What the keys of entries match, or all that go on with ``rest``, and those of no other namespace."""
        escaped = b"".join(b"\\" + bytes([c]) if c in b"*?[]\\^" else bytes([c]) for c in self.base)
        return escaped + rest
