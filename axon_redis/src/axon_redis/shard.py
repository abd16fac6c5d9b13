"""One shard of a namespace: its entries and the index over them, which lie together in one slot of one server."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from attrs import frozen

from axon.core.concurrency import concurrently
from axon.core.errors import StoreCorrupt
from axon_redis import scripts
from axon_redis.codec import entry_of, microseconds, value_of
from axon_redis.keys import Keys, shard_of, unpacked
from axon_redis.terms import EVERYTHING, SIZE, record_of

if TYPE_CHECKING:
    from axon.spi import MemoryEntry
    from axon_redis.link import Argument, Link
    from axon_redis.rules import Rules
    from axon_redis.selection import Selection

WHOLE = (b"1", b"e")
"""What the key ``complete`` says of an index that has every entry; ``e``: there are none."""
READ_AT_ONCE = 200
"""So many values in one reply: others wait no longer than it takes to send these."""
_LOOKED_AT = 1000
"""So many postings are looked at in one call, which keeps it to some milliseconds."""
ID = slice(7, -2)
"""Where the id of an entry stands in the tail of a posting, after the time and before words and importance."""


class IncompleteIndexError(Exception):
    """Nobody vouches for the index of ``shard``; internal, :class:`~axon_redis.healing.Healer` sees to it."""

    def __init__(self, shard: Shard) -> None:
        super().__init__()
        self.shard = shard


class Page(NamedTuple):
    """Some tails of postings, the newest first."""

    tails: list[bytes]
    cursor: bytes | None
    """Where to go on; ``None``: these were the last."""


@frozen
class Statistics:
    """What a score is made of."""

    entries: int
    words: int
    """Of all entries together."""
    frequencies: tuple[int, ...]
    """How many entries have each of the terms that were asked for."""


class Shard:
    """What the adapter asks of one slot. Ids are packed, values encoded; errors are those of the link."""

    def __init__(self, link: Link, rules: Rules, number: int) -> None:
        self.link = link
        self.rules = rules
        self.number = number
        self.keys = Keys.of(rules.namespace, number if rules.shards > 1 else None)

    def where(self) -> str:
        """The server, for messages."""
        return self.link.where(self.keys.base)

    def own(self, packed_ids: Iterable[bytes]) -> list[bytes]:
        """Those of some ids that belong to this shard."""
        shards = self.rules.shards
        return [packed_id for packed_id in packed_ids if shards == 1 or shard_of(packed_id, shards) == self.number]

    def entry(self, packed_id: bytes, value: bytes) -> MemoryEntry:
        """The entry in the value of an id; :class:`StoreCorrupt` where it cannot be read."""
        try:
            return entry_of(value)
        except ValueError as error:  # msgspec's errors are ValueErrors too
            entry_id = unpacked(packed_id)
            raise StoreCorrupt(
                f"{self.where()}: the value stored as {entry_id!r} cannot be read: {error}; "
                "save the entry again or forget it",
                entry_id=entry_id,
            ) from error

    def prepared(self, packed_id: bytes, entry: MemoryEntry, now: datetime) -> list[Argument]:
        """The arguments of the script that saves ``entry``."""
        expires = entry.expires_at
        lifetime = 0 if expires is None else math.ceil((expires - now).total_seconds() * 1000) or -1
        record = record_of(entry, self.rules.analyzer if self.rules.text_index else None)
        prepared: list[Argument] = [packed_id, value_of(entry), lifetime, record]
        if self.rules.most:
            prepared.append(self.rules.rank(entry))
        return prepared

    async def save(self, prepared: Sequence[Sequence[Argument]], *, replacing: str = "") -> int:
        """Save entries in one step; ``replacing`` is the SHA-1 of the value that there must be. Gives what the script does."""
        rules = self.rules
        arguments: list[Argument] = [rules.most, "lru" if rules.most and rules.eviction == "lru" else "", replacing]
        for each in prepared:
            arguments += each
        state: int = await self.link.run(scripts.SAVE, self.keys.base, arguments)
        return state

    async def value(self, packed_id: bytes) -> bytes | None:
        """The value at an id, without noting that it was read."""
        value: bytes | None = await self.link.call(self.keys.base + packed_id, ("GET", self.keys.base + packed_id))
        return value

    async def values(self, packed_ids: Sequence[bytes]) -> list[bytes | None]:
        """The values at these ids, without noting that they were read."""
        base = self.keys.base
        keys = [base + packed_id for packed_id in packed_ids]
        if len(keys) <= READ_AT_ONCE:
            return await self.link.call(base, ("MGET", *keys)) if keys else []
        replies = await concurrently(
            [
                self.link.call(base, ("MGET", *keys[first : first + READ_AT_ONCE]))
                for first in range(0, len(keys), READ_AT_ONCE)
            ]
        )
        return [value for reply in replies for value in reply]

    async def read(self, packed_ids: Sequence[bytes], now: datetime) -> list[bytes | None]:
        """The values at these ids as they were, after which they are noted as read: refreshed, and used just now."""
        rules = self.rules
        head = (
            "refresh" if rules.refresh_on_read else "",
            rules.eviction if rules.most else "",
            microseconds(now),
        )
        replies = await concurrently(
            [
                self.link.run(scripts.READ, self.keys.base, [*head, *packed_ids[first : first + READ_AT_ONCE]])
                for first in range(0, len(packed_ids), READ_AT_ONCE)
            ]
        )
        return [value for reply in replies for value in reply]

    async def delete(self, packed_ids: Sequence[bytes]) -> int:
        """Delete the entries of these ids; how many there were."""
        counts = await concurrently(
            [
                self.link.run(
                    scripts.DELETE, self.keys.base, packed_ids[first : first + READ_AT_ONCE], repeatable=False
                )
                for first in range(0, len(packed_ids), READ_AT_ONCE)
            ]
        )
        return sum(counts)

    async def delete_same(self, found: Sequence[tuple[bytes, str]]) -> tuple[int, list[bytes]]:
        """Delete entries whose values have these SHA-1; how many, and the ids of those whose values have others."""
        arguments = [argument for pair in found for argument in pair]
        count, changed = await self.link.run(scripts.DELETE_SAME, self.keys.base, arguments, repeatable=False)
        return count, changed

    async def page(self, selection: Selection, limit: int, cursor: bytes | None = None) -> Page:
        """The newest postings of ``selection``: ``limit`` at the most, and none or few before the last page."""
        if selection.is_plain:
            lead = selection.terms[0] if selection.terms else EVERYTHING
            last = b"(%b%b" % (lead, selection.newest + b"\xff" if cursor is None else cursor)
            postings = await self.link.call(
                self.keys.base,
                ("ZREVRANGEBYLEX", self.keys.postings, last, b"[%b%b" % (lead, selection.oldest), "LIMIT", 0, limit),
            )
            tails = [posting[SIZE:] for posting in postings]
            return Page(tails, tails[-1] if len(tails) == limit else None)
        after, *tails = await self.link.run(
            scripts.SEARCH,
            self.keys.base,
            [
                limit,
                _LOOKED_AT,
                selection.oldest,
                selection.newest,
                selection.least,
                selection.greatest,
                cursor or b"",
                *selection.terms,
            ],
        )
        return Page(tails, after or None)

    async def holders(self, term: bytes, tails: Sequence[bytes]) -> list[bytes]:
        """Those of ``tails`` whose entries have ``term``."""
        replies = await concurrently(
            [
                self.link.call(
                    self.keys.base,
                    ("ZMSCORE", self.keys.postings, *[term + tail for tail in tails[first : first + _LOOKED_AT]]),
                )
                for first in range(0, len(tails), _LOOKED_AT)
            ]
        )
        scores = [score for reply in replies for score in reply]
        return [tail for tail, score in zip(tails, scores, strict=True) if score is not None]

    async def vouched(self, tails: Sequence[bytes]) -> list[bytes | None]:
        """The values that postings lead to; :class:`IncompleteIndexError` where the index may lack some."""
        base = self.keys.base
        if len(tails) >= READ_AT_ONCE:
            *most, last = (tails[first : first + READ_AT_ONCE - 1] for first in range(0, len(tails), READ_AT_ONCE - 1))
            replies = await concurrently(
                [
                    *(self.link.call(base, ("MGET", *[base + tail[ID] for tail in some])) for some in most),
                    self.vouched(last),
                ]
            )
            return [value for reply in replies for value in reply]
        values: list[bytes | None] = await self.link.call(
            base, ("MGET", *[base + tail[ID] for tail in tails], self.keys.complete)
        )
        if values.pop() not in WHOLE:
            raise IncompleteIndexError(self)
        return values

    async def statistics(self, terms: Sequence[bytes]) -> Statistics:
        """Take out what has expired, and count."""
        for _ in range(_ROUNDS):
            due, entries, words, *frequencies = await self.link.run(
                scripts.STATISTICS, self.keys.base, [EXPIRED_AT_ONCE, *terms]
            )
            if due < EXPIRED_AT_ONCE:
                break
        return Statistics(entries, words, tuple(frequencies))

    async def count(self) -> int:
        """How many entries there are."""
        total, cursor = 0, b""
        while True:
            cursor, count = await self.link.run(scripts.COUNT, self.keys.base, [_LOOKED_AT, cursor])
            total += count
            if not cursor:
                return total

    async def clear(self) -> int:
        """Delete every entry that the index knows; how many there were."""
        total = 0
        while True:
            looked_at, count = await self.link.run(scripts.CLEAR, self.keys.base, [READ_AT_ONCE], repeatable=False)
            total += count
            if not looked_at:
                return total


EXPIRED_AT_ONCE = 100
"""So many expired entries are taken out of the index in one call."""
_ROUNDS = 8
"""So many times before a query, which then counts what else has expired."""
