"""Scans: everything at least once, whatever is written meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.filters import Filter
from axon.spi.adapter import iterate
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import Broken

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


@check()
def misses_nothing_whatever_happens(bench: Bench) -> None:
    """What is there from the first page to the last appears, whatever is saved and deleted between the pages.

    If this fails, check what a delete or an overwrite does to the order in which entries are scanned.
    """

    async def example(limit: int, writes: list[tuple[str, int]]) -> None:
        store = await bench.empty()
        kept = {f"k{n}" for n in range(10)}
        await store.save_many([bench.entry(f"{kind}{n}") for n in range(10) for kind in "xk"])
        seen: set[str] = set()
        cursor: str | None = None
        for number in range(_MOST_PAGES):
            page = await store.scan(cursor, limit=limit)
            seen.update(entry.id for entry in page.entries)
            if (cursor := page.cursor) is None:
                break
            for verb, n in writes[number : number + 1]:
                if verb == "delete":
                    await store.delete(f"x{n}")
                elif verb == "save":
                    await store.save(bench.entry(f"x{n}", "again"))
                elif verb == "overwrite":
                    await store.save(bench.entry(f"k{n}", "again"))
                else:
                    await store.save(bench.entry(f"new{n}"))
        bench.equal(kept - seen, set(), "what was there all the time and did not appear")

    verbs = st.tuples(st.sampled_from(["delete", "save", "overwrite", "new"]), st.integers(0, 9))
    bench.for_all(example, st.integers(1, 6), st.lists(verbs, max_size=20))


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
