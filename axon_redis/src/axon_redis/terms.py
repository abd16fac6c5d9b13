"""What entries are indexed by: six bytes for each tag, user, session and word.

A term stands in a posting for every entry that has it, so it is a hash (BLAKE2b). Two terms of one hash, of which there
will hardly ever be any, make readers look at entries that they then leave out: every entry is verified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from itertools import chain, count, islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from axon.core.errors import InvalidInput
from axon_redis.codec import microseconds

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import Filter, MemoryEntry

SIZE = 6
"""How many bytes a term has."""
MOST_WORDS = 2000
"""So many different words of one text are indexed, the first: saving is one step of the server, and a short one."""

MOST_TAGS = 1000
"""So many tags an entry may have, for the same reason."""

_CACHED = 2**16
_LONGEST = 0xFF_FFFF
_SELECTING = 50
_LATEST = 0xFE_FFFF_FFFF_FFFF
_YEAR_1 = 62_135_596_800_000_000
FIRST, LAST = bytes(7), b"\xff" * 7
"""Before and after every time."""


class _Hashes(dict[str, bytes]):
    """Text to term, remembered."""

    def __init__(self, kind: bytes) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, text: str) -> bytes:
        if len(self) >= _CACHED:
            self.clear()
        term = self[text] = blake2b(text.encode(), digest_size=SIZE, person=self._kind).digest()
        return term


TAGS, USERS, SESSIONS, WORDS = _Hashes(b"tag"), _Hashes(b"user"), _Hashes(b"session"), _Hashes(b"word")
_word = WORDS.__getitem__


class Record(NamedTuple):
    """What an entry is indexed by."""

    stored: bytes
    """As ``lua/common.lua`` describes it, without the blocks."""
    words: Sequence[bytes]
    """The different words, in the order in which they are in it."""

    @property
    def size(self) -> int:
        """How many postings and words it stands for, which is what saving it costs."""
        return 1 + int.from_bytes(self.stored[17:19], "big") + len(self.words)


def record_of(packed_id: bytes, entry: MemoryEntry, analyzer: Analyzer | None) -> Record:
    """What ``entry`` is indexed by; without an ``analyzer`` its words are none of it."""
    if len(entry.tags) > MOST_TAGS:
        raise InvalidInput(f"an entry has {len(entry.tags):,} tags; Redis indexes {MOST_TAGS:,} at the most")
    terms = [TAGS[tag] for tag in entry.tags]
    if entry.user_id is not None:
        terms.append(USERS[entry.user_id])
    if entry.session_id is not None:
        terms.append(SESSIONS[entry.session_id])
    terms.sort()  # so that the record of an entry is always the same
    length, often = 0, b""
    words: list[bytes] = []
    if analyzer is not None:
        every = analyzer.terms(entry.text)
        length = min(len(every), _LONGEST)
        times_of = Counter(map(_word, every))
        words = list(times_of)
        times = list(times_of.values())
        if length > MOST_WORDS:
            del words[MOST_WORDS:], times[MOST_WORDS:]
        often = bytes(times) if length < 256 else bytes([min(255, each) for each in times])
    return Record(
        b"".join((
            time_of(entry.created_at),
            (grade(entry.importance) << 24 | length).to_bytes(4, "big"),
            _hash(packed_id),
            len(terms).to_bytes(2, "big"),
            *terms,
            *words,
            often,
        )),
        words,
    )  # fmt: skip


_encode = msgspec.msgpack.Encoder().encode


def words_of(records: Iterable[Record]) -> tuple[bytes, bytes]:
    """The words of some records, each once, and in MessagePack for each record the places of its words, from 1 on."""
    words = [record.words for record in records]
    every = dict.fromkeys(chain.from_iterable(words))
    if not every:
        return b"", _encode(words)
    place_of = dict(zip(every, count(1), strict=False)).__getitem__
    return b"".join(every), _encode([list(map(place_of, each)) for each in words])


def reference(time: bytes, packed_id: bytes) -> bytes:
    """What stands for an entry where the index lists who has a word: its time, and six bytes of a hash of its id.

    References sort as the entries they stand for were created.
    """
    return time + _hash(packed_id)


def _hash(packed_id: bytes) -> bytes:
    return blake2b(packed_id, digest_size=6).digest()


def terms_of(filter: Filter) -> list[bytes]:
    """The terms that whatever ``filter`` admits has, of very many tags some: entries are verified."""
    terms = [TAGS[tag] for tag in islice(filter.tags, _SELECTING)]
    if filter.user_id is not None:
        terms.append(USERS[filter.user_id])
    if filter.session_id is not None:
        terms.append(SESSIONS[filter.session_id])
    return terms


def time_of(moment: datetime) -> bytes:
    """A moment in 7 bytes that sort like moments: microseconds since the year 1, until that of 2284."""
    return min(_YEAR_1 + microseconds(moment), _LATEST).to_bytes(7, "big")


def grade(importance: float) -> int:
    """An importance in a byte: 0 to 255."""
    return int(importance * 255)
