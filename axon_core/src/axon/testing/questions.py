"""Every way of finding entries, asked in the same words again and again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from axon.core.capabilities import Capability
from axon.core.filters import DateRange, Filter
from axon.spi.query import Query
from axon.testing.definition import agree
from axon.testing.steps import described

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.testing.bench import Bench

_LIMIT = 1000
_MOMENT = timedelta(microseconds=1)


class Questions:
    """Asks for all that ``known`` entries have, whether they are there or not."""

    def __init__(self, bench: Bench, known: Iterable[MemoryEntry]) -> None:
        self._bench = bench
        entries = list(known)
        self._ids = sorted({entry.id for entry in entries})
        self._filters = [Filter(), Filter(ids=self._ids)]
        for entry in entries:
            self._filters += [where for where in _conditions(entry) if where not in self._filters]
        texts = {entry.text for entry in entries}.union(*(entry.tags for entry in entries))
        self._texts = sorted(texts) if bench.has(Capability.TEXT_SEARCH) else []
        vectors = [entry.embedding for entry in entries if entry.embedding is not None]
        self._vectors = vectors if bench.has(Capability.VECTOR_SEARCH) else []

    async def agree(self, store: Any, there: Iterable[MemoryEntry]) -> None:
        """Nothing if every verb that reads answers as if there were these entries and no others."""
        bench, entries = self._bench, {entry.id: entry for entry in there}
        for entry_id in self._ids:
            bench.equal(await store.get(entry_id), entries.get(entry_id), f"get of {entry_id!r}")
        bench.equal(await store.get_many(self._ids), [entries.get(entry_id) for entry_id in self._ids], "get_many")
        bench.equal(await store.count(), len(entries), "count")
        bench.equal(await bench.scanned(store), entries, "scan")
        for where in self._filters:
            admitted = {entry_id: entry for entry_id, entry in entries.items() if where.matches(entry)}
            told = described(where)
            bench.equal(await store.count(where), len(admitted), f"count by {told}")
            hits = await store.query(Query(filter=where, limit=_LIMIT))
            bench.equal({hit.entry.id: hit.entry for hit in hits}, admitted, f"query by {told}")
        asked: list[dict[str, Any]] = [{"text": text} for text in self._texts]
        asked += [{"vector": vector} for vector in self._vectors]
        beside: list[Filter | None] = [None, *self._filters[:3]]
        for one in asked:
            for selected in beside:
                query = Query(filter=selected, limit=_LIMIT, **one)
                hits = await store.query(query)
                agree(bench, hits, entries.values(), query, ties=False)
                bench.equal(
                    [hit.entry for hit in hits if hit.entry != entries[hit.entry.id]], [], "hits of old entries"
                )


def _conditions(entry: MemoryEntry) -> list[Filter]:
    """Filters that admit ``entry``, each by one of its fields."""
    found = [Filter(ids=[entry.id]), *(Filter(tags=[tag]) for tag in sorted(entry.tags))]
    found += [Filter(user_id=entry.user_id)] if entry.user_id is not None else []
    found += [Filter(session_id=entry.session_id)] if entry.session_id is not None else []
    found += [Filter(metadata={key: value}) for key, value in entry.metadata.items()]
    found.append(Filter(importance=(entry.importance, entry.importance)))
    found.append(Filter(created=DateRange(start=entry.created_at, end=entry.created_at + _MOMENT)))
    return found
