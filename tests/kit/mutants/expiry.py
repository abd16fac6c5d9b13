"""What goes wrong where entries end."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any

import attrs

from axon.core.errors import InvalidInput
from axon.spi import Filter, Hit, MemoryEntry, Page, Query
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Ending, Haunted, Timed
from mutants.registration import mutant


@mutant("The TTL is cut to whole seconds (EXPIREAT).", caught_by="expiry_counts_fractions_of_a_second")
class WholeSeconds(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else math.floor(due)


@mutant("The TTL is rounded up to whole seconds.", caught_by="expiry_counts_fractions_of_a_second")
class WholeSecondsUp(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else math.ceil(due)


@mutant("What is left to live is rounded to the nearest second.", caught_by="expiry_counts_fractions_in_a_batch")
class RoundedSeconds(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else self.now + round(due - self.now)


@mutant("The TTL counts from the creation of an entry.", caught_by="expiry_goes_by_the_end_and_not_by_the_creation")
class TtlFromCreation(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        return None if entry.expires_at is None else self.now + (entry.expires_at - entry.created_at).total_seconds()


@mutant("The entry's own TTL decides, not its end.", caught_by="expiry_goes_by_the_end_and_not_by_the_creation")
class OwnTtlFirst(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        return super().due(entry) if entry.ttl is None else self.now + entry.ttl.total_seconds()


@mutant("Ends are kept as local time and read as UTC: an hour early.", caught_by="expiry_lives_until_its_end")
class LocalTime(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else due - 3600


@mutant(
    "Ends lose their zone, and are read as local time.", caught_by="expiry_comes_in_time_where_local_time_is_not_utc"
)
class EndsInLocalTime(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        end = entry.expires_at
        if end is None or end.year == 9999:
            return super().due(entry)
        return end.replace(tzinfo=None).astimezone(UTC).timestamp()


@mutant(
    "The zone's offset is taken off ends, summer or winter.",
    caught_by="expiry_comes_in_time_where_local_time_is_not_utc",
)
class OffsetOfWinter(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        if entry.expires_at is None or entry.expires_at.year == 9999:
            return super().due(entry)
        return entry.expires_at.replace(tzinfo=None).timestamp() - time.timezone


@mutant("Milliseconds are given where the store counts in seconds.", caught_by="expiry_hides_from_get")
class MillisecondsForSeconds(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else self.now + (due - self.now) * 1000


@mutant("No entry lives longer than 30 days.", caught_by="expiry_comes_as_late_as_it_is_set")
class ThirtyDaysAtTheMost(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else min(due, self.now + 30 * 86400)


@mutant("An entry without an end gets one after 30 days.", caught_by="expiry_never_comes_for_what_has_no_end")
class DefaultTtl(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        return super().due(entry) or self.now + 30 * 86400


@mutant("At the very moment of its end an entry is still there.", caught_by="expiry_hides_from_get")
class EndIncluded(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else math.nextafter(due, math.inf)


@mutant("Ends that are near are put off: nothing lives less than a second.", caught_by="expiry_hides_from_get")
class OneSecondAtLeast(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else max(due, self.now + 1.0)


@mutant("A batch has one TTL, that of its first entry.", caught_by="expiry_counts_fractions_in_a_batch")
class OneTtlForABatch(Timed):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many(entries)
        for entry in entries:
            self.retime(attrs.evolve(entries[0], id=entry.id))


@mutant("A batch sets no TTL.", caught_by="expiry_counts_fractions_in_a_batch")
class BatchWithoutTtl(Ending):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many(entries)
        for entry in entries:
            self.ends.end(entry.id, None)


@mutant("An overwrite leaves the TTL that there was (HSET).", caught_by="expiry_moves_when_the_entry_is_saved_again")
class OverwriteKeepsTtl(Timed):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        if old is not None and old.expires_at is not None:
            self.retime(attrs.evolve(entry, expires_at=old.expires_at))


@mutant(
    "An overwrite by an entry without an end keeps the old one (KEEPTTL).",
    caught_by="expiry_ends_when_the_entry_is_saved_for_ever",
)
class KeepTtl(Timed):
    async def save(self, entry: MemoryEntry) -> None:
        old = self._store.entries.get(entry.id)
        await super().save(entry)
        if old is not None and entry.expires_at is None:
            self.retime(attrs.evolve(entry, expires_at=old.expires_at))


@mutant(
    "An overwrite sets no TTL: only an insert does.",
    caught_by="expiry_begins_when_the_entry_is_saved_with_an_end",
)
class OverwriteWithoutTtl(Ending):
    async def save(self, entry: MemoryEntry) -> None:
        known = entry.id in self._store.entries
        await super().save(entry)
        if known:
            self.ends.end(entry.id, None)


@mutant("An entry that has expired already is kept for ever.", caught_by="expiry_of_an_entry_that_comes_too_late")
class LateForEver(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        if entry.expires_at is not None and entry.expires_at.timestamp() <= self._store._clock():
            entry = attrs.evolve(entry, expires_at=None)
        await super().save(entry)


@mutant(
    "An entry that has expired already is passed over, and the old one of its id stays.",
    caught_by="expiry_of_an_entry_that_comes_too_late",
)
class LateIgnored(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        if entry.expires_at is None or entry.expires_at.timestamp() > self._store._clock():
            await super().save(entry)


@mutant(
    "An entry that has expired already fails its whole batch.",
    caught_by="expiry_of_one_that_comes_too_late_in_a_batch",
)
class LateRefused(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        now = self._store._clock()
        if any(entry.expires_at is not None and entry.expires_at.timestamp() <= now for entry in entries):
            raise InvalidInput("invalid expire time")
        await super().save_many(entries)


@mutant("An update takes the end away.", caught_by="expiry_stays_through_an_update")
class UpdateForEver(Ending):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        changed = await super().update(entry_id, **changes)
        self.ends.end(entry_id, None)
        return changed


@mutant("An update begins the TTL anew.", caught_by="expiry_stays_through_an_update")
class UpdateRenews(Timed):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        changed = await super().update(entry_id, **changes)
        if changed is not None and changed.lifetime is not None:
            self.ends.end(entry_id, self.now + changed.lifetime.total_seconds())
        return changed


@mutant("An update of the end changes the entry and not its timer.", caught_by="expiry_can_be_changed_by_an_update")
class UpdateLeavesTimer(Timed):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        old = self._store.entries.get(entry_id)
        changed = await super().update(entry_id, **changes)
        if old is not None:
            self.retime(old)
        return changed


@mutant("An update of the end to None leaves it.", caught_by="expiry_can_be_changed_by_an_update")
class UpdateKeepsTheEnd(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        if "expires_at" in changes and changes["expires_at"] is None:
            del changes["expires_at"]
        return await super().update(entry_id, **changes)


@mutant("Expired entries are counted.", caught_by="expiry_hides_from_count")
class CountsTheExpired(Haunted):
    async def count(self, filter: Filter | None = None) -> int:
        return await super().count(filter) + (len(self.ghosts()) if filter is None else 0)


@mutant("A tag set has no TTL: it counts the expired.", caught_by="expiry_hides_from_count_by_a_tag")
class TagSetWithoutTtl(Haunted):
    async def count(self, filter: Filter | None = None) -> int:
        ghosts = self.ghosts(filter) if filter is not None and filter.tags else []
        return await super().count(filter) + len(ghosts)


@mutant("A scan gives what has expired and is not swept yet.", caught_by="expiry_hides_from_scan")
class ScansTheExpired(Haunted):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        return attrs.evolve(page, entries=[*(self.ghosts() if cursor is None else []), *page.entries])


@mutant("A delete of an expired entry says that there was one.", caught_by="expiry_hides_from_delete")
class DeletesTheExpired(Haunted):
    async def delete(self, entry_id: str) -> bool:
        was = any(ghost.id == entry_id for ghost in self.ghosts())
        return await super().delete(entry_id) or was


@mutant("`clear` counts the expired.", caught_by="expiry_hides_from_clear")
class ClearCountsTheExpired(Haunted):
    async def clear(self) -> int:
        ghosts = len(self.ghosts())
        return await super().clear() + ghosts


@mutant("`delete_where` counts the expired.", caught_by="expiry_hides_from_delete_where_by_a_tag")
class DeleteWhereCountsTheExpired(Haunted):
    async def delete_where(self, filter: Filter) -> int:
        ghosts = len(self.ghosts(filter))
        return await super().delete_where(filter) + ghosts


@mutant("An update revives an expired entry.", caught_by="expiry_hides_from_update")
class UpdateRevives(Haunted):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        for ghost in self.ghosts():
            if ghost.id == entry_id:
                await self.save(attrs.evolve(ghost, **{"expires_at": None, **changes}))
        return await super().update(entry_id, **changes)


@mutant("`get_many` does not look at the end, as `get` does.", caught_by="expiry_hides_from_get_many")
class GetManyOfTheExpired(Haunted):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        ghosts = {ghost.id: ghost for ghost in self.ghosts()}
        return [found or ghosts.get(i) for i, found in zip(entry_ids, await super().get_many(entry_ids), strict=True)]


@mutant("A query by ids does not look at the end.", caught_by="expiry_hides_from_query_by_id")
class QueryOfTheExpired(Haunted):
    async def query(self, query: Query) -> Sequence[Hit]:
        hits = list(await super().query(query))
        if query.filter is not None and query.filter.ids:
            hits += [Hit(ghost, 0.0) for ghost in self.ghosts(query.filter)]
        return hits


@mutant(
    "The expired are taken out of the hits after the limit has cut.", caught_by="expiry_hides_from_query_with_a_limit"
)
class ExpiredWithinTheLimit(Haunted):
    async def query(self, query: Query) -> Sequence[Hit]:
        ghosts = len(self.ghosts(query.filter))
        return (await super().query(query))[: max(0, query.limit - ghosts)]


@mutant("Entries are swept in rounds of ten seconds, and nothing else looks.", caught_by="expiry_hides_from_get")
class SweptNowAndThen(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else math.ceil(due / 10) * 10


@mutant("An expired id cannot be used again.", caught_by="expiry_leaves_the_id_free")
class ExpiredIdsAreTaken(Haunted):
    async def save(self, entry: MemoryEntry) -> None:
        if all(ghost.id != entry.id for ghost in self.ghosts()):
            await super().save(entry)


@mutant("Reading prolongs a life although nobody asked for it.", caught_by="expiry_does_not_move_by_reading")
class AlwaysRefreshes(InMemoryAdapter):
    def _read(self, entry: MemoryEntry) -> MemoryEntry:
        super()._read(entry)
        return self._store.refresh(entry)


@mutant("The pages of a scan are read when it begins.", caught_by="expiry_is_not_told_of_a_page_that_was_read_before")
class ScanOfTheBeginning(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        if cursor is None:
            self._store.expire()
            self.whole = list(self._store.entries.values())
        start = int(cursor or 0)
        end = start + limit
        return Page(entries=self.whole[start:end], cursor=str(end) if end < len(self.whole) else None)


@mutant("Ends are kept to the minute.", caught_by="fields_come_back_end_to_the_microsecond")
class EndsToTheMinute(InMemoryAdapter):
    async def save(self, entry: MemoryEntry) -> None:
        if entry.expires_at is not None and entry.expires_at.timestamp() > self._store._clock() + 60:
            entry = attrs.evolve(entry, expires_at=entry.expires_at.replace(second=0, microsecond=0))
        await super().save(entry)


@mutant("An hour is added to ends, for clocks that differ.", caught_by="expiry_hides_from_get")
class HourOfGrace(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else due + timedelta(hours=1).total_seconds()


@mutant("Ends are cut to milliseconds.", caught_by="expiry_is_told_to_the_microsecond_after_save")
class CutToMilliseconds(Timed):
    def due(self, entry: MemoryEntry) -> float | None:
        due = super().due(entry)
        return None if due is None else math.floor(due * 1000) / 1000


@mutant("An update of the end in milliseconds.", caught_by="expiry_is_told_to_the_microsecond_after_update")
class UpdatedInMilliseconds(Timed):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        changed = await super().update(entry_id, **changes)
        if changed is not None and changed.expires_at is not None and entry_id in self._store.entries:
            self.ends.end(entry_id, round(changed.expires_at.timestamp(), 3))
        return changed


@mutant(
    "An update of the end goes by the key alone, and revives what nobody has swept.",
    caught_by="expiry_is_not_undone_by_an_update_of_a_later_end",
)
class ProlongsTheDead(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        if "expires_at" not in changes or entry_id not in self._store.entries:
            return await super().update(entry_id, **changes)
        await self.save(attrs.evolve(self._store.entries[entry_id], **changes))
        return self._store.entries.get(entry_id)


@mutant(
    "An update to an end that has been is taken for no end at all.",
    caught_by="expiry_comes_at_once_by_an_update_to_what_has_been",
)
class PastIsNever(InMemoryAdapter):
    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        end = changes.get("expires_at")
        if end is not None and end.timestamp() <= self._store._clock():
            changes["expires_at"] = None
        return await super().update(entry_id, **changes)


@mutant("`clear` leaves the ends, which sweep what is saved later.", caught_by="expiry_does_not_come_back_after_clear")
class ClearLeavesEnds(Ending):
    async def clear(self) -> int:
        ends = self.ends.all()
        cleared = await super().clear()
        for entry_id, end in ends.items():
            self.ends.end(entry_id, end)
        return cleared
