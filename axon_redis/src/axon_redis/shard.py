"""One shard of a namespace: its entries and the index over them, which lie together in one slot of one server."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from axon.core.concurrency import concurrently
from axon.core.errors import StoreCorrupt
from axon_redis import scripts
from axon_redis.codec import entry_of, microseconds, value_of
from axon_redis.keys import Keys, shard_of, unpacked
from axon_redis.terms import Record, record_of, words_of
from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon.spi import MemoryEntry
    from axon_redis.commands import Argument, Script
    from axon_redis.link import Link
    from axon_redis.rules import Rules
    from axon_redis.selection import Selection

EMPTY = b"e"
"""What the key ``complete`` says of an index that was looked at and found empty."""
_TOO_MANY = 4
READ_AT_ONCE = 200
"""So many values in one reply: others wait no longer than it takes to send these."""
_LOOKED_AT = 1000
"""So many postings are looked at in one call, which keeps it to some milliseconds."""
TIME, ID = slice(0, 7), slice(7, -1)
"""Where the time and the id of an entry stand in the tail of a posting, before the importance."""


class IncompleteIndexError(Exception):
    """Nobody vouches for the index of ``shard``; internal, :class:`~axon_redis.healing.Healer` sees to it."""

    def __init__(self, shard: Shard) -> None:
        super().__init__()
        self.shard = shard


class Prepared(NamedTuple):
    """An entry that is to be indexed."""

    packed_id: bytes
    size: int
    """How many bytes its value has."""
    arguments: list[Argument]
    """Those of the script about this entry: to save it, id, value, lifetime, record and, where there is one, rank."""
    record: Record


def arguments_of(entries: Sequence[Prepared]) -> list[Argument]:
    """The arguments of a script about ``entries``: their words, then those about each."""
    arguments: list[Argument] = [*words_of([each.record for each in entries])]
    for each in entries:
        arguments += each.arguments
    return arguments


class Page(NamedTuple):
    """Some tails of postings, the newest first."""

    tails: list[bytes]
    cursor: bytes | None
    """Where to go on; ``None``: these were the last."""


@frozen
class Listed:
    """Who has a word."""

    frequency: int
    """How many entries."""
    latest: bytes
    """16 bytes for each of those saved last: 13 its reference, 2 how many words it has, 1 how often it has this one."""

    @property
    def is_whole(self) -> bool:
        """Whether all of them are listed."""
        return len(self.latest) >= 16 * self.frequency


@frozen
class Statistics:
    """What a score is made of."""

    entries: int
    length: int
    """How many words all entries have together."""
    words: Sequence[Listed]
    terms: Sequence[int]
    """How many entries have each of the terms that were asked for."""
    ids: Mapping[bytes, bytes]
    """The ids of those that are listed, by their references, where they were wanted."""


class Shard:
    """What the adapter asks of one slot. Ids are packed, values encoded; errors are those of the link."""

    def __init__(self, link: Link, rules: Rules, number: int) -> None:
        self.link = link
        self.rules = rules
        self.number = number
        self.keys = Keys.of(rules.namespace, number, rules.shards)
        self.complete = rules.complete
        keys = self.keys
        self.parts = (
            keys.postings,
            keys.due,
            keys.records,
            *((keys.words,) if rules.text_index else ()),
            *((keys.ranks,) if rules.most else ()),
        )
        """The keys of a complete index."""
        self.missed: Callable[[int], None] = _nobody
        """Told how many entries an index led to that are gone."""

    def where(self) -> str:
        """The server, for messages."""
        return self.link.where(self.keys.base)

    def own(self, packed_ids: Iterable[bytes]) -> list[bytes]:
        """Those of some ids that belong to this shard."""
        shards = self.rules.shards
        return [packed_id for packed_id in packed_ids if shards == 1 or shard_of(packed_id, shards) == self.number]

    def entry(self, packed_id: bytes, value: bytes, entry_id: str | None = None) -> MemoryEntry:
        """The entry in the value of an id; :class:`StoreCorrupt` where it cannot be read, or is not ``entry_id``."""
        try:
            entry = entry_of(value)
        except ValueError as error:  # msgspec's errors are ValueErrors too
            raise self._corrupt(packed_id, error) from error
        if entry_id is not None and entry.id != entry_id:
            raise self._corrupt(packed_id, f"it is the entry {entry.id!r}, and was copied or renamed")
        return entry

    def _corrupt(self, packed_id: bytes, problem: object) -> StoreCorrupt:
        entry_id = unpacked(packed_id)
        return StoreCorrupt(
            f"{self.where()}: the value stored as {entry_id!r} cannot be read: {problem}; "
            "save the entry again or forget it",
            entry_id=entry_id,
        )

    def is_whole(self, said: bytes | None) -> bool:
        """Whether an index has every entry of which the key ``complete`` says this."""
        return said is not None and (said.startswith(self.complete) or said == EMPTY)

    def record(self, packed_id: bytes, entry: MemoryEntry) -> Record:
        """What ``entry`` is indexed by."""
        return record_of(packed_id, entry, self.rules.analyzer if self.rules.text_index else None)

    def prepared(self, packed_id: bytes, entry: MemoryEntry, now: datetime, *, keeps_end: bool = False) -> Prepared:
        """``entry`` for :meth:`save`; ``keeps_end``: it replaces one whose end stays, whatever that is by then."""
        expires = entry.expires_at
        lifetime = 0 if expires is None else math.ceil((expires - now).total_seconds() * 1000) or -1
        record = self.record(packed_id, entry)
        value = value_of(entry)
        arguments: list[Argument] = [packed_id, value, "" if keeps_end else lifetime, record.stored]
        if self.rules.most:
            arguments.append(self.rules.rank(entry))
        return Prepared(packed_id, len(value), arguments, record)

    async def run(
        self, script: Script, arguments: Sequence[Argument], *, ids: Sequence[bytes] = (), repeatable: bool = True
    ) -> Any:
        """The reply of a script about this shard, which concerns the entries of ``ids``."""
        others: tuple[bytes, ...] = ()
        if self.link.needs_all_keys:
            # The last one never exists: while the slot moves, nothing begins that may miss what is on the other node.
            entries = map(self.keys.entry, ids)
            others = (*self.parts[1:], self.keys.complete, *entries, self.keys.nothing)
        return await self.link.run(script, self.keys.postings, arguments, others=others, repeatable=repeatable)

    async def save(self, prepared: Sequence[Prepared], *, replacing: str = "") -> int:
        """Save entries in one step, and give what the script gives; ``replacing``: the digest of what must be there."""
        rules = self.rules
        least_used = "lru" if rules.most and rules.eviction == "lru" else ""
        arguments: list[Argument] = [self.complete, rules.most, least_used, replacing, *arguments_of(prepared)]
        state: int = await self.run(scripts.SAVE, arguments, ids=[each.packed_id for each in prepared])
        if state & _TOO_MANY:
            await self.trim()
        return state & ~_TOO_MANY

    async def trim(self) -> None:
        """Evict until there are no more entries than there may be."""
        while self.rules.most and await self.run(scripts.TRIM, [self.rules.most]):
            pass

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
        replies = await concurrently([self.link.call(base, ("MGET", *some)) for some in _parts(keys, READ_AT_ONCE)])
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
            [self.run(scripts.READ, [*head, *some], ids=some) for some in _parts(packed_ids, READ_AT_ONCE)]
        )
        return [value for reply in replies for value in reply]

    async def delete(self, packed_ids: Sequence[bytes]) -> int:
        """Delete the entries of these ids; how many there were."""
        total, start = 0, 0
        while start < len(packed_ids):
            some = packed_ids[start : start + READ_AT_ONCE]
            count, seen = await self.run(scripts.DELETE, some, ids=some, repeatable=False)
            total, start = total + count, start + seen
        return total

    async def delete_same(self, found: Sequence[tuple[bytes, str]]) -> tuple[int, list[bytes]]:
        """Delete entries whose values have these digests; how many, and the ids of those whose values have others."""
        total, others, start = 0, list[bytes](), 0
        while start < len(found):
            some = found[start : start + READ_AT_ONCE]
            arguments = [argument for pair in some for argument in pair]
            ids = [packed_id for packed_id, _ in some]
            count, changed, seen = await self.run(scripts.DELETE_SAME, arguments, ids=ids, repeatable=False)
            total, start = total + count, start + seen
            others += changed
        return total, others

    async def page(self, selection: Selection, limit: int, cursor: bytes | None = None) -> Page:
        """The newest postings of ``selection``: ``limit`` at the most, and none or few before the last page."""
        after, *tails = await self._vouched_for(
            scripts.SEARCH,
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

    async def indexed(self, packed_ids: Sequence[bytes]) -> list[bytes | None]:
        """The values that an index leads to, and a note for who prunes it if some are gone."""
        values = await self.values(packed_ids)
        if gone := values.count(None):
            self.missed(gone)
        return values

    async def scan(self, cursor: int, count: int) -> tuple[bytes, bytes, list[bytes]]:
        """Which run of the server answers, where to go on (``0``: these are the last), and ids, about so many."""
        run, after, *ids = await self._vouched_for(scripts.SCAN, [cursor, count])
        return run, after, ids

    async def check(self) -> None:
        """Raise :class:`IncompleteIndexError` where the index may lack entries."""
        said, there = await self.link.calls(self.keys.base, [("GET", self.keys.complete), ("EXISTS", *self.parts)])
        if not self.is_whole(said) or there != (0 if said == EMPTY else len(self.parts)):
            raise IncompleteIndexError(self)

    async def _vouched_for(
        self, script: Script, arguments: Sequence[Argument], *, repeatable: bool = True
    ) -> list[Any]:
        """What a script answers that looks whether the index may lack entries."""
        reply: list[Any] | None = await self.run(script, [self.complete, *arguments], repeatable=repeatable)
        if reply is None:
            raise IncompleteIndexError(self)
        return reply

    async def statistics(self, words: Sequence[bytes], terms: Sequence[bytes], *, ids: bool = False) -> Statistics:
        """Take out what has expired, and count; with the latest entries of each word, some thousands in all.

        With ``ids`` it says in the same step whom references lead to, and lists fewer.
        """
        listed = _LISTED if ids else max(_LISTED, min(_LISTED_EACH * len(words), _LISTED_EVER))
        arguments: list[Argument] = [EXPIRED_AT_ONCE, listed, "1" if ids else "", len(words), *words, *terms]
        rounds = 0
        while True:
            due, entries, length, *counts = await self._vouched_for(scripts.STATISTICS, arguments)
            rounds += 1
            if due < EXPIRED_AT_ONCE or rounds == _ROUNDS:
                break
        pairs: list[Any] = counts.pop() if ids else []
        of_words, of_terms = counts[: 2 * len(words)], counts[2 * len(words) :]
        return Statistics(
            entries=entries,
            length=length,
            words=[Listed(*pair) for pair in zip(of_words[::2], of_words[1::2], strict=True)],
            terms=of_terms,
            ids=dict(zip(pairs[::2], pairs[1::2], strict=True)),
        )

    async def ids(self, references: Sequence[bytes]) -> list[bytes | None]:
        """The ids that references stand for."""
        if not references:
            return []
        found: list[bytes | None] = await self.link.call(self.keys.base, ("HMGET", self.keys.words, *references))
        return found

    async def count(self) -> int:
        """How many entries there are."""
        total: int = 0
        cursor = b""
        while True:
            cursor, count = await self._vouched_for(scripts.COUNT, [_LOOKED_AT, cursor])
            total += int(count)
            if not cursor:
                return total

    async def clear(self) -> int:
        """Delete every entry; how many there were."""
        total: int = 0
        try:
            while True:
                looked_at, count = await self._vouched_for(scripts.CLEAR, [READ_AT_ONCE], repeatable=False)
                total += count
                if not looked_at:
                    return total
        except IncompleteIndexError:
            return total + await self._sweep()

    async def _sweep(self) -> int:
        """Delete every entry, by looking through the server; no index is needed, and no memory."""
        base = self.keys.base
        total: int = 0
        async for keys in walk(self.link, self.keys, self.keys.pattern()):
            total += await self.link.call(base, ("UNLINK", *keys), repeatable=False)
        await self.link.call(base, ("UNLINK", *self.keys.index))
        return total

    async def prune(self) -> None:
        """Take everything out of the index that is gone."""
        base, start = self.keys.base, 0
        while ids := await self.link.call(base, ("ZRANGE", self.keys.due, start, start + READ_AT_ONCE - 1)):
            _, gone, _ = await self.run(scripts.PRUNE, [EXPIRED_AT_ONCE, 0, *ids], ids=ids)
            if not gone:  # else one of them at least was taken out, and others have come into its place
                start += len(ids)


_LISTED, _LISTED_EACH, _LISTED_EVER = 5_000, 1_700, 30_000
"""So many entries are listed for the words of a query, for each word, and in all: every one that has a rare word, of
common words those saved last."""
EXPIRED_AT_ONCE = 100
"""So many expired entries are taken out of the index in one call."""
_ROUNDS = 8
"""So many times before a query, which then counts what else has expired."""


def _nobody(_: int) -> None:
    """Who is told of what is gone, before somebody wants to know."""


def _parts(items: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    return (items[first : first + size] for first in range(0, len(items), size))
