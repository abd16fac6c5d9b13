"""What goes wrong where an entry replaces another one."""

from __future__ import annotations

from typing import Any

import attrs

from axon.spi import MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


class Merging(InMemoryAdapter):
    """Keeps something of the entry that is replaced."""

    def merged(self, old: MemoryEntry, entry: MemoryEntry) -> MemoryEntry:
        return entry

    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry if old is None else self.merged(old, entry))


@mutant("An overwrite adds to the tags (SADD).", caught_by="saving_replaces_the_entry_of_the_id")
class TagsAdded(Merging):
    def merged(self, old: MemoryEntry, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, tags=old.tags | entry.tags)


@mutant("An overwrite merges metadata.", caught_by="saving_replaces_the_entry_of_the_id")
class MetadataMerged(Merging):
    def merged(self, old: MemoryEntry, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, metadata={**old.metadata, **entry.metadata})


@mutant(
    "An overwrite leaves fields that are None as they were (HSET).",
    caught_by="saving_replaces_the_entry_of_the_id",
)
class NoneIsNotWritten(Merging):
    def merged(self, old: MemoryEntry, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, user_id=entry.user_id or old.user_id, session_id=entry.session_id or old.session_id)


@mutant("An overwrite keeps `created_at`.", caught_by="saving_replaces_the_entry_of_the_id")
class CreationStays(Merging):
    def merged(self, old: MemoryEntry, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, created_at=old.created_at)


@mutant(
    "An overwrite leaves the old tags in the index.",
    caught_by="saving_takes_the_old_entry_out_of_the_index_by_tag",
)
class OldTagsStay(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        if old is not None:
            for tag in old.tags - entry.tags:
                self._store.tags[tag][entry.id] = entry


@mutant(
    "An overwrite leaves the old user in the index.",
    caught_by="saving_takes_the_old_entry_out_of_the_index_by_user",
)
class OldUserStays(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        if old is not None and old.user_id is not None and old.user_id != entry.user_id:
            self._store.users[old.user_id][entry.id] = entry


@mutant("An overwrite indexes no new tags.", caught_by="saving_puts_the_new_entry_into_every_index")
class NewTagsAreMissing(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        for tag in () if old is None else entry.tags - old.tags:
            self._store.tags[tag].pop(entry.id, None)


@mutant(
    "What has expired when it is saved leaves its id in an index.",
    caught_by="saving_leaves_nothing_of_what_is_gone_with_any_room",
)
class LateOnesStay(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.late: set[str] = set()

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        if entry.id not in self._store.entries and entry.expires_at is not None:
            self.late.add(entry.id)

    async def residue(self) -> int:
        return await super().residue() + len(self.late)


@mutant(
    "A save that is refused leaves a note of what it was about to write.",
    caught_by="saving_leaves_nothing_of_what_is_gone_with_any_room",
)
class RefusedOnesStay(InMemoryAdapter):
    begun = 0

    async def save(self, entry: MemoryEntry) -> None:
        self.begun += 1
        await super().save(entry)
        self.begun -= 1

    async def residue(self) -> int:
        return await super().residue() + self.begun
