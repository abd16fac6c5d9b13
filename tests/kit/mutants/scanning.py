"""What goes wrong page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import attrs

from axon.spi import MemoryEntry, Page
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


class Ordered(InMemoryAdapter):
    """Pages of a list that is made anew for each."""

    def ordered(self) -> list[MemoryEntry]:
        self._store.expire()
        return list(self._store.entries.values())


@mutant(
    "A cursor is a number of rows to skip (OFFSET).", caught_by="scanning_misses_nothing_among_deletes_of_what_was_seen"
)
class Offset(Ordered):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        start, rows = int(cursor or 0), self.ordered()
        return Page(
            entries=rows[start : start + limit], cursor=str(start + limit) if start + limit < len(rows) else None
        )


@mutant(
    "A scan is ordered by the last write, the newest first.",
    caught_by="scanning_misses_nothing_among_overwrites_of_what_was_seen",
)
class NewestWriteFirst(Ordered):
    writes: list[str]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.writes = []

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        self.writes = [entry.id, *(name for name in self.writes if name != entry.id)]

    async def save_many(self, entries: Any) -> None:
        for entry in entries:
            await self.save(entry)

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        self._store.expire()
        there = [name for name in self.writes if name in self._store.entries]
        start = int(cursor or 0)
        rows = [self._store.entries[name] for name in there[start : start + limit]]
        return Page(entries=rows, cursor=str(start + limit) if start + limit < len(there) else None)


@mutant(
    "A cursor is a moment of creation: of equals at the edge of a page the rest is missed.",
    caught_by="scanning_finds_everything_in_pages_of_7",
)
class AfterAMoment(Ordered):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        rows = sorted(self.ordered(), key=lambda entry: entry.created_at)
        rows = [entry for entry in rows if cursor is None or entry.created_at.isoformat() > cursor]
        more = len(rows) > limit
        return Page(entries=rows[:limit], cursor=rows[limit - 1].created_at.isoformat() if more else None)


@mutant(
    "A scan goes by creation, which an overwrite changes.",
    caught_by="scanning_misses_nothing_among_overwrites_by_older_ones",
)
class ByCreation(Ordered):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        rows = sorted(self.ordered(), key=lambda entry: (entry.created_at.isoformat(), entry.id))
        keys = [f"{entry.created_at.isoformat()} {entry.id}" for entry in rows]
        start = 0 if cursor is None else sum(key <= cursor for key in keys)
        more = start + limit < len(rows)
        return Page(entries=rows[start : start + limit], cursor=keys[start + limit - 1] if more else None)


@mutant("A scan ends after 1000 entries.", caught_by="scanning_goes_by_its_limit")
class EndsAfterThousand(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        return attrs.evolve(page, cursor=None) if page.cursor is not None and int(page.cursor) >= 1000 else page


@mutant(
    "A cursor is the id of the next entry, which may be deleted.",
    caught_by="scanning_misses_nothing_among_deletes_of_what_was_seen",
)
class FromAnEntry(Ordered):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        rows = self.ordered()
        names = [entry.id for entry in rows]
        if cursor is not None and cursor not in names:
            return Page(entries=[], cursor=None)
        start = 0 if cursor is None else names.index(cursor)
        more = start + limit < len(rows)
        return Page(entries=rows[start : start + limit], cursor=names[start + limit] if more else None)


@mutant("The place of a scan is kept in the adapter.", caught_by="scanning_of_two_at_once")
class PlaceInTheAdapter(InMemoryAdapter):
    place: str | None = None

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(None if cursor is None else self.place, limit=limit)
        self.place = page.cursor
        return attrs.evolve(page, cursor=None if page.cursor is None else "next")


@mutant("The last page is left out if it is not full.", caught_by="scanning_finds_everything_in_pages_of_7")
class LastPageLost(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        lost = cursor is not None and page.cursor is None and len(page.entries) < limit
        return attrs.evolve(page, entries=[]) if lost else page


@mutant("There is never a second page.", caught_by="scanning_finds_everything_in_pages_of_7")
class OnePage(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        return attrs.evolve(await super().scan(cursor, limit=limit), cursor=None)


@mutant("A page that expired as a whole ends the scan.", caught_by="scanning_goes_on_after_pages_that_have_expired")
class EmptyPageEnds(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.saved: list[str] = []

    async def save_many(self, entries: Any) -> None:
        await super().save_many(entries)
        self.saved += [entry.id for entry in entries if entry.id not in self.saved]

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        self._store.expire()
        start = int(cursor or 0)
        end = start + limit
        there = [self._store.entries[name] for name in self.saved[start:end] if name in self._store.entries]
        return Page(entries=there, cursor=str(end) if there and end < len(self.saved) else None)


@mutant("A scan is one page, however large.", caught_by="scanning_goes_by_its_limit")
class EverythingAtOnce(Ordered):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        return Page(entries=self.ordered(), cursor=None)


@mutant(
    "A full last page is followed by its own cursor, for ever.", caught_by="scanning_finds_everything_in_pages_of_10"
)
class NeverEnds(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        if page.cursor is None and len(page.entries) == limit:
            return attrs.evolve(page, cursor=cursor or "0")
        return page


@mutant("A cursor is a number.", caught_by="scanning_goes_on_from_its_cursor")
class NumericCursor(InMemoryAdapter):
    async def scan(self, cursor: Any = None, *, limit: int = 100) -> Page:
        page = await super().scan(None if cursor is None else str(cursor), limit=limit)
        return attrs.evolve(page, cursor=None if page.cursor is None else int(page.cursor))


@mutant("A scan gives entries without their vectors.", caught_by="scanning_gives_whole_entries")
class WithoutVectors(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        return attrs.evolve(page, entries=[attrs.evolve(entry, embedding=None) for entry in page.entries])


@mutant("A page is a generator.", caught_by="contract_types_of_what_comes_back")
class LazyPages(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        return attrs.evolve(page, entries=(entry for entry in page.entries))


@mutant("A scan is an iterator over entries.", caught_by="contract_has_the_verb_scan")
class ScanIterates(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> AsyncIterator[MemoryEntry]:
        for entry in (await super().scan(cursor, limit=limit)).entries:
            yield entry


@mutant("The ids of a scan are noted in the adapter; the next scan notes its own.", caught_by="scanning_of_two_at_once")
class OneListOfIds(InMemoryAdapter):
    noted: tuple[str, ...] = ()

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        self._store.expire()
        if cursor is None:
            self.noted = tuple(self._store.entries)
        start, there = int(cursor or 0), self._store.entries
        following = str(start + limit) if start + limit < len(self.noted) else None
        return Page(entries=[there[i] for i in self.noted[start : start + limit] if i in there], cursor=following)


@mutant("A page is cut at 1,000, and its cursor goes on behind the limit.", caught_by="scanning_goes_by_its_limit")
class CutPages(InMemoryAdapter):
    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        page = await super().scan(cursor, limit=limit)
        return attrs.evolve(page, entries=page.entries[:1000])


class _ByField(Ordered):
    """Pages in the order of a field, which an update may change."""

    def key(self, entry: MemoryEntry) -> str:
        return entry.id

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        rows = sorted(self.ordered(), key=lambda entry: (self.key(entry), entry.id))
        after = [entry for entry in rows if cursor is None or f"{self.key(entry)} {entry.id}" > cursor]
        last = after[limit - 1] if len(after) > limit else None
        return Page(entries=after[:limit], cursor=last and f"{self.key(last)} {last.id}")


@mutant(
    "A scan goes by the end of an entry, which an update moves.",
    caught_by="scanning_misses_nothing_among_updates_of_expires_at",
)
class InOrderOfEnds(_ByField):
    def key(self, entry: MemoryEntry) -> str:
        return "" if entry.expires_at is None else entry.expires_at.isoformat()


@mutant(
    "A scan goes by the user, whom an update may change.",
    caught_by="scanning_misses_nothing_among_updates_of_user_and_session",
)
class InOrderOfUsers(_ByField):
    def key(self, entry: MemoryEntry) -> str:
        return entry.user_id or ""


@mutant("A scan goes by the text of the entries.", caught_by="scanning_misses_nothing_whatever_happens")
class InOrderOfTexts(_ByField):
    def key(self, entry: MemoryEntry) -> str:
        return entry.text
