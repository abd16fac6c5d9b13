"""The entries and every index over them, which change together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from axon.spi import Filter
from axon_inmemory.due import Due, moment_of
from axon_inmemory.fields import FieldIndex
from axon_inmemory.heap import KeyedHeap
from axon_inmemory.journal import Journal
from axon_inmemory.vectors import VectorIndex
from axon_inmemory.words import WordIndex

if TYPE_CHECKING:
    from axon.core.policies import Eviction
    from axon.ranking.analysis import Analyzer
    from axon.spi import MemoryEntry


class Store:
    """Entries by id. None that has expired is seen once :meth:`expire` was called, which every verb does first.

    A change that breaks off in the middle, for want of memory or by a signal, leaves each entry as it was or as it was
    to be: :attr:`entries` says which, and the indexes are made anew from them when :meth:`expire` is called next.

    ``text_index=False`` leaves :attr:`words` out. ``clock`` gives seconds since the epoch.
    """

    def __init__(
        self,
        *,
        max_entries: int | None,
        eviction: Eviction,
        text_index: bool,
        analyzer: Analyzer,
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._max_entries = max_entries
        self._eviction = eviction
        self._uses = count()
        self._is_torn = False
        self.entries: dict[str, MemoryEntry] = {}
        self.journal = Journal()
        self.tags = FieldIndex()
        self.users = FieldIndex()
        self.sessions = FieldIndex()
        self.vectors = VectorIndex()
        self.words = WordIndex(analyzer, self.entries.__getitem__) if text_index else None
        self._due = Due(self.entries)
        self._ranks: KeyedHeap[Any] | None = None if max_entries is None else KeyedHeap()

    def put(self, entry: MemoryEntry, now: float) -> None:
        """Insert or replace ``entry``, then evict what there is too much of; only remove it if it has expired."""
        entry_id = entry.id
        due = moment_of(entry)
        if due is not None and due <= now:
            self.remove(entry_id)
            return
        old = self.entries.get(entry_id)
        words = self.words
        terms = None if words is None else words.terms(entry.text)
        old_terms = None if old is None else self._terms(old)
        # From here on no entry is to blame for what fails.
        try:
            if old is None:
                self.journal.add(entry_id)
            else:
                self._unindex(old, old_terms)
            self.entries[entry_id] = entry
            if due is not None:
                self._due.add(entry_id, due)
            if old is not None and old.expires_at is not None:
                self._due.removed()
            self._index_fields(entry)
            if entry.embedding is not None:
                self.vectors.set(entry_id, entry.embedding)
            if words is not None and terms is not None:
                words.add(entry, terms)
            if self._ranks is not None:
                self._ranks.set(entry_id, self._rank(entry))
                self._evict(self._ranks)
        except BaseException:
            self._is_torn = True
            raise

    def remove(self, entry_id: str) -> bool:
        """Take an entry out; whether it was there."""
        entry = self.entries.get(entry_id)
        if entry is None:
            return False
        terms = self._terms(entry)
        try:
            self._unindex(entry, terms)
            del self.entries[entry_id]
            if entry.expires_at is not None:
                self._due.removed()
            self.journal.remove(entry_id)
            if self._ranks is not None:
                self._ranks.remove(entry_id)
        except BaseException:
            self._is_torn = True
            raise
        return True

    def expire(self) -> float:
        """Take out what has expired; the time, in seconds."""
        if self._is_torn:
            self._mend()
        now = self._clock()
        try:
            while (entry_id := self._due.first_until(now)) is not None:
                self.remove(entry_id)
        except BaseException:
            self._is_torn = True
            raise
        return now

    def refresh(self, entry: MemoryEntry) -> MemoryEntry:
        """Let ``entry`` live for its own TTL from now on."""
        refreshed = entry.refreshed(datetime.fromtimestamp(self._clock(), UTC))
        if refreshed.expires_at is not None:
            try:
                self.entries[entry.id] = refreshed
                self._index_fields(refreshed)
                self._due.add(entry.id, refreshed.expires_at.timestamp())
                if entry.expires_at is not None:
                    self._due.removed()
                if self._ranks is not None and self._eviction == "ttl":
                    self._ranks.set(entry.id, self._rank(refreshed))
            except BaseException:
                self._is_torn = True
                raise
        return refreshed

    def use(self, entry_id: str) -> None:
        """Note that the entry was read just now."""
        if self._ranks is not None and self._eviction == "lru":
            self._ranks.set(entry_id, next(self._uses))

    def admitted(self, filter: Filter) -> Mapping[str, MemoryEntry]:
        """What ``filter`` admits, by id: from the smallest index that knows of it, the rest checked one by one."""
        known = [self.tags.having(tag) for tag in filter.tags]
        if filter.user_id is not None:
            known.append(self.users.having(filter.user_id))
        if filter.session_id is not None:
            known.append(self.sessions.having(filter.session_id))
        if filter.ids is not None:
            known.append({entry_id: self.entries[entry_id] for entry_id in filter.ids if entry_id in self.entries})
        smallest, *others = sorted(known, key=len) or [self.entries]
        if others:
            smallest = {i: entry for i, entry in smallest.items() if all(i in other for other in others)}
        if filter.created is None and filter.importance is None and not filter.metadata:
            return smallest
        return {entry_id: entry for entry_id, entry in smallest.items() if filter.matches(entry)}

    def clear(self) -> int:
        """Take everything out; how many entries there were."""
        cleared = len(self.entries)
        try:
            self.entries.clear()
            for index in (self.journal, *self._made_anew):
                index.clear()
            if self._ranks is not None:
                self._ranks.clear()
        except BaseException:
            self._is_torn = True
            raise
        return cleared

    @property
    def places(self) -> int:
        """How many places are taken, by entries and by all that is known of them or was: 0 in an empty store."""
        places = len(self.entries)
        for index in (self.journal, *self._made_anew):
            places += index.places
        return places + (0 if self._ranks is None else self._ranks.places)

    @property
    def _made_anew(self) -> list[FieldIndex | VectorIndex | Due | WordIndex]:
        """The indexes of which nothing is lost if they are made anew from the entries."""
        words = [] if self.words is None else [self.words]
        return [self.tags, self.users, self.sessions, self.vectors, self._due, *words]

    def _mend(self) -> None:
        """Make every index anew, but for what it alone knows: in which order entries were first saved, or last used."""
        self.journal.mend(self.entries)
        for index in self._made_anew:
            index.clear()
        for entry in self.entries.values():
            self._index_fields(entry)
            if entry.expires_at is not None:
                self._due.add(entry.id, entry.expires_at.timestamp())
            if entry.embedding is not None:
                self.vectors.set(entry.id, entry.embedding)
            if self.words is not None:
                self.words.add(entry, self.words.terms(entry.text))
        if self._ranks is not None:
            self._ranks.keep(self.entries)
            for entry in self.entries.values():
                if self._eviction != "lru" or entry.id not in self._ranks:
                    self._ranks.set(entry.id, self._rank(entry))
            self._evict(self._ranks)
        self._is_torn = False

    def _index_fields(self, entry: MemoryEntry) -> None:
        entry_id = entry.id
        for tag in entry.tags:
            self.tags[tag][entry_id] = entry
        if entry.user_id is not None:
            self.users[entry.user_id][entry_id] = entry
        if entry.session_id is not None:
            self.sessions[entry.session_id][entry_id] = entry

    def _terms(self, entry: MemoryEntry) -> list[str] | None:
        return None if self.words is None else self.words.terms(entry.text)

    def _unindex(self, entry: MemoryEntry, terms: list[str] | None) -> None:
        entry_id = entry.id
        for tag in entry.tags:
            self.tags.remove(tag, entry_id)
        if entry.user_id is not None:
            self.users.remove(entry.user_id, entry_id)
        if entry.session_id is not None:
            self.sessions.remove(entry.session_id, entry_id)
        if entry.embedding is not None:
            self.vectors.remove(entry_id)
        if self.words is not None and terms is not None:
            self.words.remove(entry, terms)

    def _evict(self, ranks: KeyedHeap[Any]) -> None:
        while self._max_entries is not None and len(ranks) > self._max_entries:
            lowest = ranks.lowest()
            if lowest is not None:
                self.remove(lowest[1])

    def _rank(self, entry: MemoryEntry) -> Any:
        created = entry.created_at.timestamp()
        match self._eviction:
            case "oldest":
                return created
            case "lru":
                return next(self._uses)
            case "importance":
                return entry.importance, created
            case "ttl":
                return (float("inf") if entry.expires_at is None else entry.expires_at.timestamp()), created
