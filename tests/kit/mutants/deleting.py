"""What goes wrong when entries are deleted, and counted after that."""

from __future__ import annotations

from typing import Any

from axon.spi import Filter, MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Remembering
from mutants.registration import mutant


class Indexed(InMemoryAdapter):
    """Leaves an old tag in the index: subclasses say when."""

    def left(self, entry: MemoryEntry) -> None:
        for tag in entry.tags:
            self._store.tags[tag][entry.id] = entry


@mutant("A delete leaves the entry in the tag index.", caught_by="deleting_removes_the_entry_from_everything")
class DeletesTheEntryOnly(Indexed):
    async def delete(self, entry_id: str) -> bool:
        old = self._store.entries.get(entry_id)
        found = await super().delete(entry_id)
        if old is not None:
            self.left(old)
        return found


@mutant("`clear` leaves the tag index.", caught_by="deleting_all_empties_everything")
class ClearsTheEntriesOnly(Indexed):
    async def clear(self) -> int:
        old = list(self._store.entries.values())
        cleared = await super().clear()
        for entry in old:
            self.left(entry)
        return cleared


@mutant("A delete hides the id for ever (a tombstone).", caught_by="deleting_leaves_the_id_free")
class Tombstones(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dead: set[str] = set()

    async def delete(self, entry_id: str) -> bool:
        self.dead.add(entry_id)
        return await super().delete(entry_id)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        return None if entry_id in self.dead else await super().get(entry_id)


@mutant("`delete` always gives True.", caught_by="deleting_says_whether_there_was_one")
class DeleteIsTrue(InMemoryAdapter):
    async def delete(self, entry_id: str) -> bool:
        await super().delete(entry_id)
        return True


@mutant("An overwrite is counted as one more.", caught_by="deleting_is_counted")
class CountsSaves(InMemoryAdapter):
    extra = 0

    async def save(self, entry: MemoryEntry) -> None:
        self.extra += entry.id in self._store.entries
        await super().save(entry)

    async def count(self, filter: Filter | None = None) -> int:
        return await super().count(filter) + (self.extra if filter is None else 0)


@mutant("`count` is remembered until the next save.", caught_by="deleting_is_counted")
class StaleCount(Remembering):
    def changed(self) -> bool:
        return False


@mutant("`clear` deletes one page of 1000.", caught_by="deleting_all_counts_many")
class ClearsAPage(InMemoryAdapter):
    async def clear(self) -> int:
        self._store.expire()
        return sum(map(self._store.remove, list(self._store.entries)[:1000]))


@mutant("`clear` gives nothing.", caught_by="deleting_all_empties_everything")
class ClearGivesNothing(InMemoryAdapter):
    async def clear(self) -> None:
        await super().clear()


@mutant(
    "Reads are answered from a cache that a delete does not empty.",
    caught_by="deleting_removes_the_entry_from_everything",
)
class CachedReads(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.cache: dict[str, MemoryEntry] = {}

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        self.cache[entry.id] = entry

    async def save_many(self, entries: Any) -> None:
        for entry in entries:
            await self.save(entry)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        return self.cache.get(entry_id) or await super().get(entry_id)
