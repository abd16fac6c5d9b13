"""What goes wrong when an entry is updated."""

from __future__ import annotations

from typing import Any

import attrs

from axon.spi import Filter, MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Selecting
from mutants.registration import mutant


@mutant("`update` makes an entry where there is none.", caught_by="updating_nothing_makes_nothing")
class Upserts(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        if entry_id not in self._store.entries:
            await self.save(MemoryEntry(id=entry_id, **{"text": "?", **changes}))
        return await super().update(entry_id, **changes)


@mutant("`update` merges metadata.", caught_by="updating_changes_only_metadata")
class UpdateMerges(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        if old is not None and "metadata" in changes:
            changes["metadata"] = {**old.metadata, **changes["metadata"]}
        return await super().update(entry_id, **changes)


@mutant("`update` drops the entry's own TTL.", caught_by="updating_changes_only_tags")
class UpdateDropsTtl(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        return await super().update(entry_id, **{"ttl": None, **changes})


@mutant(
    "`update` that changes nothing gives None (rows that were affected: 0).",
    caught_by="updating_changes_only_text",
)
class UpdateOfTheSame(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        changed = await super().update(entry_id, **changes)
        return None if changed == old else changed


@mutant("`update` drops the vector.", caught_by="updating_changes_only_tags")
class UpdateDropsVector(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        return await super().update(entry_id, **{"embedding": None, **changes})


@mutant("`update` leaves alone what is to become None.", caught_by="updating_changes_only_session_id")
class UpdateSkipsNone(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        return await super().update(entry_id, **{key: value for key, value in changes.items() if value is not None})


@mutant("`update` leaves the entry under its old tags.", caught_by="updating_moves_the_entry_in_the_index")
class UpdateLeavesTags(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        changed = await super().update(entry_id, **changes)
        if old is not None and changed is not None:
            for tag in old.tags:
                self._store.tags[tag][entry_id] = changed
        return changed


@mutant("`update` gives the entry as it was before.", caught_by="updating_changes_only_text")
class UpdateGivesTheOld(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        return old if await super().update(entry_id, **changes) is not None else None


@mutant("`update` writes values without looking at them.", caught_by="updating_refuses_what_no_entry_can_hold")
class UpdateUnchecked(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        if not str(changes.get("text", "x")).strip():
            changes["text"] = "-"
        return await super().update(entry_id, **changes)


@mutant(
    "An update of the importance does not touch what is found by it.",
    caught_by="contract_answers_anew_after_an_update_of_importance",
)
class OldImportanceFound(Selecting):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.weights: dict[str, float] = {}

    async def save(self, entry: MemoryEntry) -> None:
        self.weights.pop(entry.id, None)
        await super().save(entry)

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        changed = await super().update(entry_id, **changes)
        if old is not None and changed is not None:
            self.weights[entry_id] = old.importance
        return changed

    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        weight = self.weights.get(entry.id, entry.importance)
        return super().matches(filter, attrs.evolve(entry, importance=weight))


@mutant(
    "Counts by a tag are kept beside, and an update of tags forgets to lower them.",
    caught_by="contract_answers_anew_after_an_update_of_tags",
)
class CountedTags(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.left: dict[str, set[str]] = {}

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        changed = await super().update(entry_id, **changes)
        for tag in old.tags - changed.tags if old is not None and changed is not None and len(changes) == 1 else ():
            self.left.setdefault(tag, set()).add(entry_id)
        return changed

    async def count(self, filter: Filter | None = None) -> int:
        counted = await super().count(filter)
        if filter is None or filter != Filter(tags=filter.tags) or len(filter.tags) != 1:
            return counted
        (tag,) = filter.tags
        return counted + sum(i in self._store.entries for i in self.left.get(tag, ()))
