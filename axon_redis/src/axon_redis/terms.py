"""What entries are indexed by: six bytes for each tag, user, session and word.

A term stands in the postings of every entry that has it, so it is a hash (BLAKE2b). Two terms of one hash, of which
there will hardly ever be any, make readers look at entries that they then leave out: every entry is verified.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from axon_redis.codec import microseconds

if TYPE_CHECKING:
    from axon.ranking.analysis import Analyzer
    from axon.spi import Filter, MemoryEntry

SIZE = 6
EVERYTHING = bytes(SIZE)
"""The term that every entry has."""
MOST_WORDS = 2000
"""So many different words of one text are indexed, the first ones: a save is one step of the server, and must be short."""
TIMES = (1, 2, 3)
"""A word that occurs so often or more has a term for each of these: who ranks must know how often, and three is many."""

_CACHED = 2**16
_LONGEST = 0xFF_FFFF
_EXACT = 191
_STEPS = 4


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


TAGS, USERS, SESSIONS = _Hashes(b"tag"), _Hashes(b"user"), _Hashes(b"session")
WORDS = {times: _Hashes(b"word %d" % times) for times in TIMES}


def record_of(entry: MemoryEntry, analyzer: Analyzer | None) -> bytes:
    """What ``entry`` is indexed by: time, words and importance as in its postings, how many words, and its terms.

    Without an ``analyzer`` its words are no terms. The layout is described in ``lua/common.lua``.
    """
    terms = [TAGS[tag] for tag in entry.tags]
    if entry.user_id is not None:
        terms.append(USERS[entry.user_id])
    if entry.session_id is not None:
        terms.append(SESSIONS[entry.session_id])
    length = 0
    if analyzer is not None:
        words = analyzer.terms(entry.text)
        length = len(words)
        terms += _words(words)
    terms.sort()  # so that the record of an entry is always the same
    length = min(length, _LONGEST)
    head = bytes((_rough(length), grade(entry.importance)))
    return b"".join((time_of(entry.created_at), head, length.to_bytes(3, "big"), *terms))


def _words(words: list[str]) -> Iterable[bytes]:
    counted: Iterable[tuple[str, int]] = Counter(words).items()
    if len(words) > MOST_WORDS:
        counted = islice(counted, MOST_WORDS)
    once, twice, thrice = (WORDS[times] for times in TIMES)
    for word, times in counted:
        yield once[word]
        if times > 1:
            yield twice[word]
            if times > 2:
                yield thrice[word]


def terms_of(filter: Filter) -> list[bytes]:
    """The terms that whatever ``filter`` admits has."""
    terms = [TAGS[tag] for tag in filter.tags]
    if filter.user_id is not None:
        terms.append(USERS[filter.user_id])
    if filter.session_id is not None:
        terms.append(SESSIONS[filter.session_id])
    return terms


def time_of(moment: datetime) -> bytes:
    """A moment in 7 bytes that sort like moments: microseconds since 1970, and nothing before it or after 4200."""
    return min(max(microseconds(moment), 0), _LATEST).to_bytes(7, "big")


_LATEST = 0xFE_FFFF_FFFF_FFFF
FIRST, LAST = bytes(7), b"\xff" * 7


def grade(importance: float) -> int:
    """An importance in a byte: 0 to 255."""
    return int(importance * 255)


def _rough(words: int) -> int:
    """A number of words in a byte: exact up to 191, and to a fifth above."""
    return words if words <= _EXACT else min(255, _EXACT + round(_STEPS * math.log2(words / _EXACT)))


WORDS_OF = [n if n <= _EXACT else round(_EXACT * 2 ** ((n - _EXACT) / _STEPS)) for n in range(256)]
"""About how many words a byte of a posting stands for."""
