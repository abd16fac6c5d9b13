"""The adapter ``memory``: entries in this process, indexed for everything that is asked of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from heapq import nlargest
from itertools import count
from typing import TYPE_CHECKING, Any, get_args

import attrs
from axon.core.errors import InvalidInput
from axon.core.identifiers import check_name
from axon.core.policies import Eviction
from axon.ranking import bm25
from axon.ranking.analysis import Analyzer
from axon.ranking.fusion import fuse
from axon.spi import Adapter, Filter, Health, Hit, MemoryEntry, Page, Query

from axon_inmemory.fields import FieldIndex
from axon_inmemory.heap import KeyedHeap
from axon_inmemory.journal import Journal
from axon_inmemory.vectors import VectorIndex
from axon_inmemory.words import WordIndex

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding

_EVERYTHING = Filter()


class InMemoryAdapter(Adapter):
    """Entries in a dictionary, with indexes for tags, users, sessions, words, vectors and expiry.

    Each adapter is a world of its own, whatever its ``namespace``. No call waits, so tasks cannot see each other's
    halves; threads must not share one. What has expired is let go of at the next call of any kind.

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
        if max_entries is not None and max_entries < 1:
            raise InvalidInput(f"max_entries must be at least 1, got {max_entries}")
        if eviction not in get_args(Eviction):
            raise InvalidInput(f"eviction must be one of {', '.join(get_args(Eviction))}, got {eviction!r}")
        self._max_entries = max_entries
        self._eviction = eviction
        self._refresh_on_read = refresh_on_read
        self._clock = clock
        self._analyzer = Analyzer(language)
        self._uses = count()
        self._entries: dict[str, MemoryEntry] = {}
        self._journal = Journal()
        self._expiry: KeyedHeap[float] = KeyedHeap()
        self._ranks: KeyedHeap[Any] | None = None if max_entries is None else KeyedHeap()
        self._tags = FieldIndex()
        self._users = FieldIndex()
        self._sessions = FieldIndex()
        self._vectors = VectorIndex()
        self._words = WordIndex(self._analyzer, lambda entry_id: self._entries[entry_id].text) if text_index else None

    # -- the contract ------------------------------------------------------

    async def save(self, entry: MemoryEntry) -> None:
        """Insert ``entry``, or replace the one with its id."""
        if entry.embedding is not None:
            self._vectors.check(entry.embedding)
        self._expire()
        self._put(entry)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        """Save all of ``entries`` or, should one of them be refused, none."""
        dimensions = {len(entry.embedding) for entry in entries if entry.embedding is not None}
        for entry in entries:
            if entry.embedding is not None:
                self._vectors.check(entry.embedding)
        if len(dimensions) > 1:
            raise InvalidInput(f"the embeddings have {', '.join(map(str, sorted(dimensions)))} dimensions: give one kind")
        self._expire()
        for entry in entries:
            self._put(entry)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry, or ``None``."""
        self._expire()
        entry = self._entries.get(entry_id)
        return entry if entry is None or self._ranks is None and not self._refresh_on_read else self._read(entry)

    async def delete(self, entry_id: str) -> bool:
        """Delete the entry; whether there was one."""
        self._expire()
        return self._remove(entry_id)

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        """Change some fields of the entry, in one step; the changed entry, or ``None``."""
        self._expire()
        entry = self._entries.get(entry_id)
        if entry is None:
            return None
        changed = attrs.evolve(entry, **changes)
        await self.save(changed)
        return changed

    async def query(self, query: Query) -> Sequence[Hit]:
        """The best entries first."""
        self._expire()
        scores = self._select(query) if query.filter is None else self._order(query, query.filter)
        if query.min_score is not None:
            scores = {entry_id: score for entry_id, score in scores.items() if score >= query.min_score}
        entries = self._entries
        ranked = [(score, entries[entry_id].created_at, entry_id) for entry_id, score in scores.items()]
        best = nlargest(query.limit, ranked) if len(ranked) > query.limit else sorted(ranked, reverse=True)
        return [Hit(self._read(entries[entry_id]), score) for score, _, entry_id in best]

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        """A page of entries in the order in which they were first saved."""
        self._expire()
        if limit < 1:
            raise InvalidInput(f"limit must be at least 1, got {limit}")
        if cursor is not None and not cursor.isdecimal():
            raise InvalidInput(f"{cursor!r} is no cursor of a scan")
        ids, last = self._journal.after(int(cursor or 0), limit)
        return Page(entries=[self._entries[entry_id] for entry_id in ids], cursor=None if last is None else str(last))

    async def count(self, filter: Filter | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        self._expire()
        return len(self._entries) if filter is None else len(self._admitted(filter))

    async def clear(self) -> int:
        """Delete every entry; how many there were."""
        self._expire()
        deleted = len(self._entries)
        self._entries.clear()
        for index in (
            self._journal, self._expiry, self._ranks, self._tags, self._users, self._sessions, self._vectors, self._words
        ):
            if index is not None:
                index.clear()
        return deleted

    async def health(self) -> Health:
        """Always well."""
        return Health(status="ok", latency_ms=0.0, detail=f"{len(self._entries):,} entries in this process")

    # -- writing -----------------------------------------------------------

    def _put(self, entry: MemoryEntry) -> None:
        entry_id = entry.id
        old = self._entries.get(entry_id)
        due = None if entry.expires_at is None else entry.expires_at.timestamp()
        if due is not None and due <= self._clock():
            self._remove(entry_id)
            return
        if old is None:
            self._journal.add(entry_id)
        else:
            self._unindex(old)
        self._entries[entry_id] = entry
        self._index(entry, due)
        if self._ranks is not None:
            self._ranks.set(entry_id, self._rank(entry))
            while len(self._ranks) > (self._max_entries or 0) and (lowest := self._ranks.lowest()):
                self._remove(lowest[1])

    def _index(self, entry: MemoryEntry, due: float | None) -> None:
        entry_id = entry.id
        if due is not None:
            self._expiry.set(entry_id, due)
        for tag in entry.tags:
            self._tags.add(tag, entry_id)
        if entry.user_id is not None:
            self._users.add(entry.user_id, entry_id)
        if entry.session_id is not None:
            self._sessions.add(entry.session_id, entry_id)
        if entry.embedding is not None:
            self._vectors.set(entry_id, entry.embedding)
        if self._words is not None:
            self._words.add(entry_id, entry.text, entry.created_at.timestamp())

    def _unindex(self, entry: MemoryEntry) -> None:
        entry_id = entry.id
        if entry.expires_at is not None:
            self._expiry.remove(entry_id)
        for tag in entry.tags:
            self._tags.remove(tag, entry_id)
        if entry.user_id is not None:
            self._users.remove(entry.user_id, entry_id)
        if entry.session_id is not None:
            self._sessions.remove(entry.session_id, entry_id)
        if entry.embedding is not None:
            self._vectors.remove(entry_id)
        if self._words is not None:
            self._words.remove(entry_id, entry.text)

    def _remove(self, entry_id: str) -> bool:
        entry = self._entries.get(entry_id)
        if entry is None:
            return False
        self._unindex(entry)
        del self._entries[entry_id]
        self._journal.remove(entry_id)
        if self._ranks is not None:
            self._ranks.remove(entry_id)
        return True

    def _expire(self) -> None:
        lowest = self._expiry.lowest()
        if lowest is None or lowest[0] > self._clock():
            return
        now = self._clock()
        while lowest is not None and lowest[0] <= now:
            self._remove(lowest[1])
            lowest = self._expiry.lowest()

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

    # -- reading -----------------------------------------------------------

    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        """``entry`` as its reader gets it: used just now, and refreshed where that is asked for."""
        if self._refresh_on_read and entry.expires_at is not None:
            entry = entry.refreshed(datetime.fromtimestamp(self._clock(), UTC))
            self._entries[entry.id] = entry
            self._expiry.set(entry.id, entry.expires_at.timestamp())  # type: ignore[union-attr]
            if self._ranks is not None and self._eviction == "ttl":
                self._ranks.set(entry.id, self._rank(entry))
        if self._ranks is not None and self._eviction == "lru":
            self._ranks.set(entry.id, next(self._uses))
        return entry

    def _select(self, query: Query) -> dict[str, float]:
        """Scores of what a query without a filter brings up."""
        by_text = {} if query.text is None else self._matching(query.text, query.limit)
        if query.vector is None:
            return by_text
        by_vector = self._vectors.search(query.vector, query.limit)
        return by_vector if query.text is None else _fused(by_text, by_vector)

    def _order(self, query: Query, filter: Filter) -> dict[str, float]:
        """Scores of everything that the filter admits."""
        ids = self._admitted(filter)
        by_text = {} if query.text is None else self._matching(query.text, query.limit, ids)
        by_vector = {} if query.vector is None else self._vectors.score(query.vector, ids)
        found = by_text if query.vector is None else by_vector if query.text is None else _fused(by_text, by_vector)
        return {entry_id: found.get(entry_id, 0.0) for entry_id in ids}

    def _matching(self, text: str, limit: int, among: Collection[str] | None = None) -> dict[str, float]:
        """Scores by words and tags: of the best ``limit`` of all, or of those ``among`` some that match at all."""
        terms = self._analyzer.query(text)
        total = len(self._entries)
        tagged = {tag: ids for tag in terms.tags if (ids := self._tags.ids(tag))}
        tag_weights = {tag: bm25.idf(len(ids), total) for tag, ids in tagged.items()}
        weights = {} if self._words is None else self._words.weights(terms.words)
        whole = sum(weights.values()) + sum(tag_weights.values())
        scores: dict[str, float] = {}
        if self._words is not None:
            wanted = set[str]().union(*tagged.values()) if among is None else among
            scores = self._words.score(weights, wanted)
            if among is None:
                scores |= self._words.search(weights, limit)
        for tag, ids in tagged.items():
            weight = tag_weights[tag] * bm25.TAG_WEIGHT
            for entry_id in ids if among is None else ids & set(among):
                scores[entry_id] = scores.get(entry_id, 0.0) + weight
        return {entry_id: score / whole for entry_id, score in scores.items()}

    def _admitted(self, filter: Filter) -> Collection[str]:
        """The ids that ``filter`` admits: from the smallest index that knows of it, the rest checked."""
        known = [self._tags.ids(tag) for tag in filter.tags]
        if filter.user_id is not None:
            known.append(self._users.ids(filter.user_id))
        if filter.session_id is not None:
            known.append(self._sessions.ids(filter.session_id))
        if filter.ids is not None:
            known.append(filter.ids & self._entries.keys())
        known.sort(key=len)
        ids: Iterable[str] = known[0].intersection(*known[1:]) if known else self._entries
        indexed = Filter(tags=filter.tags, user_id=filter.user_id, session_id=filter.session_id, ids=filter.ids)
        if filter == indexed:
            return list(ids)
        return [entry_id for entry_id in ids if filter.matches(self._entries[entry_id])]


def _fused(by_text: dict[str, float], by_vector: dict[str, float]) -> dict[str, float]:
    rankings = [sorted(scores, key=scores.__getitem__, reverse=True) for scores in (by_text, by_vector)]
    return fuse(rankings)
