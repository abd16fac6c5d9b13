"""`max_entries`: never more, and who goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

SETTINGS = ("max_entries", "eviction")
_A_MOMENT = 0.015625
"""Seconds between two uses, so that who ranks them by a clock can tell them apart."""
_EACH = {name: name for name in ("oldest", "lru", "importance", "ttl")}


def _four(bench: Bench) -> list[MemoryEntry]:
    """Four entries of which each way of evicting takes another one first."""
    now = bench.now()
    made = [("a", 1, 0.9, 900.0), ("b", 2, 0.1, 800.0), ("c", 3, 0.5, 100.0), ("d", 4, 0.7, None)]
    return [
        bench.entry(
            name,
            f"entry {name}",
            tags=["t"],
            user_id="u",
            created_at=now - timedelta(hours=10) + timedelta(minutes=minutes),
            importance=importance,
            lives=ttl,
        )
        for name, minutes, importance, ttl in made
    ]


_FIRST = {"oldest": "a", "importance": "b", "ttl": "c", "lru": "d"}


async def _filled(bench: Bench, eviction: str) -> Any:
    """An adapter that is full of the four; with ``lru`` all but d were read."""
    store = bench.open(max_entries=4, eviction=eviction)
    for entry in _four(bench):
        await store.save(entry)
        await bench.pass_time(_A_MOMENT)
    for name in "abc":
        await store.get(name)
        await bench.pass_time(_A_MOMENT)
    return store


@check(settings=SETTINGS, each=_EACH)
async def takes_first_by(bench: Bench, eviction: str) -> None:
    """When there is one too many, the entry goes that this kind of eviction names, and no other.

    If this fails, check the rank: oldest by `created_at`, lru by the last save or read, importance the lowest, ttl the
    end that comes next (never is last).
    """
    store = await _filled(bench, eviction)
    new = bench.entry("new", tags=["t"], importance=1.0, lives=5000.0)
    await store.save(new)
    bench.equal(set(await bench.scanned(store)), {"a", "b", "c", "d", "new"} - {_FIRST[eviction]}, "what is left")
    bench.equal(await store.count(), 4, "count")


@check(settings=SETTINGS, each=_EACH)
async def goes_on_in_order_by(bench: Bench, eviction: str) -> None:
    """One eviction after the other takes the entries in the order that its kind names.

    If this fails, check the rank of what is left after the first one went.
    """
    store = await _filled(bench, eviction)
    order = {"oldest": "abcd", "importance": "bcda", "ttl": "cbad", "lru": "dabc"}[eviction]
    for number, name in enumerate(order[:3]):
        await store.save(bench.entry(f"new{number}", importance=1.0, lives=5000.0 + number))
        await bench.pass_time(_A_MOMENT)
        left = set(await bench.scanned(store)) & set("abcd")
        bench.equal(left, set(order[number + 1 :]), f"what is left after {name} had to go")


@check(settings=SETTINGS, each=_EACH)
async def leaves_nothing_of_what_went_by(bench: Bench, eviction: str) -> None:
    """What was evicted is absent from every verb, and can be saved again.

    If this fails, check that an eviction goes through the same removal as a delete.
    """
    store = await _filled(bench, eviction)
    gone = next(entry for entry in _four(bench) if entry.id == _FIRST[eviction])
    await store.save(bench.entry("new", "another one", importance=1.0, lives=5000.0))
    await bench.nowhere(store, gone)
    bench.equal(await store.delete(gone.id), False, "delete")
    bench.equal(await store.update(gone.id, text="back"), None, "update")


@check(settings=SETTINGS, each=_EACH)
async def is_never_too_late_by(bench: Bench, eviction: str) -> None:
    """There are never more than `max_entries`, however they come: one by one, in a batch, or many at once.

    If this fails, check that the limit is kept in the same step as the save.
    """
    store = bench.open(max_entries=5, eviction=eviction)
    now = bench.now()
    made = [
        bench.entry(f"n{n}", created_at=now + timedelta(seconds=n), importance=n / 100, lives=1000.0 + n)
        for n in range(60)
    ]
    for entry in made[:8]:
        await store.save(entry)
        bench.true(await store.count() <= 5, f"{await store.count()} entries", "5 at the most")
    await store.save_many(made[8:30])
    bench.equal(await store.count(), 5, "count after a batch")
    await asyncio.gather(*(store.save(entry) for entry in made[30:]))
    bench.equal(await store.count(), 5, "count after 30 saves at once")
    if eviction != "lru":  # which of some saves at once was the last is nobody's promise
        bench.equal(set(await bench.scanned(store)), {f"n{n}" for n in range(55, 60)}, "what is left")


@check(settings=SETTINGS, each=_EACH)
async def is_not_caused_by_saving_again_by(bench: Bench, eviction: str) -> None:
    """Saving an id again, or updating it, makes no entry more, so nothing is evicted.

    If this fails, check that the entry which is replaced is not counted beside the new one.
    """
    store = await _filled(bench, eviction)
    for entry in _four(bench):
        await store.save(entry)
    await store.save_many(_four(bench))
    await store.update("b", tags=["x"])
    bench.equal(set(await bench.scanned(store)), {"a", "b", "c", "d"})


@check(settings=SETTINGS)
async def takes_none_while_there_is_room(bench: Bench) -> None:
    """Up to `max_entries` nothing is evicted; room that a delete makes is used.

    If this fails, check the comparison at the limit, and that a delete is counted.
    """
    store = bench.open(max_entries=4, eviction="oldest")
    await store.save_many(_four(bench))
    bench.equal(await store.count(), 4, "count at the limit")
    await store.delete("c")
    await store.save(bench.entry("new"))
    bench.equal(set(await bench.scanned(store)), {"a", "b", "d", "new"})


@check(settings=SETTINGS)
async def takes_only_what_it_must(bench: Bench) -> None:
    """One too many takes one, in a large store too.

    If this fails, check that nothing is evicted ahead of need.
    """
    store = bench.open(max_entries=200, eviction="oldest")
    now = bench.now()
    made = [bench.entry(f"n{n}", created_at=now + timedelta(seconds=n)) for n in range(203)]
    await store.save_many(made[:200])
    bench.equal(await store.count(), 200, "count at the limit")
    await store.save(made[200])
    bench.equal(await store.count(), 200, "count after one more")
    await store.save_many(made[201:])
    bench.equal(set(await bench.scanned(store)), {f"n{n}" for n in range(3, 203)}, "what is left")


@check(Capability.TTL, settings=SETTINGS)
async def takes_what_has_expired_before_what_lives(bench: Bench) -> None:
    """What has expired takes no room: nothing that lives is evicted for its sake.

    If this fails, check that the expired are taken out, or not counted, before anything is evicted.
    """
    store = bench.open(max_entries=3, eviction="oldest")
    now = bench.now()
    await store.save(bench.entry("old", created_at=now - timedelta(hours=1)))
    short = bench.entry("short", lives=0.25)
    await store.save_many([short, bench.entry("other")])
    await bench.wait_until(short.expires_at or now)
    await store.save(bench.entry("new"))
    bench.equal(set(await bench.scanned(store)), {"old", "other", "new"})


@check(settings=SETTINGS)
async def does_not_keep_a_new_one_that_ranks_lowest(bench: Bench) -> None:
    """A new entry that ranks lowest itself is the one that goes.

    If this fails, check that the new entry is ranked with the others before one is taken.
    """
    store = bench.open(max_entries=2, eviction="importance")
    await store.save_many([bench.entry("a", importance=0.5), bench.entry("b", importance=0.6)])
    await store.save(bench.entry("low", importance=0.1))
    bench.equal(set(await bench.scanned(store)), {"a", "b"})


@check(settings=SETTINGS)
async def of_equals_takes_the_older(bench: Bench) -> None:
    """Of two that rank alike, the one that was created first goes, whichever was saved first.

    If this fails, check that `created_at` breaks ties.
    """
    now = bench.now()
    alike: tuple[tuple[str, dict[str, Any]], ...] = (
        ("oldest", {}),
        ("importance", {"importance": 0.5}),
        ("ttl", {"expires_at": now + timedelta(hours=1)}),
    )
    for eviction, values in alike:
        bench.fresh()
        store = bench.open(max_entries=3, eviction=eviction)
        for name, age in (("b", 2), ("oldest", 3), ("a", 1)):
            await store.save(bench.entry(name, created_at=now - timedelta(hours=age), **values))
        await store.save(bench.entry("new", created_at=now, importance=0.9, lives=7200.0))
        bench.equal(set(await bench.scanned(store)), {"a", "b", "new"}, f"with eviction={eviction!r}")


@check(settings=SETTINGS)
async def by_lru_counts_every_read(bench: Bench) -> None:
    """With `lru`, `get`, `get_many` and `query` are uses; `scan` and `count` are not.

    If this fails, check that each of the three notes the use, and that nothing else does.
    """
    store = bench.open(max_entries=4, eviction="lru")
    for name in ("got", "many", "queried", "idle"):
        await store.save(bench.entry(name, tags=[name]))
        await bench.pass_time(_A_MOMENT)
    for read in (
        store.get("got"),
        store.get_many(["many"]),
        store.query(Query(filter=Filter(tags=["queried"]))),
    ):
        await read
        await bench.pass_time(_A_MOMENT)
    await bench.scanned(store)
    await store.count(Filter(tags=["idle"]))
    await store.save(bench.entry("new"))
    bench.equal(set(await bench.scanned(store)), {"got", "many", "queried", "new"})
    for number, gone in enumerate(("got", "many", "queried")):
        await bench.pass_time(_A_MOMENT)
        await store.save(bench.entry(f"more{number}"))
        bench.equal(gone in await bench.scanned(store), False, f"whether {gone!r} is there after {number + 1} more")


@check(settings=(*SETTINGS, "namespace"))
async def by_lru_counts_a_save_as_a_use(bench: Bench) -> None:
    """With `lru`, saving an id again is a use.

    If this fails, check that an overwrite moves the entry to the end.
    """
    store = bench.open(max_entries=3, eviction="lru")
    for name, text in (("a", "first"), ("b", "first"), ("c", "first"), ("a", "again"), ("new", "first")):
        await store.save(bench.entry(name, text))
        await bench.pass_time(_A_MOMENT)
    bench.equal(set(await bench.scanned(store)), {"a", "c", "new"})
    await store.save_many([bench.entry("c", "again")])
    await store.save(bench.entry("newer"))
    bench.equal(set(await bench.scanned(store)), {"c", "new", "newer"}, "after a batch")
    single = bench.open(f"{bench.namespace}-single", called="single", max_entries=1, eviction="lru")
    await single.save(bench.entry("a"))
    await single.save(bench.entry("b"))
    bench.equal(set(await bench.scanned(single)), {"b"}, "what is left of two with max_entries=1")


@check(settings=SETTINGS)
async def by_lru_counts_searches(bench: Bench) -> None:
    """With `lru`, what a query by words or by a vector gives is used by it.

    If this fails, check that every way of querying notes the use.
    """
    searches: dict[str, dict[str, Any]] = {}
    if bench.has(Capability.TEXT_SEARCH):
        searches["words"] = {"text": "fox"}
    if bench.has(Capability.VECTOR_SEARCH):
        searches["vector"] = {"vector": bench.vector([1.0, 0.0]), "limit": 1}
    for how, query in searches.items():
        bench.fresh()
        store = bench.open(max_entries=2, eviction="lru")
        for name, text, vector in (("a", "red fox", [1.0, 0.0]), ("b", "blue car", [0.0, 1.0])):
            await store.save(bench.entry(name, text, embedding=vector))
            await bench.pass_time(_A_MOMENT)
        await store.query(Query(**query))
        await bench.pass_time(_A_MOMENT)
        await store.save(bench.entry("c", "green tree", embedding=[0.0, 1.0]))
        bench.equal(set(await bench.scanned(store)), {"a", "c"}, f"what is left after a query by {how}")


@check(settings=SETTINGS)
async def tells_small_differences_apart(bench: Bench) -> None:
    """What goes first is told by all digits: of two that differ by a thousandth or a microsecond, the right one goes.

    If this fails, check that the rank is not rounded, to tenths or to whole seconds.
    """
    now = bench.now() - timedelta(hours=1)
    made: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "oldest": ({"created_at": now + timedelta(microseconds=1)}, {"created_at": now}),
        "importance": ({"created_at": now, "importance": 0.502}, {"importance": 0.501}),
        "ttl": ({"created_at": now, "lives": 1000.001}, {"lives": 1000.0}),
    }
    for eviction, (stays, goes) in made.items():
        bench.fresh()
        store = bench.open(max_entries=2, eviction=eviction)
        await store.save(bench.entry("z goes", **goes))
        await store.save(bench.entry("a stays", **stays))
        await store.save(bench.entry("new", importance=0.9, lives=5000.0))
        bench.equal(set(await bench.scanned(store)), {"a stays", "new"}, f"with eviction={eviction!r}")


@check(settings=SETTINGS)
async def ranks_an_entry_anew_when_it_is_saved_again(bench: Bench) -> None:
    """An entry that was saved again ranks by what it has now.

    If this fails, check that the old rank is taken out.
    """
    store = bench.open(max_entries=3, eviction="importance")
    await store.save_many([bench.entry(name, importance=n / 10) for name, n in (("a", 1), ("b", 2), ("c", 3))])
    await store.save(bench.entry("a", importance=0.9))
    await store.update("b", importance=0.8)
    await store.save(bench.entry("new", importance=1.0))
    bench.equal(set(await bench.scanned(store)), {"a", "b", "new"})


@check(settings=["max_entries"])
async def is_only_for_its_own_namespace(bench: Bench) -> None:
    """A limit counts the entries of its own namespace.

    If this fails, check that another tenant's entries neither count nor go.
    """
    one, other = bench.open("tenant1", called="one", max_entries=3), bench.open("tenant10", called="other")
    await other.save_many([bench.entry(f"o{n}") for n in range(6)])
    await one.save_many([bench.entry(f"n{n}") for n in range(5)])
    bench.equal(await one.count(), 3, "count of the one with the limit")
    bench.equal(await other.count(), 6, "count of the other")


@check(settings=SETTINGS)
async def shows_nobody_one_too_many(bench: Bench) -> None:
    """Whoever looks while others save, never sees more than `max_entries`.

    If this fails, check that the entry is written and another one evicted in one step.
    """
    store = bench.open(max_entries=5, eviction="oldest")
    now = bench.now()
    made = [bench.entry(f"n{n}", tags=["t"], created_at=now + timedelta(seconds=n)) for n in range(40)]
    await store.save_many(made[:5])
    saving = [asyncio.ensure_future(store.save(entry)) for entry in made[5:]]
    seen = [await store.count()]
    while not all(task.done() for task in saving):
        seen.append(await store.count())
        seen.append(len(await bench.ids(store, filter=Filter(tags=["t"]))))
        await asyncio.sleep(0)
    await asyncio.gather(*saving)
    bench.true(max(seen) <= 5, f"{max(seen)} entries", "5 at the most")
    bench.equal(await store.count(), 5, "count in the end")


async def _emptied_one_by_one(store: Any, names: list[str]) -> None:
    for name in names:
        await store.delete(name)


async def _updated_to_the_past(store: Any, names: list[str]) -> None:
    for name in names:
        await store.update(name, expires_at=datetime(2001, 1, 1, tzinfo=UTC))


async def _saved_too_late(store: Any, names: list[str]) -> None:
    await store.save_many([MemoryEntry(id=n, text="x", expires_at=datetime(2001, 1, 1, tzinfo=UTC)) for n in names])


_EMPTIED: dict[str, Callable[[Any, list[str]], Awaitable[Any]]] = {
    "clear": lambda store, _: store.clear(),
    "delete": _emptied_one_by_one,
    "delete_many": lambda store, names: store.delete_many(names),
    "delete_where": lambda store, _: store.delete_where(Filter(tags=["t"])),
    "delete_where_of_everything": lambda store, _: store.delete_where(Filter()),
    "updates_to_what_has_been": _updated_to_the_past,
    "overwrites_by_what_has_been": _saved_too_late,
    "their_end": lambda store, _: asyncio.sleep(0),
}


@check(settings=SETTINGS, each=_EMPTIED)
async def gives_the_whole_room_back_after(bench: Bench, emptied: Callable[[Any, list[str]], Awaitable[Any]]) -> None:
    """What is gone takes no room: after it `max_entries` find place again, no fewer and no more, time after time.

    If this fails, check that what the limit goes by is counted down by this way of going, by one for each entry.
    """
    ends = emptied is _EMPTIED["their_end"]
    if not bench.has(Capability.TTL) and emptied in {_EMPTIED[n] for n in _EMPTIED if "been" in n or n == "their_end"}:
        raise NotApplicable("ttl not declared")
    # Where an end has to be waited for, one kind of eviction has to be enough.
    for eviction in _EACH if bench.clock.is_turned or not ends else ["oldest"]:
        bench.fresh()
        store = bench.open(max_entries=5, eviction=eviction)
        for round_ in range(3):
            names = [f"n{n}-{round_}" for n in range(5)]
            made = [bench.entry(name, tags=["t"], lives=0.25 if ends else 3600.0) for name in names]
            await store.save_many(made[:3])
            for entry in made[3:]:
                await store.save(entry)
            if not ends:
                bench.equal((await bench.scanned(store)).keys(), set(names), f"what is there in round {round_}")
            await emptied(store, names)
            if ends:
                await bench.wait_until(max(entry.expires_at for entry in made if entry.expires_at is not None))
        names = [f"last{n}" for n in range(7)]
        for number, name in enumerate(names):
            await store.save(bench.entry(name, importance=number / 10, lives=3600.0 + number))
            await bench.pass_time(_A_MOMENT)
            bench.equal(await store.count(), min(number + 1, 5), f"count of {number + 1} entries with {eviction!r}")
        bench.equal((await bench.scanned(store)).keys(), set(names[2:]), f"what is left with {eviction!r}")


_LOOKS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "health": lambda store: store.health(),
    "scan": lambda store: store.scan(),
    "count": lambda store: store.count(Filter(tags=["t"])),
    "a_get_of_nobody": lambda store: store.get("nobody"),
    "a_delete_of_nobody": lambda store: store.delete("nobody"),
    "an_update_of_nobody": lambda store: store.update("nobody", text="x"),
    "a_delete_where_of_nobody": lambda store: store.delete_where(Filter(tags=["t"], user_id="nobody")),
}


@check(settings=SETTINGS, each=_LOOKS)
async def is_not_moved_by(bench: Bench, look: Callable[[Any], Awaitable[Any]]) -> None:
    """This verb evicts nothing from a full store, and changes nothing of who goes next.

    If this fails, check that it writes no probe and counts as no use.
    """
    for eviction in _EACH:
        bench.fresh()
        store = await _filled(bench, eviction)
        for _ in range(3):
            await look(store)
        bench.equal((await bench.scanned(store)).keys(), set("abcd"), f"what is there with {eviction!r}")
        await bench.pass_time(_A_MOMENT)
        await store.save(bench.entry("new", tags=["t"], importance=1.0, lives=5000.0))
        left = {"a", "b", "c", "d", "new"} - {_FIRST[eviction]}
        bench.equal((await bench.scanned(store)).keys(), left, f"what is left with {eviction!r}")


@check(Capability.TTL, settings=[*SETTINGS, "refresh_on_read"], each={"ttl": "ttl", "lru": "lru"})
async def goes_by_what_a_refresh_moved_by(bench: Bench, eviction: str) -> None:
    """Who was read and so refreshed expires later and was used later: another one goes first.

    If this fails, check that a refresh writes the new end to the order of eviction too, and is a use.
    """
    reads: list[Callable[[Any], Awaitable[Any]]] = [
        lambda store: store.get("read"),
        lambda store: store.get_many(["nobody", "read"]),
        lambda store: store.query(Query(filter=Filter(tags=["read"]))),
        lambda store: store.query(Query(filter=Filter(ids=["read"]), limit=1)),
    ]
    if bench.has(Capability.TEXT_SEARCH):
        reads.append(lambda store: store.query(Query(text="fox", limit=1, explain=True)))
    for read in reads:
        bench.fresh()
        store = bench.open(max_entries=2, eviction=eviction, refresh_on_read=True)
        await store.save(bench.entry("read", "red fox", tags=["read"], lives=100.0))
        await bench.pass_time(_A_MOMENT)
        await store.save(bench.entry("idle", "blue car", lives=100.0))
        await bench.pass_time(_A_MOMENT)
        await read(store)
        await bench.pass_time(_A_MOMENT)
        await store.save(bench.entry("new", "green tree", lives=200.0))
        bench.equal((await bench.scanned(store)).keys(), {"read", "new"}, "what is left")
