"""What goes wrong with values."""

from __future__ import annotations

import asyncio
import math
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any

from axon.core.errors import InvalidInput
from axon.spi import Filter
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.expiring import Expiring
from mutants.bases import Valued
from mutants.registration import mutant
from mutants.shelved import Shelved


@mutant("An empty value is taken for none.", caught_by="values_come_back_nothing")
class EmptyIsNone(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        return [value or None for value in await super().values(names)]


@mutant("Values are kept as text.", caught_by="values_come_back_no_text")
class ValuesAsText(Valued):
    def kept(self, value: bytes) -> bytes:
        return value.decode(errors="replace").encode()


@mutant("A value ends at its first NUL.", caught_by="values_come_back_a_nul")
class EndsAtNul(Valued):
    def kept(self, value: bytes) -> bytes:
        return value.partition(b"\0")[0]


@mutant("A value has 65,535 bytes at the most, and the rest is cut.", caught_by="values_come_back_a_mebibyte")
class CutValues(Valued):
    def kept(self, value: bytes) -> bytes:
        return value[:65_535]


@mutant("A value that looks like a number becomes one.", caught_by="values_come_back_a_number")
class NumbersAreNumbers(Valued):
    def kept(self, value: bytes) -> bytes:
        return b"%d" % int(value) if value.isdigit() else value


@mutant("`values` gives what the driver gives, bytearrays.", caught_by="values_come_back_text")
class ByteArrays(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[Any]:
        return [None if value is None else bytearray(value) for value in await super().values(names)]


@mutant("`drop` gives how many it deleted.", caught_by="values_types_of_what_comes_back")
class DropIsANumber(InMemoryAdapter):
    async def drop(self, name: str) -> int:
        return int(await super().drop(name))


@mutant("A list of values that was handed out is the adapter's own.", caught_by="values_types_of_what_comes_back")
class SharedValueLists(InMemoryAdapter):
    last: tuple[Sequence[str], list[bytes | None]] = ((), [])

    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        found = await super().values(names)
        if self.last[0] != names or self.last[1][: len(found)] != found:
            self.last = (names, found)
        return self.last[1]


@mutant("`values` leaves out what is not there.", caught_by="values_answer_in_the_order_of_the_names")
class ValuesWithoutHoles(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        return [value for value in await super().values(names) if value is not None]


@mutant(
    "`values` answers a name once, however often it is asked for.", caught_by="values_answer_in_the_order_of_the_names"
)
class ValuesOnce(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        return await super().values(list(dict.fromkeys(names)))


@mutant("`values` answers in the order of the alphabet.", caught_by="values_answer_in_the_order_of_the_names")
class SortedValues(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        return await super().values(sorted(names))


@mutant("`values` of no names is an error (MGET).", caught_by="values_answer_in_the_order_of_the_names")
class NoNamesIsAnError(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            raise InvalidInput("wrong number of arguments for MGET")
        return await super().values(names)


@mutant("`values` looks at the first 999 names.", caught_by="values_of_many_names_are_told_at_once")
class FirstValues(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        found = await super().values(names)
        return [*found[:999], *[None] * len(found[999:])]


@mutant("A `put` keeps the TTL of what was there.", caught_by="values_are_overwritten_with_their_ttl")
class PutKeepsTtl(InMemoryAdapter):
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        there = await self.values([name]) != [None]
        due = self._values._due._keys.get(name, 0.0)
        await super().put(name, value, ttl=ttl)
        if there:
            self._values._due.set(name, due)


@mutant("The timer of the old value ends the new one.", caught_by="values_are_overwritten_with_their_ttl")
class OldTimersStay(InMemoryAdapter):
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        due = self._values._due._keys.get(name, math.inf)
        await super().put(name, value, ttl=ttl)
        self._values._due.set(name, min(due, self._values._due._keys[name]))


@mutant("Whether there is a value is asked before it is put.", caught_by="values_are_put_by_one_where_there_is_none")
class LooksThenPuts(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if old is not None or new is None:
            return await super().swap(name, old, new, ttl=ttl)
        if await self.values([name]) != [None]:
            return False
        await asyncio.sleep(0)
        await self.put(name, new, ttl=ttl)
        return True


@mutant("`drop` looks, and then removes.", caught_by="values_are_removed_by_one")
class LooksThenDrops(InMemoryAdapter):
    async def drop(self, name: str) -> bool:
        there = await self.values([name]) != [None]
        await asyncio.sleep(0)
        await super().drop(name)
        return there


@mutant("A value is compared, and then replaced.", caught_by="values_lose_no_swap")
class ComparesThenReplaces(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if old is None or new is None or await self.values([name]) != [old]:
            return await super().swap(name, old, new, ttl=ttl)
        await asyncio.sleep(0)
        await self.put(name, new, ttl=ttl)
        return True


@mutant("Of two swaps at once both may fail (WATCH without another try).", caught_by="values_lose_no_swap")
class BothFail(InMemoryAdapter):
    version = 0

    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        self.version += 1
        version = self.version
        await asyncio.sleep(0)
        return version == self.version and await super().swap(name, old, new, ttl=ttl)


@mutant("Values are compared without case.", caught_by="values_are_swapped_where_they_are_equal")
class ComparedWithoutCase(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        (there,) = await self.values([name])
        if isinstance(old, bytes) and there is not None and there.lower() == old.lower():
            old = there
        return await super().swap(name, old, new, ttl=ttl)


@mutant("Where there is no value, an empty one is swapped.", caught_by="values_are_swapped_where_they_are_equal")
class NoneIsEmpty(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        return await super().swap(name, old or None, new, ttl=ttl)


@mutant(
    "A swap of nothing for nothing says whether it removed something.",
    caught_by="values_are_swapped_where_they_are_equal",
)
class NothingForNothingFails(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        return await super().swap(name, old, new, ttl=ttl) and (old, new) != (None, None)


@mutant("A swap that fails renews the TTL.", caught_by="values_are_as_before_after_a_swap_that_fails")
class FailedSwapsRenew(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        swapped = await super().swap(name, old, new, ttl=ttl)
        if not swapped and old is not None and new is not None and (there := self._values.get(name)) is not None:
            self._values.put(name, there, ttl)
        return swapped


@mutant(
    "Where there is a value, a swap of nothing sets its TTL (SETNX, then EXPIRE).",
    caught_by="values_are_as_before_after_a_swap_that_fails",
)
class ExpiresAnyway(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        swapped = await super().swap(name, old, new, ttl=ttl)
        if old is None and new is not None and (there := self._values.get(name)) is not None:
            self._values.put(name, there, ttl)
        return swapped


@mutant("A swap keeps the TTL of what was there.", caught_by="values_are_renewed_by_a_swap")
class SwapKeepsTtl(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        due = self._values._due._keys.get(name)
        swapped = await super().swap(name, old, new, ttl=ttl)
        if swapped and None not in {old, new} and due is not None:
            self._values._due.set(name, due)
        return swapped


@mutant("A swap for the same value does nothing.", caught_by="values_are_renewed_by_a_swap")
class SameValueIsNoWrite(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if old is not None and old == new:
            return await self.values([name]) == [old]
        return await super().swap(name, old, new, ttl=ttl)


@mutant("A swap makes no TTL shorter (EXPIRE GT).", caught_by="values_are_renewed_by_a_swap")
class NeverShorter(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        due = self._values._due._keys.get(name, 0.0)
        swapped = await super().swap(name, old, new, ttl=ttl)
        if swapped and None not in {old, new}:
            self._values._due.set(name, max(due, self._values._due._keys[name]))
        return swapped


@mutant("A swap for nothing wants a TTL.", caught_by="values_are_removed_whatever_the_ttl_zero")
class RemovalWantsTtl(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if not ttl > 0:
            raise InvalidInput(f"ttl must be from a microsecond to 1000 years, got {ttl}")
        return await super().swap(name, old, new, ttl=ttl)


@mutant("The TTL of a value is rounded up to seconds.", caught_by="values_end_with_their_ttl")
class ValuesInSeconds(Valued):
    def lives(self, ttl: float) -> float:
        return float(math.ceil(ttl))


@mutant("`drop` says that there was a value, though it had expired.", caught_by="values_end_with_their_ttl")
class DropsTheExpired(InMemoryAdapter):
    async def drop(self, name: str) -> bool:
        there = name in self._values._things
        return await super().drop(name) or there


@mutant("A swap still compares with what has expired.", caught_by="values_end_with_their_ttl")
class SwapsTheExpired(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.written: dict[str, bytes] = {}

    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        await super().put(name, value, ttl=ttl)
        self.written[name] = value

    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if old is not None and new is not None and old == self.written.get(name) and self._values.get(name) is None:
            self._values.put(name, old, ttl)
        return await super().swap(name, old, new, ttl=ttl)


@mutant(
    "A TTL below a millisecond becomes 0, which is for ever.", caught_by="values_live_as_short_and_as_long_as_may_be"
)
class ShortIsForEver(Valued):
    def lives(self, ttl: float) -> float:
        return ttl if ttl >= 0.001 else 1e9


@mutant("A TTL is a number of 32 bits.", caught_by="values_live_as_short_and_as_long_as_may_be")
class OverflowingTtl(Valued):
    def lives(self, ttl: float) -> float:
        return ttl if ttl < 2**32 else 0.0


@mutant("Names of values are normalised.", caught_by="values_have_any_names")
class NormalisedNames(Valued):
    def key(self, name: str) -> str:
        return unicodedata.normalize("NFC", name)


@mutant("Names of values are cut at 255 characters.", caught_by="values_have_any_names")
class CutValueNames(Valued):
    def key(self, name: str) -> str:
        return name[:255]


@mutant("Names of values are stripped.", caught_by="values_have_any_names")
class StrippedNames(Valued):
    def key(self, name: str) -> str:
        return name.strip() or "_"


@mutant("`drop` takes a name for a pattern (KEYS).", caught_by="values_have_any_names")
class DropsByPattern(InMemoryAdapter):
    async def drop(self, name: str) -> bool:
        dropped = await super().drop(name)
        for other in [each for each in self._values._things if name and fnmatchcase(each, name)]:
            await super().drop(other)
        return dropped


@mutant("A value and a counter of one name have one key.", caught_by="values_meet_nothing_else_of_their_name")
class OneKeyWithCounters(InMemoryAdapter):
    async def drop(self, name: str) -> bool:
        return any([await super().drop(name), await self.reset(name)])


@mutant("A value and a lock of one name have one key.", caught_by="values_meet_nothing_else_of_their_name")
class OneKeyWithLocks(InMemoryAdapter):
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Any:
        lock = await super().lock(name, ttl=ttl, wait=wait)
        self._values.put(name, lock.token.encode(), ttl)
        return lock


@mutant("`clear` deletes the values.", caught_by="values_stay_when_entries_go")
class ClearDropsValues(InMemoryAdapter):
    async def clear(self) -> int:
        self._values = Expiring(self._store._clock)
        return await super().clear()


@mutant("A `delete_where` of everything deletes the values too.", caught_by="values_stay_when_entries_go")
class DeleteWhereDropsValues(InMemoryAdapter):
    async def delete_where(self, filter: Filter) -> int:
        if filter == Filter():
            self._values = Expiring(self._store._clock)
        return await super().delete_where(filter)


@mutant("Values have no namespace in their keys.", caught_by="values_are_the_namespaces_own")
class CommonValues(InMemoryAdapter):
    shared: dict[str, Expiring[bytes]] = {}  # noqa: RUF012  # this is the fault

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._values = self.shared.setdefault(self.namespace[:12], self._values)


@mutant("The key of a value is its namespace, a colon and its name.", caught_by="values_do_not_meet_in_a_joined_key")
class JoinedValueKeys(Valued):
    shared: dict[str, Expiring[bytes]] = {}  # noqa: RUF012  # this is the fault

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        common = self.shared.setdefault(self.namespace[:12], self._values)
        self._values._things, self._values._due = common._things, common._due

    def key(self, name: str) -> str:
        return f"{self.namespace}:{name}"


@mutant(
    "What was dropped leaves a mark, and is not put where there is none.",
    caught_by="values_are_what_a_dictionary_with_ends_holds",
)
class DroppedIsMarked(InMemoryAdapter):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.dropped: set[str] = set()

    async def drop(self, name: str) -> bool:
        there = await super().drop(name)
        if there:
            self.dropped.add(name)
        return there

    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if old is None and new is not None and name in self.dropped:
            return False
        return await super().swap(name, old, new, ttl=ttl)


@mutant("A value of text is encoded.", caught_by="values_refuse_a_value_of_text")
class EncodesText(InMemoryAdapter):
    async def put(self, name: str, value: Any, *, ttl: float) -> None:
        await super().put(name, value.encode() if isinstance(value, str) else value, ttl=ttl)


@mutant("A TTL below zero removes the value (EXPIRE).", caught_by="values_refuse_a_ttl_below_zero")
class NegativeTtlRemoves(InMemoryAdapter):
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        if isinstance(ttl, float) and ttl < 0:
            await self.drop(name)
        else:
            await super().put(name, value, ttl=ttl)


@mutant("A swap finds out that its TTL is wrong once it has written.", caught_by="values_refuse_a_swap_without_a_ttl")
class ChecksTooLate(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if new is not None and ttl == 0.0 and await super().swap(name, old, new, ttl=60.0):
            raise InvalidInput("invalid expire time")
        return await super().swap(name, old, new, ttl=ttl)


@mutant("`values` overlooks a name that cannot be one.", caught_by="values_refuse_one_bad_name_of_several")
class OverlooksNames(InMemoryAdapter):
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        return [(await super(OverlooksNames, self).values([name]))[0] if name else None for name in names]


@mutant("A `put` removes the old value before it writes.", caught_by="values_are_old_or_new_after_a_cancelled_put")
class RemovesThenPuts(InMemoryAdapter):
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        await self.drop(name)
        await asyncio.sleep(0)
        await super().put(name, value, ttl=ttl)


@mutant("A swap takes the old value out before it writes.", caught_by="values_are_old_or_new_after_a_cancelled_swap")
class TakesOutThenPuts(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if old is None or new is None:
            return await super().swap(name, old, new, ttl=ttl)
        taken = await super().swap(name, old, None)
        await asyncio.sleep(0)
        return taken and await super().swap(name, None, new, ttl=ttl)


@mutant("A value is written, and then its TTL.", caught_by="values_have_their_end_after_a_cancelled_put")
class WritesThenExpires(InMemoryAdapter):
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        await super().put(name, value, ttl=1e9)
        await asyncio.sleep(0)
        await super().put(name, value, ttl=ttl)


@mutant(
    "A swap of nothing writes, and then the TTL (SETNX, EXPIRE).",
    caught_by="values_have_their_end_after_a_cancelled_swap_of_nothing",
)
class SwapsThenExpires(InMemoryAdapter):
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        if old is not None or new is None:
            return await super().swap(name, old, new, ttl=ttl)
        swapped = await super().swap(name, old, new, ttl=1e9)
        await asyncio.sleep(0)
        return swapped and await super().swap(name, new, new, ttl=ttl)


@mutant("Values are each process's own.", caught_by="values_are_the_same_in_every_process")
class OwnValues(Shelved):
    @contextmanager
    def alone(self) -> Iterator[None]:
        yield


@mutant("A process remembers the values that it has read.", caught_by="values_are_the_same_in_every_process")
class RemembersValues(Shelved):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.read: dict[str, bytes] = {}

    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        for name, value in zip(names, await super().values(names), strict=True):
            if value is not None:
                self.read.setdefault(name, value)
        return [self.read.get(name) for name in names]

    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        await super().put(name, value, ttl=ttl)
        self.read[name] = value
