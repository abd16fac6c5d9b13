"""What goes wrong with what verbs take and give, and with how an adapter begins and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from axon.core.errors import StoreError
from axon.spi import Filter, Health, Hit, MemoryEntry, Page, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


@mutant("`delete` gives a number.", caught_by="contract_types_of_what_comes_back")
class DeleteIsANumber(InMemoryAdapter):
    async def delete(self, entry_id: str) -> int:
        return int(await super().delete(entry_id))


@mutant("`save` gives the entry.", caught_by="contract_types_of_what_comes_back")
class SaveGivesTheEntry(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> MemoryEntry:
        await super().save(entry)
        return entry


@mutant("`get` of an unknown id is an error.", caught_by="contract_get_of_an_unknown_id")
class UnknownIsAnError(InMemoryAdapter):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        found = await super().get(entry_id)
        if found is None:
            raise StoreError(f"no entry {entry_id!r}")
        return found


@mutant("`get` gives a subclass with fields of the adapter's own.", caught_by="contract_get_gives_what_was_saved")
class OwnEntries(InMemoryAdapter):
    async def get(self, entry_id: str) -> MemoryEntry | None:
        found = await super().get(entry_id)
        return found and Row(**{name: getattr(found, name) for name in attrs.fields_dict(MemoryEntry)})


@attrs.frozen(kw_only=True)
class Row(MemoryEntry):
    """An entry with its number."""

    number: int = 0


@mutant("A query gives a generator.", caught_by="contract_types_of_what_comes_back")
class LazyHits(InMemoryAdapter):
    async def query(self, query: Query) -> Iterator[Hit]:
        return iter(await super().query(query))


@mutant("A list that was handed out is the adapter's own.", caught_by="contract_an_entry_that_was_read_is_the_readers")
class SharedLists(InMemoryAdapter):
    page: Page | None = None

    async def save_many(self, entries: Any) -> None:
        await super().save_many(entries)
        self.page = None

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        if cursor is not None:
            return await super().scan(cursor, limit=limit)
        if self.page is None:
            self.page = await super().scan(limit=limit)
        return self.page


@mutant("`health` is a mapping.", caught_by="contract_health_is_ok")
class HealthIsAMapping(InMemoryAdapter):
    async def health(self) -> dict[str, Any]:
        return {"status": "ok", "latency_ms": 0.0}


@mutant("`health` raises once the adapter is closed.", caught_by="contract_health_does_not_raise_after_close")
class HealthRaises(InMemoryAdapter):
    closed = False

    async def close(self) -> None:
        self.closed = True

    async def health(self) -> Health:
        if self.closed:
            raise StoreError("connection is closed")
        return await super().health()


@mutant("A second close is an error.", caught_by="contract_close_can_be_called_again")
class ClosesOnce(InMemoryAdapter):
    closed = False

    async def close(self) -> None:
        if self.closed:
            raise StoreError("connection is closed")
        self.closed = True


@mutant("A close of what was never used is an error.", caught_by="contract_close_can_be_called_again")
class ClosesWhatIsOpen(InMemoryAdapter):
    used: Any = None

    async def save(self, entry: MemoryEntry) -> None:
        self.used = self
        await super().save(entry)

    async def close(self) -> None:
        self.used.namespace  # noqa: B018  # what is not there raises


@mutant(
    "All adapters share a connection, and the first close ends it.",
    caught_by="contract_one_adapter_closes_itself_alone",
)
class ClosesTheNeighbour(InMemoryAdapter):
    closed: list[str] = []  # noqa: RUF012  # this is the fault

    async def close(self) -> None:
        self.closed.append(self.namespace)

    async def save(self, entry: MemoryEntry) -> None:
        if self.namespace in self.closed:
            raise StoreError("connection is closed")
        await super().save(entry)


@mutant("A verb has a parameter of another name.", caught_by="contract_takes_the_arguments_of_get")
class OtherNames(InMemoryAdapter):
    async def get(self, key: str) -> MemoryEntry | None:
        return await super().get(key)


@mutant("A verb is not awaited.", caught_by="contract_has_the_verb_count")
class NotAwaited(InMemoryAdapter):
    def count(self, filter: Filter | None = None) -> int:
        return len(self._store.entries)


@mutant(
    "Without `vector_search` a query by a vector alone finds nothing, and says nothing.",
    caught_by="capabilities_of_vectors_are_declared_or_refused",
)
class SilentWithoutVectors(InMemoryAdapter):
    declares = frozenset({"ttl", "text_search", "locks", "counters", "limits", "values"})

    async def query(self, query: Query) -> Sequence[Hit]:
        if query.text is None and query.filter is None:
            return []
        return await super().query(attrs.evolve(query, vector=None))


@mutant("`health` looks at an entry, and raises where there is none.", caught_by="contract_health_is_ok")
class HealthOfTheFirst(InMemoryAdapter):
    async def health(self) -> Health:
        self._store.expire()
        if not self._store.entries:
            raise IndexError("list index out of range")
        return await super().health()


@mutant("`health` reads an entry, which refreshes it.", caught_by="contract_health_changes_nothing")
class HealthReads(InMemoryAdapter):
    async def health(self) -> Health:
        for entry_id in list(self._store.entries)[:1]:
            await self.get(entry_id)
        return await super().health()


class _Cached(InMemoryAdapter):
    """Keeps what `get` gave until it is told to forget."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cached: dict[str, MemoryEntry] = {}

    async def get(self, entry_id: str) -> MemoryEntry | None:
        if entry_id not in self.cached:
            found = await super().get(entry_id)
            if found is None or found.expires_at is not None:
                return found
            self.cached[entry_id] = found
        return self.cached[entry_id]

    async def save(self, entry: MemoryEntry) -> None:
        self.cached.pop(entry.id, None)
        await super().save(entry)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        self.cached.clear()
        await super().save_many(entries)

    async def delete(self, entry_id: str) -> bool:
        self.cached.pop(entry_id, None)
        return await super().delete(entry_id)

    async def clear(self) -> int:
        self.cached.clear()
        return await super().clear()


@mutant(
    "What `get` gave is cached, and `delete_where` does not empty the cache.",
    caught_by="contract_answers_anew_after_a_delete_by_metadata",
)
class CachedBesideDeleteWhere(_Cached):
    """`update` goes through `save`."""


@mutant(
    "The answer to a query is kept until something is saved or deleted, but not until an update.",
    caught_by="contract_answers_anew_after_an_update_of_text",
)
class CachedAnswers(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.version = 0
        self.answers: dict[str, tuple[tuple[int, int], Sequence[Hit]]] = {}

    async def save(self, entry: MemoryEntry) -> None:
        self.version += entry.id not in self._store.entries
        await super().save(entry)

    async def query(self, query: Query) -> Sequence[Hit]:
        asked, version = repr(query), (self.version, await self.count())
        if query.vector is not None or self.refresh_on_read or self.eviction == "lru":
            return await super().query(query)
        if self.answers.get(asked, (None,))[0] != version:
            self.answers[asked] = (version, await super().query(query))
        return list(self.answers[asked][1])
