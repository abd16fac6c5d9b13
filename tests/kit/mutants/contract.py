"""What goes wrong with one entry."""

from __future__ import annotations

import json
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from axon.core.errors import StoreError
from axon.spi import Filter, Health, Hit, MemoryEntry, Page, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


class Encoding(InMemoryAdapter):
    """Loses something on the way to the store."""

    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return entry

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(self.encoded(entry))

    async def save_many(self, entries: Any) -> None:
        await super().save_many([self.encoded(entry) for entry in entries])


@mutant("Moments are kept in milliseconds.", caught_by="fields_come_back_created_to_the_microsecond")
class Milliseconds(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        created = entry.created_at
        return attrs.evolve(entry, created_at=created.replace(microsecond=created.microsecond // 1000 * 1000))


@mutant("Moments before 1970 become 1970.", caught_by="fields_come_back_created_before_1970")
class SinceTheEpoch(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, created_at=max(entry.created_at, datetime(1970, 1, 1, tzinfo=UTC)))


@mutant("Ends after 2038 do not fit (32 bits).", caught_by="fields_come_back_end_in_the_year_9999")
class ThirtyTwoBits(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        far = datetime(2106, 2, 7, tzinfo=UTC)
        return entry if entry.expires_at is None else attrs.evolve(entry, expires_at=min(entry.expires_at, far))


@mutant("Importance is kept in single precision.", caught_by="fields_come_back_importance_to_the_last_bit")
class SinglePrecision(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, importance=struct.unpack("f", struct.pack("f", entry.importance))[0])


@mutant("An importance of 0 becomes the default.", caught_by="fields_come_back_importance_of_zero")
class ZeroIsDefault(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, importance=entry.importance or 0.5)


@mutant("Text is brought to NFC.", caught_by="fields_come_back_text_in_many_scripts")
class ComposedText(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=unicodedata.normalize("NFC", entry.text.replace("\u200d", "")))


@mutant("Line breaks become \\n.", caught_by="fields_come_back_text_with_quotes_and_newlines")
class LineBreaks(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.replace("\r\n", "\n"))


@mutant("Spaces around a text are taken off.", caught_by="fields_come_back_text_with_spaces_around_it")
class StrippedText(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.strip())


@mutant("A byte order mark is taken off a text.", caught_by="fields_come_back_text_with_a_byte_order_mark")
class NoByteOrderMark(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.lstrip("\ufeff"))


@mutant("A NUL is taken out of a text.", caught_by="fields_with_a_nul_come_back_or_are_refused")
class NoNul(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.replace("\0", ""))


@mutant("A carriage return is taken out of metadata.", caught_by="fields_come_back_metadata_with_awkward_text")
class NoCarriageReturn(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        values = {
            key: value.replace("\r", "") if isinstance(value, str) else value for key, value in entry.metadata.items()
        }
        return attrs.evolve(entry, metadata=values)


@mutant("Numbers in metadata are floats.", caught_by="fields_come_back_metadata")
class FloatsOnly(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, metadata=json.loads(json.dumps(_plain(entry.metadata)), parse_int=float))


@mutant("True in metadata becomes 1.", caught_by="fields_come_back_metadata_that_tells_true_from_one")
class TrueBecomesOne(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        values = {key: int(value) if isinstance(value, bool) else value for key, value in entry.metadata.items()}
        return attrs.evolve(entry, metadata=values)


@mutant("Empty values in metadata are left out.", caught_by="fields_come_back_metadata")
class NothingEmpty(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(
            entry, metadata={key: value for key, value in entry.metadata.items() if value not in ("", None, {})}
        )


@mutant("The entry's own TTL is not kept.", caught_by="fields_come_back_own_ttl")
class NoOwnTtl(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, ttl=None)


@mutant('No user becomes the user "None".', caught_by="contract_get_gives_what_was_saved")
class UserNone(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, user_id=str(entry.user_id))


@mutant("Of the tags of an entry 64 are kept.", caught_by="sizes_of_many_tags")
class FewTags(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, tags=sorted(entry.tags)[:64])


@mutant("Texts are cut to 65535 bytes (TEXT).", caught_by="sizes_of_text_of_a_megabyte")
class CutText(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, text=entry.text.encode()[:65535].decode(errors="ignore"))


@mutant("`created_at` is the moment of the save.", caught_by="fields_come_back_created_before_1970")
class CreatedWhenSaved(Encoding):
    def encoded(self, entry: MemoryEntry) -> MemoryEntry:
        return attrs.evolve(entry, created_at=datetime.fromtimestamp(self._store._clock(), UTC))


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


class Indexed(InMemoryAdapter):
    """Leaves an old tag in the index: subclasses say when."""

    def left(self, entry: MemoryEntry) -> None:
        for tag in entry.tags:
            self._store.tags[tag][entry.id] = entry


@mutant(
    "An overwrite leaves the old tags in the index.",
    caught_by="saving_takes_the_old_entry_out_of_the_index_by_tag",
)
class OldTagsStay(Indexed):
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
class OldUserStays(Indexed):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        if old is not None and old.user_id is not None and old.user_id != entry.user_id:
            self._store.users[old.user_id][entry.id] = entry


@mutant("An overwrite indexes no new tags.", caught_by="saving_puts_the_new_entry_into_every_index")
class NewTagsAreMissing(Indexed):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        for tag in () if old is None else entry.tags - old.tags:
            self._store.tags[tag].pop(entry.id, None)


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
class UpdateLeavesTags(Indexed):
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


@mutant("An overwrite is counted as one more.", caught_by="deleting_is_counted")
class CountsSaves(InMemoryAdapter):
    extra = 0

    async def save(self, entry: MemoryEntry) -> None:
        self.extra += entry.id in self._store.entries
        await super().save(entry)

    async def count(self, filter: Filter | None = None) -> int:
        return await super().count(filter) + (self.extra if filter is None else 0)


@mutant("`count` is remembered until the next save.", caught_by="deleting_is_counted")
class StaleCount(InMemoryAdapter):
    remembered: int | None = None

    async def save(self, entry: MemoryEntry) -> None:
        self.remembered = None
        await super().save(entry)

    async def count(self, filter: Filter | None = None) -> int:
        if filter is not None:
            return await super().count(filter)
        if self.remembered is None:
            self.remembered = await super().count()
        return self.remembered


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


def _plain(value: Any) -> Any:
    if isinstance(value, dict) or hasattr(value, "items"):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


@mutant("An entry keeps 1,000 tags.", caught_by="sizes_of_many_tags")
class AThousandTags(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        await super().save(attrs.evolve(entry, tags=sorted(entry.tags)[:1000]))


@mutant(
    "Without `vector_search` a query by a vector alone finds nothing, and says nothing.",
    caught_by="capabilities_of_vectors_are_declared_or_refused",
)
class SilentWithoutVectors(InMemoryAdapter):
    declares = frozenset({"ttl", "text_search", "locks", "counters", "limits"})

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
