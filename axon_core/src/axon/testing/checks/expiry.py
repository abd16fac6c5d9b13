"""Expired is absent: from every verb, at the moment itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.adapter import iterate
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.questions import Questions
from axon.testing.zone import not_utc

TTL = Capability.TTL
_SHORT = 0.25
"""Seconds, which a check without a clock to turn has to wait."""
_VALUES: dict[str, Any] = {
    "tags": ["t"],
    "user_id": "u",
    "session_id": "s",
    "metadata": {"k": 1},
    "embedding": [1.0, 0.0],
}

Ask = Callable[[Any], Awaitable[Any]]


async def _query_ids(store: Any, **query: Any) -> list[str]:
    return [hit.entry.id for hit in await store.query(Query(**query))]


async def _iterated(store: Any) -> list[str]:
    return [entry.id async for entry in iterate(store)]


async def _scanned(store: Any) -> list[str]:
    return [entry.id for entry in (await store.scan()).entries]


_ABSENT: dict[str, tuple[Ask, Any]] = {
    "get": (lambda store: store.get("gone"), None),
    "get_many": (lambda store: store.get_many(["gone", "gone"]), [None, None]),
    "delete": (lambda store: store.delete("gone"), False),
    "delete_many": (lambda store: store.delete_many(["gone", "nobody"]), 0),
    "delete_where_by_a_tag": (lambda store: store.delete_where(Filter(tags=["t"], ids=["gone"])), 0),
    "delete_where_by_id": (lambda store: store.delete_where(Filter(ids=["gone"])), 0),
    "delete_where_of_everything": (lambda store: store.delete_where(Filter()), 1),
    "update": (lambda store: store.update("gone", text="back again"), None),
    "query_by_everything": (lambda store: _query_ids(store, filter=Filter()), ["stays"]),
    "query_by_a_tag": (lambda store: _query_ids(store, filter=Filter(tags=["t"])), ["stays"]),
    "query_by_a_user": (lambda store: _query_ids(store, filter=Filter(user_id="u")), ["stays"]),
    "query_by_a_session": (lambda store: _query_ids(store, filter=Filter(session_id="s")), ["stays"]),
    "query_by_metadata": (lambda store: _query_ids(store, filter=Filter(metadata={"k": 1})), ["stays"]),
    "query_by_id": (lambda store: _query_ids(store, filter=Filter(ids=["gone", "stays"])), ["stays"]),
    "query_with_a_limit": (lambda store: _query_ids(store, filter=Filter(), limit=1), ["stays"]),
    "count": (lambda store: store.count(), 1),
    "count_by_everything": (lambda store: store.count(Filter()), 1),
    "count_by_a_tag": (lambda store: store.count(Filter(tags=["t"])), 1),
    "count_by_a_user": (lambda store: store.count(Filter(user_id="u")), 1),
    "count_by_a_session": (lambda store: store.count(Filter(session_id="s")), 1),
    "count_by_metadata": (lambda store: store.count(Filter(metadata={"k": 1})), 1),
    "scan": (_scanned, ["stays"]),
    "iterate": (_iterated, ["stays"]),
    "clear": (lambda store: store.clear(), 1),
}


@check(TTL, each=_ABSENT)
async def hides_from(bench: Bench, case: tuple[Ask, Any]) -> None:
    """From its end on an entry is absent from this verb; what lives longer is not.

    If this fails, check that the verb looks at the end of each entry itself, and does not wait for a sweep.
    """
    ask, expected = case
    store = bench.open()
    gone = bench.entry("gone", lives=_SHORT, **_VALUES)
    await store.save_many([gone, bench.entry("stays", lives=3600.0, **_VALUES)])
    await bench.wait_until(_end(gone))
    bench.equal(await ask(store), expected)
    if ask is _ABSENT["update"][0]:
        bench.equal(await store.get("gone"), None, "get after the update")


@check(TTL, Capability.TEXT_SEARCH)
async def hides_from_words(bench: Bench) -> None:
    """From its end on an entry is found by no words, and its words weigh nothing any more.

    If this fails, check that the search by words looks at the end of each entry.
    """
    store = bench.open()
    gone = bench.entry("gone", "a fox", tags=["fox"], lives=_SHORT)
    await store.save_many([gone, bench.entry("stays", "a fox", lives=3600.0)])
    await bench.wait_until(_end(gone))
    bench.equal(await bench.ids(store, text="fox"), ["stays"])
    bench.equal(await bench.ids(store, text="fox", filter=Filter()), ["stays"])
    bench.equal(await bench.ids(store, text="fox", limit=1), ["stays"])


@check(TTL, Capability.VECTOR_SEARCH)
async def hides_from_vectors(bench: Bench) -> None:
    """From its end on an entry is found by no vector, and takes no place among the nearest.

    If this fails, check that the nearest are chosen among what lives.
    """
    store = bench.open()
    gone = bench.entry("gone", embedding=[1.0, 0.0], lives=_SHORT)
    await store.save_many([gone, bench.entry("stays", embedding=[0.8, 0.6], lives=3600.0)])
    await bench.wait_until(_end(gone))
    vector = gone.embedding
    bench.equal(await bench.ids(store, vector=vector), ["stays"])
    bench.equal(await bench.ids(store, vector=vector, limit=1), ["stays"])
    bench.equal(await bench.ids(store, vector=vector, filter=Filter()), ["stays"])


@check(TTL)
async def counts_fractions_of_a_second(bench: Bench) -> None:
    """A TTL of 1.625 s is 1.625 s: the entry is there after 1.375 s and absent after 1.625 s.

    If this fails, check that nothing rounds the end to whole seconds, neither down nor up.
    """
    store, entry = bench.open(), bench.entry(lives=1.625)
    await store.save(entry)
    await bench.wait_until(_end(entry) - timedelta(seconds=0.25))
    found = await store.get("a")
    listed = await bench.ids(store, filter=Filter())
    bench.still_before(entry.expires_at)
    bench.equal(found, entry, "get after 1.375 s")
    bench.equal(listed, ["a"], "query after 1.375 s")
    await bench.wait_until(_end(entry))
    await bench.nowhere(store, entry)
    bench.equal(await store.count(), 0, "count after 1.625 s")


@check(TTL)
async def counts_fractions_in_a_batch(bench: Bench) -> None:
    """`save_many` keeps the end of each entry to the fraction of a second, each its own.

    If this fails, check that a batch does not share one TTL, and rounds none.
    """
    store = bench.open()
    first, second = bench.entry("first", lives=0.625), bench.entry("second", lives=1.25)
    await store.save_many([first, second, bench.entry("third")])
    await bench.wait_until(_end(first))
    listed = sorted(await bench.ids(store, filter=Filter()))
    bench.still_before(second.expires_at)
    bench.equal(listed, ["second", "third"], "after 0.625 s")
    await bench.wait_until(_end(second))
    bench.equal(await bench.ids(store, filter=Filter()), ["third"], "after 1.25 s")
    bench.equal(await store.count(), 1, "count after 1.25 s")


@check(TTL)
async def lives_until_its_end(bench: Bench) -> None:
    """Up to its end an entry is there for every verb.

    If this fails, check that nothing takes entries out early, such as a sweep in whole seconds.
    """
    store = bench.open()
    entry = bench.entry("a", lives=1.5, **_VALUES)
    await store.save(entry)
    await bench.wait_until(_end(entry) - timedelta(seconds=0.5))
    await bench.everywhere(store, entry)
    deleted = await store.delete("a")
    bench.still_before(entry.expires_at)
    bench.equal(deleted, True, "delete")


@check(TTL)
async def needs_no_reader(bench: Bench) -> None:
    """An entry expires although nobody asks for it, and one does not hide another one.

    If this fails, check that expiry does not depend on a get of the same id, or on entries before it in some order.
    """
    store = bench.open()
    entries = [bench.entry(f"n{n}", lives=_SHORT + (3600 if n % 2 else 0)) for n in range(40)]
    await store.save_many(entries)
    await bench.wait_until(max(_end(entry) for entry in entries[::2]))
    bench.equal(await store.count(), 20, "count")
    bench.equal(sorted(await bench.scanned(store)), sorted(f"n{n}" for n in range(1, 40, 2)), "scan")


@check(TTL)
async def comes_in_time_where_local_time_is_not_utc(bench: Bench) -> None:
    """An entry lives until its end and no longer where the machine's local time is not UTC, and has a summer time.

    If this fails, check for moments without a zone: the end, or the time now, is taken for local time.
    """
    with not_utc():
        for season in range(2 if bench.clock.is_turned else 1):
            await bench.pass_time(season * 182 * 86_400.0)
            store = await bench.empty()
            gone, stays = bench.entry("gone", lives=1.5, **_VALUES), bench.entry("stays", lives=3600.0)
            await store.save_many([gone, stays])
            await bench.wait_until(_end(gone) - timedelta(seconds=0.5))
            found = await store.get("gone")
            listed = await bench.ids(store, filter=Filter(tags=["t"]))
            bench.still_before(gone.expires_at)
            bench.equal(found, gone, "get half a second before the end")
            bench.equal(listed, ["gone"], "query half a second before the end")
            await bench.wait_until(_end(gone))
            await bench.nowhere(store, gone)
            bench.equal(await store.get("stays"), stays, "get of what lives for an hour")
            late = bench.entry("late", lives=-5.0, **_VALUES)
            await store.save(late)
            await bench.nowhere(store, late)


@check(TTL)
async def never_comes_for_what_has_no_end(bench: Bench) -> None:
    """An entry without an end lives on, whatever expires beside it.

    If this fails, check that there is no default TTL, and that None is not taken for zero.
    """
    store, entry = bench.open(), bench.entry("stays")
    gone = bench.entry("gone", lives=_SHORT)
    await store.save_many([entry, gone])
    await bench.pass_time(4e9 if bench.clock.is_turned else _SHORT)
    await bench.everywhere(store, entry)
    bench.equal((await bench.scanned(store))["stays"].expires_at, None, "its end")


@check(TTL)
async def comes_as_late_as_it_is_set(bench: Bench) -> None:
    """An entry may live for years: nothing ends it sooner.

    If this fails, check for the longest TTL of the store, or one above which it takes a TTL for a date.
    """
    if not bench.clock.is_turned:
        raise NotApplicable("years can only pass on a clock that the adapter takes")
    store, entry = bench.open(), bench.entry("a", lives=86_400.0 * 4000, **_VALUES)
    await store.save(entry)
    for days in (20, 40, 400, 3999):
        await bench.wait_until(entry.created_at + timedelta(days=days))
        await bench.everywhere(store, entry)
    await bench.wait_until(_end(entry))
    await bench.nowhere(store, entry)


@check(TTL)
async def moves_when_the_entry_is_saved_again(bench: Bench) -> None:
    """Saving an id again replaces the end: what has a later one now outlives the old one.

    If this fails, check that the old end is forgotten, in the entry and in every timer.
    """
    store = bench.open()
    old = bench.entry("a", lives=_SHORT)
    await store.save(old)
    new = bench.entry("a", lives=3600.0, **_VALUES)
    await store.save(new)
    await bench.wait_until(_end(old) + timedelta(seconds=0.05))
    await bench.everywhere(store, new)
    bench.equal(await store.count(), 1, "count")


@check(TTL)
async def ends_when_the_entry_is_saved_for_ever(bench: Bench) -> None:
    """Saving an id again without an end takes the end away.

    If this fails, check that a save without a TTL removes the one that the store has, as SET does and GETEX does not.
    """
    store = bench.open()
    old = bench.entry("a", lives=_SHORT)
    await store.save(old)
    new = bench.entry("a", **_VALUES)
    await store.save(new)
    await bench.wait_until(_end(old) + timedelta(seconds=0.05))
    await bench.everywhere(store, new)


@check(TTL)
async def begins_when_the_entry_is_saved_with_an_end(bench: Bench) -> None:
    """Saving an id again with an end gives it one; an earlier end comes earlier.

    If this fails, check that an overwrite sets the TTL too.
    """
    store = bench.open()
    await store.save_many([bench.entry("a"), bench.entry("b", lives=3600.0)])
    new = [bench.entry("a", lives=_SHORT, **_VALUES), bench.entry("b", lives=_SHORT, **_VALUES)]
    for entry in new:
        await store.save(entry)
    await bench.wait_until(max(map(_end, new)))
    for entry in new:
        await bench.nowhere(store, entry)


@check(TTL)
async def stays_through_an_update(bench: Bench) -> None:
    """An update of something else leaves the end as it is.

    If this fails, check that a changed copy is written with the end that it had.
    """
    store = bench.open()
    old = bench.entry("a", lives=0.625)
    await store.save(old)
    await bench.pass_time(0.2)
    changed = await store.update("a", tags=["t"])
    if changed is None:
        bench.still_before(old.expires_at)
    bench.equal(changed and changed.expires_at, old.expires_at, "the end that update gives")
    await bench.wait_until(_end(old))
    bench.equal(await store.get("a"), None, "get")
    bench.equal(await bench.ids(store, filter=Filter(tags=["t"])), [], "query")


@check(TTL)
async def can_be_changed_by_an_update(bench: Bench) -> None:
    """An update of `expires_at` moves the end, and one to None takes it away.

    If this fails, check that an update writes the TTL of the store too.
    """
    store = bench.open()
    old, other = bench.entry("a", lives=_SHORT, tags=["t"]), bench.entry("b", lives=3600.0)
    await store.save_many([old, other, bench.entry("c", lives=3600.0)])
    free = await store.update("c", expires_at=None)
    bench.equal(free and free.expires_at, None, "the end after an update to None")
    bench.equal((await store.get("c")) == free, True, "whether get gives it so")
    await store.delete("c")
    await store.update("a", expires_at=bench.now() + timedelta(hours=1))
    sooner = bench.now() + timedelta(seconds=_SHORT)
    await store.update("b", expires_at=sooner)
    await bench.wait_until(max(_end(old), sooner))
    bench.equal((await store.get("a")) is not None, True, "whether the one that was prolonged is there")
    bench.equal(await bench.ids(store, filter=Filter()), ["a"], "query")
    bench.equal(await store.get("b"), None, "get of the one that was shortened")


@check(TTL)
async def of_an_entry_that_comes_too_late(bench: Bench) -> None:
    """An entry whose end has passed when it is saved is not kept, and one of its id that was there is gone.

    If this fails, check what the store does with a TTL of zero or below: no error, and no entry that lives for ever.
    """
    store = bench.open()
    late = bench.entry("late", lives=-5.0, **_VALUES)
    await store.save(late)
    await bench.nowhere(store, late)
    await store.save(bench.entry("a", tags=["before"]))
    replacing = bench.entry("a", lives=-0.015625, **_VALUES)
    await store.save(replacing)
    await bench.nowhere(store, replacing)
    bench.equal(await bench.ids(store, filter=Filter(tags=["before"])), [], "by what was there before")
    bench.equal(await store.count(), 0, "count")


@check(TTL)
async def of_one_that_comes_too_late_in_a_batch(bench: Bench) -> None:
    """In a batch, what has expired already is not kept, and the others are.

    If this fails, check that one such entry neither fails the batch nor is kept for ever.
    """
    store = bench.open()
    await store.save(bench.entry("b"))
    living = bench.entry("c", lives=3600.0, **_VALUES)
    await store.save_many([bench.entry("a", lives=-5.0), bench.entry("b", lives=-0.015625), living])
    bench.equal(await store.get_many(["a", "b", "c"]), [None, None, living])
    bench.equal(await store.count(), 1, "count")


@check(TTL)
async def leaves_the_id_free(bench: Bench) -> None:
    """An id that has expired can be saved again and is then found by what it has now, and only by that.

    If this fails, check that what the expired entry left in an index does not answer for the new one.
    """
    store = bench.open()
    old = bench.entry("a", "old words", tags=["old"], user_id="old", lives=_SHORT)
    await store.save(old)
    await bench.wait_until(_end(old))
    new = bench.entry("a", "new text", tags=["new"], session_id="s")
    await store.save(new)
    await bench.everywhere(store, new)
    bench.equal(await bench.ids(store, filter=Filter(tags=["old"])), [], "by its old tag")
    bench.equal(await bench.ids(store, filter=Filter(user_id="old")), [], "by its old user")
    bench.equal(await store.count(Filter(tags=["old"])), 0, "count by its old tag")
    bench.equal(await store.count(), 1, "count")


@check(TTL)
async def goes_by_the_end_and_not_by_the_creation(bench: Bench) -> None:
    """How long an entry lives follows from `expires_at` and from now, not from when it was created.

    If this fails, check that the TTL of the store is `expires_at` less now, whatever `created_at` and `ttl` say.
    """
    store = bench.open()
    long_ago = bench.now() - timedelta(days=400)
    old = bench.entry("old", created_at=long_ago, lives=3600.0)
    ahead = bench.entry("ahead", created_at=bench.now() + timedelta(days=1), lives=_SHORT)
    other = MemoryEntry(
        id="other",
        text="with a TTL of its own",
        created_at=bench.now(),
        expires_at=bench.now() + timedelta(seconds=_SHORT),
        ttl=timedelta(days=1),
    )
    short = bench.entry("short", created_at=long_ago, lives=_SHORT)
    later = bench.entry("later", created_at=bench.now() + timedelta(days=1), lives=3600.0)
    await store.save_many([old, ahead, other, short, later])
    await bench.wait_until(max(map(_end, (ahead, other, short))))
    bench.equal(await store.get("old"), old, "an old entry that lives for an hour yet")
    bench.equal(await store.get("later"), later, "one that was created tomorrow and lives for an hour yet")
    bench.equal(await store.get_many(["ahead", "other", "short"]), [None, None, None], "three that have ended")


@check(TTL)
async def does_not_move_by_reading(bench: Bench) -> None:
    """Where nobody asked for a refresh on read, reading does not prolong a life.

    If this fails, check that `refresh_on_read` is off where it is not given.
    """
    store, entry = bench.open(), bench.entry("a", "red fox", lives=0.75, tags=["t"])
    await store.save(entry)
    await bench.pass_time(0.375)
    await store.get("a")
    await store.get_many(["a"])
    await store.query(Query(filter=Filter(tags=["t"])))
    await bench.scanned(store)
    await bench.wait_until(_end(entry))
    await bench.nowhere(store, entry)


@check(TTL)
async def is_not_told_of_a_page_that_was_read_before(bench: Bench) -> None:
    """A scan gives no entry that has expired when its page is asked for.

    If this fails, check that every page looks at the time anew.
    """
    store = bench.open()
    entries = [bench.entry(f"n{n}", lives=_SHORT if n % 2 else 3600.0) for n in range(10)]
    await store.save_many(entries)
    page = await store.scan(limit=3)
    seen = [entry.id for entry in page.entries]
    await bench.wait_until(max(_end(entry) for entry in entries[1::2]))
    later: list[str] = []
    while page.cursor is not None:
        page = await store.scan(page.cursor, limit=3)
        later += [entry.id for entry in page.entries]
    living = {f"n{n}" for n in range(0, 10, 2)}
    bench.equal(set(later) - living, set(), "what has expired and was told of")
    bench.equal(living - set(seen) - set(later), set(), "what lives and was not told of")


def _end(entry: MemoryEntry) -> Any:
    return entry.expires_at


@check(TTL, each={way: way for way in ("save", "save_many", "update")})
async def is_told_to_the_microsecond_after(bench: Bench, way: str) -> None:
    """An entry is there until its end, be that a microsecond away, and is gone from its end on.

    If this fails, check the unit in which ends are kept and compared: milliseconds are too coarse.
    """
    if not bench.clock.is_turned:
        raise NotApplicable("a microsecond can only be told on a clock that the adapter takes")
    # The clock comes to a moment that a float holds exactly; the ends lie around it.
    store, moment = bench.open(), bench.now() + timedelta(seconds=_SHORT)
    distances = (-1001, -999, -500, -1, 0, 1, 2, 499, 500, 501, 999, 1001)
    entries = [
        bench.entry(f"n{n}", f"red{n} fox", expires_at=moment + timedelta(microseconds=distance), **_VALUES)
        for n, distance in enumerate(distances)
    ]
    if way == "save_many":
        await store.save_many(entries)
    for entry in entries if way != "save_many" else ():
        if way == "update":
            await store.save(bench.entry(entry.id, entry.text, created_at=entry.created_at))
            await store.update(entry.id, **{name: getattr(entry, name) for name in ("expires_at", *_VALUES)})
        else:
            await store.save(entry)
    await bench.wait_until(moment)
    await Questions(bench, entries).agree(store, [entry for entry in entries if _end(entry) > moment])


_REVIVALS: dict[str, dict[str, Any]] = {
    "a_text": {"text": "back again"},
    "tags": {"tags": ["t", "new"]},
    "metadata": {"metadata": {"k": 2}},
    "importance": {"importance": 1.0},
    "a_later_end": {"lives": 3600.0},
    "no_end": {"expires_at": None, "ttl": None},
    "a_later_end_and_a_text": {"lives": 3600.0, "text": "back again"},
    "a_ttl": {"ttl": timedelta(hours=1)},
}


@check(TTL, each=_REVIVALS)
async def is_not_undone_by_an_update_of(bench: Bench, changes: dict[str, Any]) -> None:
    """An update of an entry that has expired gives None and brings nothing back, whatever it changes.

    If this fails, check that an update looks at the end that the entry has, before it looks at the new one.
    """
    store = bench.open()
    entry = bench.entry("a", lives=_SHORT, **_VALUES)
    await store.save(entry)
    await bench.wait_until(_end(entry))
    changes = dict(changes)
    if (lives := changes.pop("lives", None)) is not None:
        changes["expires_at"] = bench.now() + timedelta(seconds=lives)
    bench.equal(await store.update("a", **changes), None, "update")
    await Questions(bench, [entry]).agree(store, [])


@check(TTL)
async def comes_at_once_by_an_update_to_what_has_been(bench: Bench) -> None:
    """An update of `expires_at` to a moment that has passed lets the entry go, as a save of it does.

    If this fails, check that the changed entry goes the way of a save: what has ended is not kept.
    """
    for ago in (timedelta(days=9000), timedelta(seconds=5), timedelta(milliseconds=5), timedelta()):
        store = await bench.empty()
        entry, other = (bench.entry(name, lives=3600.0, **_VALUES) for name in "ab")
        await store.save_many([entry, other])
        end = bench.now() - ago
        await store.update("a", expires_at=end, tags=["t", "late"])
        await bench.wait_until(end)
        await Questions(bench, [entry, bench.entry("a", tags=["late"])]).agree(store, [other])
        await store.save(entry)
        await bench.everywhere(store, entry)


_GONE: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "delete": lambda store: store.delete("a"),
    "delete_many": lambda store: store.delete_many(["a"]),
    "delete_where": lambda store: store.delete_where(Filter(tags=["t"])),
    "clear": lambda store: store.clear(),
}


@check(TTL, each=_GONE)
async def does_not_come_back_after(bench: Bench, go: Callable[[Any], Awaitable[Any]]) -> None:
    """The end of an entry goes with it: one of its id that is saved later, without an end, lives on.

    If this fails, check that whatever deletes an entry takes it out of what is swept by time.
    """
    store = bench.open()
    await store.save(bench.entry("a", tags=["t"], lives=_SHORT))
    bench.equal(bool(await go(store)), True, "whether it was there")
    after = bench.entry("a", "another")
    await store.save(after)
    await bench.pass_time(_SHORT + 0.05)
    bench.equal(await store.count(), 1, "count after the end of the one before")
    await bench.everywhere(store, after)
