"""What goes wrong where a filter becomes a condition of a store."""

from __future__ import annotations

import json
import struct
from fnmatch import fnmatchcase
from typing import Any

import attrs

from axon.core.filters import DateRange
from axon.spi import Filter, MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.bases import Selecting
from mutants.registration import mutant


@mutant("An entry needs one of the tags, not all.", caught_by="filters_query_by_two_tags")
class AnyTag(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.tags and not filter.tags & entry.tags:
            return False
        return attrs.evolve(filter, tags=[]).matches(entry)


class ByTag(Selecting):
    """Compares tags in its own way."""

    def meets(self, asked: str, tag: str) -> bool:
        return asked == tag

    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if not all(any(self.meets(asked, tag) for tag in entry.tags) for asked in filter.tags):
            return False
        return attrs.evolve(filter, tags=[]).matches(entry)


@mutant("A tag is found by its beginning.", caught_by="filters_query_by_a_tag")
class TagPrefix(ByTag):
    def meets(self, asked: str, tag: str) -> bool:
        return tag.startswith(asked)


@mutant("A tag is found in any case.", caught_by="identity_of_tags_users_and_sessions_is_told_apart_by_another_case")
class TagsWithoutCase(ByTag):
    def meets(self, asked: str, tag: str) -> bool:
        return asked.lower() == tag.lower()


@mutant("Tags are cut into words.", caught_by="identity_of_tags_users_and_sessions_is_told_apart_by_a_space_inside")
class TagsOfWords(ByTag):
    def meets(self, asked: str, tag: str) -> bool:
        return asked in {tag, *tag.split()}


@mutant(
    "Tags are one text, joined by commas.", caught_by="identity_of_tags_users_and_sessions_is_told_apart_by_a_comma"
)
class TagsJoined(ByTag):
    def meets(self, asked: str, tag: str) -> bool:
        return asked in {tag, *tag.split(",")}


@mutant("A tag is a glob pattern.", caught_by="identity_of_tags_users_and_sessions_is_told_apart_by_a_star_at_the_end")
class TagGlobs(ByTag):
    def meets(self, asked: str, tag: str) -> bool:
        return asked == tag or fnmatchcase(tag, asked)


@mutant("A tag is looked for in the JSON of all tags.", caught_by="filters_query_by_a_tag")
class TagInJson(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        text = json.dumps(sorted(entry.tags), ensure_ascii=False)
        return all(tag in text for tag in filter.tags) and attrs.evolve(filter, tags=[]).matches(entry)


@mutant("A user is found by the beginning of the name.", caught_by="filters_query_by_a_user")
class UserPrefix(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.user_id is not None and not (entry.user_id or "").startswith(filter.user_id):
            return False
        return attrs.evolve(filter, user_id=None).matches(entry)


@mutant("A session is asked for only where no user is.", caught_by="filters_query_by_a_user_and_a_session")
class SessionOrUser(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return (attrs.evolve(filter, session_id=None) if filter.user_id else filter).matches(entry)


@mutant("Entries without a user belong to every user.", caught_by="filters_query_by_a_user")
class NobodysAreEverybodys(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return (filter if entry.user_id else attrs.evolve(filter, user_id=None)).matches(entry)


@mutant("The highest importance is excluded.", caught_by="filters_query_by_importance_with_its_bounds")
class HighestExcluded(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return filter.matches(entry) and (filter.importance is None or entry.importance < filter.importance[1])


@mutant("The lowest importance is excluded.", caught_by="filters_query_by_importance_with_its_bounds")
class LowestExcluded(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return filter.matches(entry) and (filter.importance is None or entry.importance > filter.importance[0])


@mutant("An upper bound of importance of 0 is taken for none.", caught_by="filters_query_by_the_lowest_importance")
class ZeroIsNone(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.importance is not None and not filter.importance[1]:
            filter = attrs.evolve(filter, importance=None)
        return filter.matches(entry)


@mutant("Importance is compared in tenths.", caught_by="filters_query_by_importance_between")
class ImportanceInTenths(Selecting):
    digits = 1

    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.importance is None:
            return filter.matches(entry)
        low, high = (round(bound, self.digits) for bound in filter.importance)
        return attrs.evolve(filter, importance=(low, high)).matches(
            attrs.evolve(entry, importance=round(entry.importance, self.digits))
        )


@mutant("Importance is compared in hundredths.", caught_by="filters_query_by_importance_a_hair_above")
class ImportanceInHundredths(ImportanceInTenths):
    digits = 2


@mutant(
    "A list is compared as a whole, with the objects in it.",
    caught_by="filters_query_by_metadata_of_an_object_in_a_list",
)
class ListsAreWhole(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        lists = [key for key, value in filter.metadata.items() if isinstance(value, list)]
        return filter.matches(entry) and all(entry.metadata[key] == filter.metadata[key] for key in lists)


@mutant("A date range that is open at both ends admits nothing.", caught_by="filters_query_by_created_at_any_time")
class OpenRangesAreEmpty(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return filter.matches(entry) and filter.created != DateRange()


@mutant("The end of a date range is included (BETWEEN).", caught_by="filters_query_by_created_between")
class EndOfRangeIncluded(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.created is not None and entry.created_at == filter.created.end:
            filter = attrs.evolve(filter, created=None)
        return filter.matches(entry)


@mutant("The start of a date range is excluded.", caught_by="filters_query_by_created_from")
class StartOfRangeExcluded(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return filter.matches(entry) and (filter.created is None or entry.created_at != filter.created.start)


@mutant("Date ranges are compared in whole seconds.", caught_by="filters_query_by_created_at_the_microsecond")
class RangesInSeconds(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.created is None:
            return filter.matches(entry)
        start, end = (moment and moment.replace(microsecond=0) for moment in (filter.created.start, filter.created.end))
        created = entry.created_at.replace(microsecond=0)
        inside = (start is None or start <= created) and (end is None or created < end)
        return inside and attrs.evolve(filter, created=None).matches(entry)


@mutant("A date range whose end alone is given is passed over.", caught_by="filters_query_by_created_before")
class RangesNeedAStart(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.created is not None and filter.created.start is None:
            filter = attrs.evolve(filter, created=None)
        return filter.matches(entry)


@mutant("Importance is compared in single precision.", caught_by="filters_query_by_importance_exactly")
class ImportanceInSinglePrecision(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        single = struct.unpack("f", struct.pack("f", entry.importance))[0]
        inside = filter.importance is None or filter.importance[0] <= single <= filter.importance[1]
        return inside and attrs.evolve(filter, importance=None).matches(entry)


@mutant("No ids at all are all ids.", caught_by="filters_query_by_no_id_at_all")
class NoIdsAreAll(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return (filter if filter.ids else attrs.evolve(filter, ids=None)).matches(entry)


@mutant(
    "Where ids are given, the other conditions are not asked.", caught_by="filters_query_by_an_id_and_a_tag_it_lacks"
)
class IdsAlone(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return entry.id in filter.ids if filter.ids else filter.matches(entry)


@mutant("A count with a filter stops at 1000.", caught_by="filters_admit_all_that_are_there")
class CountsTo1000(InMemoryAdapter):
    async def count(self, filter: Filter | None = None) -> int:
        found = await super().count(filter)
        return found if filter is None else min(1000, found)


@mutant("`delete_where` deletes one page of 500.", caught_by="filters_admit_all_that_are_there")
class DeletesAPage(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        self._store.expire()
        return sum(map(self._store.remove, list(self._store.admitted(filter))[:500]))


@mutant("`count` looks at tags, user and session alone.", caught_by="filters_count_by_metadata_of_true")
class CountsByIndex(InMemoryAdapter):
    async def count(self, filter: Filter | None = None) -> int:
        return await super().count(filter and attrs.evolve(filter, metadata={}))


@mutant("`delete_where` looks at tags, user and session alone.", caught_by="filters_delete_by_created_from")
class DeletesByIndex(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        return await super().delete_where(attrs.evolve(filter, created=None))


@mutant("`delete_where` with an empty filter does nothing, to be safe.", caught_by="filters_delete_by_nothing")
class DeletesNothing(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        return 0 if filter.is_empty else await super().delete_where(filter)


@mutant("The index follows a write later.", caught_by="filters_see_what_was_just_written")
class EventuallyIndexed(Selecting):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.written: MemoryEntry | None = None

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        self.written = entry

    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        late, self.written = (entry is self.written), None if entry is self.written else self.written
        return not late and filter.matches(entry)


@mutant("User and session are one key without a separator.", caught_by="filters_query_by_a_user_and_a_session_in_a_row")
class OneKeyForBoth(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if not (filter.user_id and filter.session_id):
            return filter.matches(entry)
        same = filter.user_id + filter.session_id == (entry.user_id or "") + (entry.session_id or "")
        return same and attrs.evolve(filter, user_id=None, session_id=None).matches(entry)


@mutant("`delete_where` stops after 1,000 entries.", caught_by="filters_admit_all_that_are_there")
class DeletesAThousand(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        self._store.expire()
        return sum(map(self._store.remove, list(self._store.admitted(filter))[:1000]))


@mutant(
    "With one tag and one user, the tag is looked for below the user and importance is forgotten.",
    caught_by="filters_hold_all_their_conditions_in_count",
)
class CompoundIndexForgets(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        if filter.user_id is not None and filter.tags:
            filter = attrs.evolve(filter, importance=None)
        return super().matches(filter, entry)


@mutant("What was created before 1970 is in no range.", caught_by="filters_query_by_created_before_1970")
class NothingBeforeTheEpoch(Selecting):
    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return super().matches(filter, entry) and (filter.created is None or entry.created_at.timestamp() >= 0)
