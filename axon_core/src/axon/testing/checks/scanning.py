"""Scans: everything at least once, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.adapter import iterate
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import Broken, NotApplicable
from axon.testing.world import fields

_LIMITS = {f"{limit}": limit for limit in (1, 2, 7, 10, 25, 100, 1000)}
_MOST_PAGES = 5000


async def _pages(store: Any, limit: int, cursor: str | None = None) -> list[list[str]]:
    found = []
    for _ in range(_MOST_PAGES):
        page = await store.scan(cursor, limit=limit)
        found.append([entry.id for entry in page.entries])
        if (cursor := page.cursor) is None:
            return found
    raise Broken(f"a cursor after each of {_MOST_PAGES} pages", "None after the last page")


@check(each=_LIMITS)
async def finds_everything_in_pages_of(bench: Bench, limit: int) -> None:
    """A scan gives every entry at least once, in pages of whatever size, and ends.

    If this fails, check the first and the last page, and the case where the last one is full.
    """
    store = bench.open()
    entries = {f"n{n}": bench.entry(f"n{n}", f"text {n}") for n in range(50)}
    await store.save_many(list(entries.values()))
    bench.equal(await bench.scanned(store, limit=limit), entries)


@check()
async def of_nothing(bench: Bench) -> None:
    """A scan of an empty adapter is one empty page.

    If this fails, check that the cursor of the last page is None.
    """
    store = bench.open()
    page = await store.scan()
    bench.equal(list(page.entries), [], "its entries")
    pages = await _pages(store, 10)
    bench.equal([one for one in pages if one], [], "pages with entries")


@check()
async def goes_by_its_limit(bench: Bench) -> None:
    """`limit` is a hint for the size of a page: a large store is not one page.

    If this fails, check that `limit` reaches the store.
    """
    store = bench.open()
    names = {f"n{n}" for n in range(2400)}
    await bench.save_all(store, [bench.entry(name) for name in sorted(names)])
    pages = await _pages(store, 20)
    bench.true(len(pages) > 10, f"{len(pages)} pages of 2,400 entries with limit=20", "some more")
    bench.true(max(map(len, pages)) <= 600, f"a page of {max(map(len, pages))}", "about 20")
    bench.equal(len(names - {name for page in pages for name in page}), 0, "how many of 2,400 did not appear")
    large = await _pages(store, 2000)
    bench.equal(len(names - {name for page in large for name in page}), 0, "how many did not with limit=2000")


@check()
async def gives_whole_entries(bench: Bench) -> None:
    """A scan gives entries as `get` does, with every field.

    If this fails, check that a page is read like a single entry.
    """
    store = bench.open()
    entries = {
        f"n{n}": bench.entry(f"n{n}", tags=[f"t{n}"], user_id="u", metadata={"n": n}, embedding=[1.0, n], lives=1000.0)
        for n in range(5)
    }
    await store.save_many(list(entries.values()))
    bench.equal(await bench.scanned(store, limit=2), entries)


@check()
async def goes_on_from_its_cursor(bench: Bench) -> None:
    """A cursor says where the next page starts, also for another scan that begins there.

    If this fails, check that a cursor holds the place itself, and not the number of something kept in the adapter.
    """
    store = bench.open()
    names = {f"n{n}" for n in range(40)}
    await store.save_many([bench.entry(name) for name in sorted(names)])
    page = await store.scan(limit=10)
    seen = {entry.id for entry in page.entries}
    bench.true(page.cursor is None or type(page.cursor) is str, f"a cursor of {type(page.cursor).__name__}", "text")
    for _ in range(2):
        rest = {name for one in await _pages(store, 10, page.cursor) for name in one} if page.cursor else set()
        bench.equal(seen | rest, names, "the first page and what its cursor leads to")


@check()
async def of_two_at_once(bench: Bench) -> None:
    """Two scans at once do not disturb each other, also if something was deleted before the second one began.

    If this fails, check that no place of a scan is kept in the adapter.
    """
    store = bench.open()
    names = {f"n{n}" for n in range(30)}
    await store.save_many([bench.entry(name) for name in ("x0", "x1", "x2", "x3", *sorted(names), "x4", "x5")])
    found: list[set[str]] = [set(), set()]
    cursors: list[str | None] = ["", ""]
    first = True
    while first or any(cursor is not None for cursor in cursors):
        for number, cursor in enumerate(cursors):
            if first or cursor is not None:
                page = await store.scan(None if first else cursor, limit=4 + 3 * number)
                found[number].update(entry.id for entry in page.entries)
                cursors[number] = page.cursor
            if first and not number:
                await store.delete_many([f"x{n}" for n in range(6)])
        first = False
    bench.equal([ids & names for ids in found], [names, names], "what each gave of what was there all the time")


async def _again(store: Any, bench: Bench, number: int) -> None:
    await store.delete(f"x{number}")
    await store.save(bench.entry(f"x{number}", "again"))


_WRITES: dict[str, Any] = {
    "deletes": lambda store, bench, n: store.delete(f"x{n}"),
    "deletes_of_what_was_seen": lambda store, bench, n: store.delete_many([f"x{3 * n + i}" for i in range(3)]),
    "new_entries": lambda store, bench, n: store.save(bench.entry(f"new{n}")),
    "overwrites": lambda store, bench, n: store.save(bench.entry(f"k{n}", "again")),
    "overwrites_of_what_was_seen": lambda store, bench, n: store.save_many(
        [bench.entry(f"k{i}", f"again {n}") for i in range(30)]
    ),
    "overwrites_by_older_ones": lambda store, bench, n: store.save(
        bench.entry(f"k{59 - n}", "again", created_at=bench.now() - timedelta(days=n + 1))
    ),
    "overwrites_of_all_in_another_order": lambda store, bench, n: store.save_many(
        [bench.entry(f"k{i}", "again", created_at=bench.now() - timedelta(days=i + n)) for i in reversed(range(60))]
    ),
    "deletes_and_new_ones_of_the_same_id": _again,
    "batches": lambda store, bench, n: store.save_many([bench.entry(f"b{n}-{i}") for i in range(20)]),
    "deletes_by_a_filter": lambda store, bench, n: store.delete_where(Filter(tags=[f"x{n % 3}"])),
}


@check(each=_WRITES)
async def misses_nothing_among(bench: Bench, write: Any) -> None:
    """What is there from the first page to the last appears, whatever else is written between the pages.

    If this fails, check that the place of a scan is not a number of rows to skip: a delete before it shifts them.
    """
    store = bench.open()
    mixed = []
    for number in range(60):
        mixed += [bench.entry(f"x{number}", tags=[f"x{number % 3}"]), bench.entry(f"k{number}")]
    await store.save_many(mixed)
    kept = {f"k{number}" for number in range(60)}
    seen: set[str] = set()
    cursor: str | None = None
    for number in range(_MOST_PAGES):
        page = await store.scan(cursor, limit=5)
        seen.update(entry.id for entry in page.entries)
        if (cursor := page.cursor) is None:
            break
        if number < 40:
            await write(store, bench, number)
    bench.equal(kept - seen, set(), "what was there all the time and did not appear")


async def _written(store: Any, verb: str, number: int, given: dict[str, Any], changes: dict[str, Any]) -> None:
    match verb:
        case "delete":
            await store.delete_many([f"x{number}", f"new{number}"])
        case "replace":
            await store.delete(f"x{number}")
            await store.save(MemoryEntry(id=f"x{number}", **given))
        case "new":
            await store.save_many([MemoryEntry(id=f"new{n}", **given) for n in range(number)])
        case "overwrite":
            await store.save(MemoryEntry(id=f"k{number}", **given))
        case "read":
            await store.get(f"k{number}")
            await store.query(Query(filter=Filter(ids=[f"k{number}", f"k{number + 1}"])))
        case _:
            await store.update(f"k{number}", **changes)


@check()
def misses_nothing_whatever_happens(bench: Bench) -> None:
    """What is there from the first page to the last appears, whatever is written and read between the pages.

    If this fails, check what moves an entry in the order of a scan: no field of it, no end and no write may.
    """
    refreshes = {"refresh_on_read": True} if bench.subject.knows("refresh_on_read") else {}
    values = {
        **fields(bench),
        "created_at": st.integers(-9, 9).map(lambda hours: bench.now() + timedelta(hours=hours)),
        "expires_at": st.integers(1, 9).map(lambda hours: bench.now() + timedelta(hours=hours)),
    }
    if not bench.has(Capability.TTL):
        del values["expires_at"]
    whole = st.fixed_dictionaries(values)
    some = st.fixed_dictionaries({}, optional=values)

    async def example(limit: int, entries: list[dict[str, Any]], writes: list[list[Any]]) -> None:
        bench.fresh()
        store = bench.open(settings=refreshes)
        await store.clear()
        kept = {f"k{n}" for n in range(len(entries))}
        made = [MemoryEntry(id=f"k{n}", **given) for n, given in enumerate(entries)]
        others = [bench.entry(f"x{n}") for n in range(len(entries))]
        await store.save_many([entry for pair in zip(others, made, strict=True) for entry in pair])
        seen: set[str] = set()
        cursor: str | None = None
        for number in range(_MOST_PAGES):
            page = await store.scan(cursor, limit=limit)
            seen.update(entry.id for entry in page.entries)
            if (cursor := page.cursor) is None:
                break
            for verb, n, given, changes in writes[number] if number < len(writes) else ():
                await _written(store, verb, n, given, changes)
        bench.equal(kept - seen, set(), "what was there all the time and did not appear")

    verbs = st.sampled_from(["delete", "replace", "new", "overwrite", "read", "update", "update"])
    between = st.lists(st.tuples(verbs, st.integers(0, 7), whole, some), min_size=1, max_size=4)
    bench.for_all(
        example,
        st.integers(1, 5),
        st.lists(whole, min_size=8, max_size=8),
        st.lists(between, min_size=1, max_size=6),
        count=15,
    )


_MOVES: dict[str, Callable[[Bench, int], dict[str, Any]]] = {
    "importance": lambda _, n: {"importance": (n % 10) / 10},
    "created_at": lambda bench, n: {"created_at": bench.now() - timedelta(days=n)},
    "expires_at": lambda bench, n: {"expires_at": bench.now() + timedelta(days=1 + n)},
    "text": lambda _, n: {"text": f"{n} {'x' * n}"},
    "tags": lambda _, n: {"tags": [f"{n}"]},
    "user_and_session": lambda _, n: {"user_id": f"{n}", "session_id": f"{n}"},
    "metadata": lambda _, n: {"metadata": {"n": n}},
}


@check(each=_MOVES)
async def misses_nothing_among_updates_of(bench: Bench, values: Callable[[Bench, int], dict[str, Any]]) -> None:
    """Whatever field is updated between the pages, up or down, of what was seen or not yet: each entry appears.

    If this fails, check that a scan goes by an order in which no update moves an entry.
    """
    if "expires_at" in values(bench, 1) and not bench.has(Capability.TTL):
        raise NotApplicable("ttl not declared")
    for down in (True, False):
        store = await bench.empty()
        names = [f"k{n}" for n in range(40)]
        await store.save_many([bench.entry(name, **values(bench, 100 + n)) for n, name in enumerate(names)])
        seen: set[str] = set()
        cursor: str | None = None
        for number in range(_MOST_PAGES):
            page = await store.scan(cursor, limit=4)
            seen.update(entry.id for entry in page.entries)
            if (cursor := page.cursor) is None:
                break
            later = [name for name in names if name not in seen]
            for place, name in enumerate([*later[:3], *later[-2:], *sorted(seen)[:2]] if number < 12 else ()):
                await store.update(name, **values(bench, place if down else 200 + 10 * number + place))
        bench.equal(set(names) - seen, set(), "what was there all the time and did not appear")


@check()
async def can_delete_as_it_goes(bench: Bench) -> None:
    """Who deletes each page as it is read gets rid of everything.

    If this fails, check that a delete does not move what has not been read yet out of the way.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"n{n}") for n in range(53)])
    cursor: str | None = None
    deleted = 0
    for _ in range(_MOST_PAGES):
        page = await store.scan(cursor, limit=6)
        deleted += await store.delete_many([entry.id for entry in page.entries])
        if (cursor := page.cursor) is None:
            break
    bench.equal(deleted, 53, "how many were deleted")
    bench.equal(await store.count(), 0, "count")


@check(Capability.TTL)
async def goes_on_after_pages_that_have_expired(bench: Bench) -> None:
    """A page of which everything has expired does not end a scan: what lives is behind it.

    If this fails, check that the end is told by the store, and not by a page without entries.
    """
    store = bench.open()
    short = [bench.entry(f"short{n}", lives=0.3) for n in range(30)]
    await store.save_many([*short, *(bench.entry(f"long{n}") for n in range(5))])
    await bench.wait_until(max(entry.expires_at for entry in short if entry.expires_at is not None))
    bench.equal(sorted(await bench.scanned(store, limit=5)), [f"long{n}" for n in range(5)])
    bench.equal(await store.clear(), 5, "clear")


@check()
async def is_what_iterate_gives(bench: Bench) -> None:
    """`axon.spi.iterate` gives every entry exactly once.

    If this fails, check what the pages hold.
    """
    store = bench.open()
    entries = {f"n{n}": bench.entry(f"n{n}") for n in range(23)}
    await store.save_many(list(entries.values()))
    found = [entry async for entry in iterate(store, limit=4)]
    bench.equal(sorted(entry.id for entry in found), sorted(entries), "ids")
    bench.equal({entry.id: entry for entry in found}, entries)
