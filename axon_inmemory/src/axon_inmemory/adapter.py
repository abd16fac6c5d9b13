"""The adapter ``memory``: entries in this process, indexed for everything that is asked of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from axon.core.errors import InvalidInput, shown
from axon.core.identifiers import check_name
from axon.core.policies import Eviction, check_eviction, check_max_entries
from axon.core.quantities import check_flag, check_patience, check_span, check_value, check_weight, check_whole
from axon.ranking.analysis import Analyzer
from axon.spi import Adapter, Allowance, Filter, Health, HeldLock, Hit, Lock, MemoryEntry, Page, Query, Window
from axon.spi.coordination import check_lock
from axon_inmemory.counters import Counters
from axon_inmemory.expiring import Expiring
from axon_inmemory.explanation import explanations
from axon_inmemory.limits import Limits
from axon_inmemory.locks import Locks
from axon_inmemory.search import search
from axon_inmemory.store import Store

_LONGEST_CURSOR = 20
"""Digits; so many saves no process lives to see."""


class InMemoryAdapter(Adapter):
    """Entries in a dictionary, with indexes for tags, users, sessions, words, vectors and expiry.

    Each adapter is a world of its own, whatever its ``namespace``. No call but that for a lock waits, so tasks cannot
    see each other's halves; threads must not share one. What has expired is let go of at the next call about its kind:
    entries, locks, counters, limits or values.

    ``max_entries`` with ``eviction`` says how many entries there may be and which goes first (``oldest``,
    ``lru``, ``importance``, ``ttl``); an entry that ranks lowest itself is not kept. ``refresh_on_read``
    renews an entry that is read by its own TTL. ``text_index=False`` saves the time and the memory of the word
    index; queries then select by tags alone. ``language`` is what the stemmer speaks. ``clock`` gives
    seconds since the epoch; tests turn it.
    """

    def __init__(
        self,
        *,
        namespace: str = "axon",
        max_entries: int | None = None,
        eviction: Eviction = "oldest",
        refresh_on_read: bool = False,
        text_index: bool = True,
        language: str = "english",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.namespace = check_name(namespace, "namespace")
        self._max_entries = check_max_entries(max_entries)
        self._eviction: Eviction = check_eviction(eviction)
        self._refresh_on_read = check_flag(refresh_on_read, "refresh_on_read")
        check_flag(text_index, "text_index")
        self._analyzer = Analyzer(language)
        self._store = Store(
            max_entries=max_entries, eviction=eviction, text_index=text_index, analyzer=self._analyzer, clock=clock
        )
        # A wall clock that is set must neither free a lock nor end a window. Nothing of these outlives the process.
        steady = time.monotonic if clock is time.time else clock
        self._locks = Locks(steady)
        self._counters = Counters(steady)
        self._limits = Limits(steady)
        self._values: Expiring[bytes] = Expiring(steady)

    @property
    def max_entries(self) -> int | None:
        """How many entries there may be; ``None``: as many as come."""
        return self._max_entries

    @property
    def eviction(self) -> Eviction:
        """What goes first when ``max_entries`` is reached."""
        return self._eviction

    @property
    def refresh_on_read(self) -> bool:
        """Whether an entry that is read lives for its own TTL again."""
        return self._refresh_on_read

    async def save(self, entry: MemoryEntry) -> None:
        """Insert ``entry``, or replace the one with its id."""
        now = self._store.expire()
        if entry.embedding is not None:
            self._store.vectors.check(entry.embedding)
        self._store.put(entry, now)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        """Save all of ``entries`` or, should one of them be refused, none."""
        now = self._store.expire()
        embeddings = [entry.embedding for entry in entries if entry.embedding is not None]
        for embedding in embeddings:
            self._store.vectors.check(embedding)
            if len(embedding) != len(embeddings[0]):
                raise InvalidInput(
                    f"the embeddings of one batch have {len(embeddings[0])} and {len(embedding)} dimensions: "
                    "embed everything in a tier with the same model"
                )
        for entry in entries:
            self._store.put(entry, now)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry, or ``None``."""
        self._store.expire()
        entry = self._store.entries.get(entry_id)
        return None if entry is None else self._read(entry)

    async def delete(self, entry_id: str) -> bool:
        """Delete the entry; whether there was one."""
        self._store.expire()
        return self._store.remove(entry_id)

    async def delete_where(self, filter: Filter) -> int:
        """Delete what ``filter`` admits; how many entries there were."""
        self._store.expire()
        return sum(map(self._store.remove, list(self._store.admitted(filter))))

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        """Change some fields of the entry, in one step; the changed entry, or ``None``."""
        self._store.expire()
        entry = self._store.entries.get(entry_id)
        if entry is None:
            return None
        changed = attrs.evolve(entry, **changes)
        await self.save(changed)
        return changed

    async def query(self, query: Query) -> Sequence[Hit]:
        """The best entries first."""
        self._store.expire()
        found = search(self._store, self._analyzer, query)
        if not query.explain:
            return [Hit(self._read(entry), score) for entry, score in found]
        explained = explanations(self._store, self._analyzer, query, found)
        return [Hit(self._read(e), score, why) for (e, score), why in zip(found, explained, strict=True)]

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        """A page of entries in the order in which they were first saved."""
        self._store.expire()
        if limit < 1:
            raise InvalidInput(f"limit must be at least 1, got {limit}")
        ids, last = self._store.journal.after(_position(cursor), limit)
        entries = [self._store.entries[entry_id] for entry_id in ids]
        return Page(entries=entries, cursor=None if last is None else str(last))

    async def count(self, filter: Filter | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        self._store.expire()
        return len(self._store.entries if filter is None else self._store.admitted(filter))

    async def clear(self) -> int:
        """Delete every entry; how many there were. Locks, counters, limits and values stay."""
        self._store.expire()
        return self._store.clear()

    async def health(self) -> Health:
        """Always well."""
        self._store.expire()
        count = len(self._store.entries)
        return Health(
            status="ok", latency_ms=0.0, detail=f"{count:,} {'entry' if count == 1 else 'entries'} in this process"
        )

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        """Take the lock for ``ttl`` seconds; ``LockUnavailable`` after ``wait`` seconds. First come, first served."""
        check_name(name, "name")
        return await self._locks.lock(name, ttl=check_span(ttl, "ttl"), wait=check_patience(wait, "wait"))

    async def renew(self, lock: Lock, *, ttl: float) -> None:
        """Hold it for ``ttl`` seconds from now on; ``LockUnavailable`` if ``lock`` is no longer held."""
        self._locks.renew(check_lock(lock), check_span(ttl, "ttl"))

    async def unlock(self, lock: Lock) -> bool:
        """Release it; whether ``lock`` was still held."""
        return self._locks.unlock(check_lock(lock))

    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        """Add ``by``; the new value. ``ttl`` is how many seconds a counter lives that this makes."""
        check_name(name, "name")
        check_whole(by, "by")
        return self._counters.increment(name, by, None if ttl is None else check_span(ttl, "ttl"))

    async def counter(self, name: str) -> int:
        """Its value; 0 where there is none."""
        return self._counters.get(check_name(name, "name")) or 0

    async def reset(self, name: str) -> bool:
        """Delete it; whether there was one."""
        return self._counters.remove(check_name(name, "name"))

    async def locks(self) -> Sequence[HeldLock]:
        """The locks that are held, by name."""
        return self._locks.held()

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        """Whether something that weighs ``weight`` may happen now; the window slides."""
        check_name(name, "name")
        check_weight(limit, "limit")
        check_weight(weight, "weight")
        span, exactly = check_span(per, "per"), check_flag(exact, "exact")
        return self._limits.allow(name, limit=limit, per=span, weight=weight, exact=exactly)

    async def used(self, name: str, *, per: float) -> int:
        """How much weight counts in the window now."""
        return self._limits.used(check_name(name, "name"), check_span(per, "per"))

    async def windows(self) -> Sequence[Window]:
        """The windows in which something counts, by name."""
        return self._limits.windows()

    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        """Let ``name`` have ``value`` for ``ttl`` seconds."""
        check_name(name, "name")
        self._values.put(name, check_value(value, "value"), check_span(ttl, "ttl"))

    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        """If ``name`` has ``old``, let it have ``new``; whether it had. ``None`` is no value."""
        check_name(name, "name")
        expected = None if old is None else check_value(old, "old")
        span = 0.0 if new is None else check_span(ttl, "ttl")
        wanted = None if new is None else check_value(new, "new")
        if self._values.get(name) != expected:
            return False
        if wanted is None:
            self._values.remove(name)
        else:
            self._values.put(name, wanted, span)
        return True

    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of ``names``, in their order."""
        return [self._values.get(check_name(name, "name")) for name in names]

    async def drop(self, name: str) -> bool:
        """Remove the value; whether there was one."""
        return self._values.remove(check_name(name, "name"))

    async def residue(self) -> int:
        """How many places are taken in memory, by whatever is kept: 0 where nothing is."""
        places = 0
        for kept in (self._store, self._locks, self._counters, self._limits, self._values):
            kept.expire()
            places += kept.places
        return places

    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        """``entry`` as its reader gets it: used just now, and refreshed where that is asked for."""
        self._store.use(entry.id)
        return self._store.refresh(entry) if self._refresh_on_read else entry


def _position(cursor: object) -> int:
    """The place in the journal that a cursor names."""
    if cursor is None:
        return 0
    if not isinstance(cursor, str) or not cursor.isdecimal() or len(cursor) > _LONGEST_CURSOR:
        raise InvalidInput(f"{shown(cursor)} is no cursor of a scan")
    return int(cursor)
