"""What goes wrong with several at once."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from itertools import takewhile

from axon.core.errors import AxonError, StoreError
from axon.spi import MemoryEntry
from axon_inmemory.adapter import InMemoryAdapter
from mutants.registration import mutant


@mutant("`get_many` leaves out what is not there.", caught_by="batches_get_many_keeps_order_and_holes")
class NoHoles(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        return [entry for entry in await super().get_many(entry_ids) if entry is not None]


@mutant("`get_many` gives entries in the order of the store.", caught_by="batches_get_many_keeps_order_and_holes")
class OrderOfTheStore(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        order = {name: number for number, name in enumerate(self._store.entries)}
        return await super().get_many(sorted(entry_ids, key=lambda name: order.get(name, -1)))


@mutant(
    "`get_many` answers an id once, however often it is asked for.", caught_by="batches_get_many_gives_doubles_twice"
)
class EachIdOnce(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        return await super().get_many(list(dict.fromkeys(entry_ids)))


@mutant(
    "The second answer for an id in `get_many` is None (popped from a dictionary).",
    caught_by="batches_get_many_gives_doubles_twice",
)
class PoppedAnswers(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        found = dict(zip(entry_ids, await super().get_many(entry_ids), strict=True))
        return [found.pop(name, None) for name in entry_ids]


@mutant("`get_many` gives a tuple.", caught_by="contract_types_of_what_comes_back")
class TupleForAList(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> tuple[MemoryEntry | None, ...]:
        return tuple(await super().get_many(entry_ids))


@mutant("`get_many` of no ids is an error (IN ()).", caught_by="batches_of_nothing_do_nothing")
class EmptyIn(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        if not entry_ids:
            raise StoreError("syntax error near ')'")
        return await super().get_many(entry_ids)


@mutant("`get_many` takes a list only.", caught_by="batches_take_tuples_too")
class ListsOnly(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        return await super().get_many(entry_ids.copy())


@mutant("`get_many` looks at the first 100 ids.", caught_by="batches_of_many_1000")
class HundredIds(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        return await super().get_many(entry_ids[:100]) + [None] * (len(entry_ids) - 100)


@mutant("More than 999 ids are an error (too many SQL variables).", caught_by="sizes_of_filters")
class TooManyVariables(InMemoryAdapter):
    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        if len(entry_ids) > 1000:
            raise StoreError("too many SQL variables")
        return await super().get_many(entry_ids)


@mutant("Of several entries with one id in a batch the first counts.", caught_by="batches_keep_the_last_of_an_id")
class FirstWins(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many(list({entry.id: entry for entry in reversed(entries)}.values()))


@mutant("What cannot be written in pieces of 64 is left.", caught_by="batches_of_many_100")
class FullPiecesOnly(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        whole = len(entries) // 64 * 64
        await super().save_many(entries[:whole] if whole else entries)


@mutant("A batch is written up to the entry that is refused.", caught_by="batches_with_a_bad_entry")
class UpToTheBadOne(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        for entry in entries:
            await self.save(entry)


@mutant("A batch is written up to what is no entry.", caught_by="batches_with_what_is_no_entry_in_the_middle")
class UpToWhatIsNone(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        good = list(takewhile(lambda entry: isinstance(entry, MemoryEntry), entries))
        await super().save_many(good)
        if len(good) < len(entries):
            raise TypeError("no entry")


@mutant("A batch leaves out in silence what is no entry.", caught_by="batches_with_what_is_no_entry_in_the_middle")
class LeavesOutWhatIsNone(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many([entry for entry in entries if isinstance(entry, MemoryEntry)])


@mutant("What is refused in a batch is passed over in silence.", caught_by="batches_with_a_bad_entry")
class SwallowedInABatch(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        for entry in entries:
            with suppress(AxonError):
                await self.save(entry)


@mutant(
    "`save_many` inserts, and leaves what is there (ON CONFLICT DO NOTHING).",
    caught_by="saving_many_takes_the_old_entries_out_of_the_index_by_tag",
)
class InsertsOnly(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many([entry for entry in entries if entry.id not in self._store.entries])


@mutant("`delete_many` gives how many ids it was given.", caught_by="batches_delete_each_id_once")
class CountsTheAsked(InMemoryAdapter):
    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        await super().delete_many(entry_ids)
        return len(entry_ids)


@mutant("`delete_many` counts an id that is named twice twice.", caught_by="batches_delete_each_id_once")
class CountsDoubles(InMemoryAdapter):
    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        there = sum([name in self._store.entries for name in entry_ids])
        await super().delete_many(entry_ids)
        return there


@mutant("`delete_many` stops at the first id that is not there.", caught_by="batches_delete_each_id_once")
class StopsAtAHole(InMemoryAdapter):
    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        deleted = 0
        for name in entry_ids:
            if not await self.delete(name):
                break
            deleted += 1
        return deleted


@mutant("`delete_many` leaves the entries in the tag index.", caught_by="batches_delete_from_every_index")
class DeletesTheRowsOnly(InMemoryAdapter):
    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        old = [self._store.entries[name] for name in entry_ids if name in self._store.entries]
        deleted = await super().delete_many(entry_ids)
        for entry in old:
            for tag in entry.tags:
                self._store.tags[tag][entry.id] = entry
        return deleted


@mutant("`delete_many` deletes by a glob (KEYS).", caught_by="batches_take_ids_as_they_are")
class DeletesByGlob(InMemoryAdapter):
    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        there = [name for name in self._store.entries if any(fnmatchcase(name, pattern) for pattern in entry_ids)]
        return await super().delete_many(list(dict.fromkeys([*there, *entry_ids])))


@mutant(
    "A batch is looked at and written in pieces of 50.", caught_by="batches_of_hundreds_with_a_bad_entry_as_the_last"
)
class PiecesOfFifty(InMemoryAdapter):
    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        for start in range(0, len(entries), 50):
            await super().save_many(entries[start : start + 50])


@mutant("`delete_many` tells the number of its last piece of 2,000.", caught_by="batches_of_many_2500")
class CountOfTheLastPiece(InMemoryAdapter):
    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        deleted = 0
        for start in range(0, len(entry_ids), 2000):
            deleted = await super().delete_many(entry_ids[start : start + 2000])
        return deleted
