"""What goes wrong over a restart, and between processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import attrs

from axon.spi import Filter, MemoryEntry, Page
from mutants.bases import Remembering
from mutants.kept import Kept, Log, LoggedStore
from mutants.registration import mutant


class _AtClose(Log):
    def flush(self, file: BinaryIO) -> None:
        pass

    def close(self) -> None:
        if self.file is not None:
            super().flush(self.file)
        super().close()


@mutant("Entries are written when the adapter is closed.", caught_by="persistence_survives_a_kill")
class WrittenAtClose(Kept):
    declares = ("ttl", "text_search", "vector_search", "persistence")
    log_type = _AtClose


class _Gathered(_AtClose):
    def flush(self, file: BinaryIO) -> None:
        if len(self.pending) > 20_000:
            Log.flush(self, file)


@mutant("Writes are gathered, and written when there are many.", caught_by="persistence_survives_a_kill")
class WrittenTogether(Kept):
    declares = ("ttl", "text_search", "vector_search", "persistence")
    log_type = _Gathered


class _Never(Log):
    def flush(self, file: BinaryIO) -> None:
        self.pending = b""


@mutant("Persistence is declared and nothing is written.", caught_by="persistence_outlives_the_adapter")
class NothingWritten(Kept):
    declares = ("ttl", "text_search", "vector_search", "persistence")
    log_type = _Never


class _NoDeletes(LoggedStore):
    def told(self, verb: str, value: Any) -> None:
        if verb != "remove":
            super().told(verb, value)


@mutant("Deletes are not written: the deleted come back.", caught_by="persistence_outlives_the_adapter")
class TheDeletedComeBack(Kept):
    store_type = _NoDeletes


class _Lossy(LoggedStore):
    def lost(self, entry: MemoryEntry) -> MemoryEntry:
        return entry

    def do(self, verb: str, value: Any) -> None:
        super().do(verb, self.lost(value) if verb == "put" else value)


class _NoVectors(_Lossy):
    def lost(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, embedding=None)


@mutant("Vectors are not read back after a restart.", caught_by="persistence_outlives_the_adapter")
class VectorsAreLost(Kept):
    store_type = _NoVectors


@mutant("The tag index is not made again after a restart.", caught_by="persistence_outlives_the_adapter")
class TagsAreNotIndexedAgain(Kept):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.indexed: set[str] = set()
        self.whole = self._store.admitted
        self._store.admitted = self.admitted

    def admitted(self, filter: Filter) -> Mapping[str, MemoryEntry]:
        found = self.whole(filter)
        return {name: found[name] for name in found if name in self.indexed} if filter.tags else found

    async def save(self, entry: MemoryEntry) -> None:
        self.indexed.add(entry.id)
        await super().save(entry)

    async def save_many(self, entries: Any) -> None:
        self.indexed.update(entry.id for entry in entries)
        await super().save_many(entries)


class _TtlAnew(_Lossy):
    def lost(self, entry: MemoryEntry) -> MemoryEntry:
        if entry.expires_at is None or entry.lifetime is None:
            return entry
        from datetime import UTC, datetime

        return attrs.evolve(
            entry, expires_at=datetime.fromtimestamp(self._clock(), UTC) + entry.lifetime, ttl=entry.ttl
        )


@mutant("What is kept of an end is the TTL, which begins anew with every start.", caught_by="persistence_keeps_the_end")
class TtlBeginsAnew(Kept):
    store_type = _TtlAnew


@mutant("A cursor is known to the adapter that gave it alone.", caught_by="persistence_makes_a_cursor_last")
class CursorsOfOneAdapter(Kept):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cursors: dict[str, str | None] = {}

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(None if cursor is None else self.cursors.get(cursor), limit=limit)
        if page.cursor is None or (cursor is not None and cursor not in self.cursors):
            return attrs.evolve(page, cursor=None)
        name = f"c{id(self)}-{len(self.cursors)}"
        self.cursors[name] = page.cursor
        return attrs.evolve(page, cursor=name)


@mutant("`get` is answered from a cache of the adapter.", caught_by="sharing_is_between_adapters_too")
class CachedGets(Kept):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cache: dict[str, MemoryEntry] = {}

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        self.cache[entry.id] = entry

    async def delete(self, entry_id: str) -> bool:
        self.cache.pop(entry_id, None)
        return await super().delete(entry_id)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        return self.cache.get(entry_id) or await super().get(entry_id)


class _ReadOnce(Log):
    def catch_up(self, file: BinaryIO, store: LoggedStore) -> None:
        if not self.read:
            super().catch_up(file, store)


@mutant("The file is read once, when it is opened.", caught_by="sharing_is_between_adapters_too")
class ReadOnce(Kept):
    log_type = _ReadOnce


@mutant("A count is remembered until this adapter writes.", caught_by="sharing_shows_each_process_the_others_writes")
class RememberedCount(Remembering, Kept):
    def changed(self) -> bool:
        return False


class _NotLocked(Log):
    @contextmanager
    def locked(self, store: LoggedStore) -> Iterator[None]:
        if self.file is None:
            self.file = self.path.open("ab+")
        yield
        self.file.seek(0, 2)
        self.read = self.file.tell()
        self.flush(self.file)


@mutant(
    "What others have written while this adapter wrote is passed over.", caught_by="sharing_is_between_adapters_too"
)
class OthersPassedOver(Kept):
    log_type = _NotLocked


@mutant("`clear` deletes what this adapter has saved.", caught_by="sharing_is_between_adapters_too")
class ClearsItsOwn(Kept):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.own: set[str] = set()

    async def save(self, entry: MemoryEntry) -> None:
        self.own.add(entry.id)
        await super().save(entry)

    async def save_many(self, entries: Any) -> None:
        self.own.update(entry.id for entry in entries)
        await super().save_many(entries)

    async def clear(self) -> int:
        return await self.delete_many(sorted(self.own))
