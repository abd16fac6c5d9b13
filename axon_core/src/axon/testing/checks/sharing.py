"""`shared`: several processes, or several adapters, see the same entries."""

from __future__ import annotations

import asyncio
from typing import Any

from axon.core.capabilities import Capability
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.other_process import OtherProcess, other_process

SHARED = Capability.SHARED


@check(SHARED)
def shows_each_process_the_others_writes(bench: Bench) -> None:
    """What one process saves, overwrites and deletes, another one sees in its next call, by every verb.

    If this fails, check for a cache in the process, or an index that is read only once.
    """
    store = bench.open()
    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        mine = bench.entry("mine", "red fox", tags=["t"], user_id="u")
        bench.run(store.save(mine))
        bench.equal(process.call("get", "mine"), mine, "what the other process gets")
        bench.equal(_ids(process, filter=Filter(tags=["t"])), ["mine"], "what its query finds")
        theirs = bench.entry("theirs", "blue car", tags=["t"], session_id="s")
        process.call("save", theirs)
        bench.run(bench.everywhere(store, theirs))
        process.call("save", bench.entry("mine", "green tree", tags=["other"]))
        bench.equal(bench.run(bench.ids(store, filter=Filter(tags=["t"]))), ["theirs"], "a query after its overwrite")
        bench.equal(bench.run(bench.ids(store, filter=Filter(tags=["other"]))), ["mine"], "a query by the new tag")
        bench.equal(process.call("delete", "theirs"), True, "its delete")
        bench.run(bench.nowhere(store, theirs))
        bench.run(store.save(bench.entry("new")))
        bench.equal(process.call("count"), 2, "its count")
        bench.equal(bench.run(store.clear()), 2, "clear")
        bench.equal(process.call("count"), 0, "its count after the clear")
        bench.equal(process.call("get", "new"), None, "what it gets after the clear")


@check(SHARED)
def lets_processes_write_at_once(bench: Bench) -> None:
    """Two processes that write at the same time lose nothing, and leave entries and index in agreement.

    If this fails, check that a write is one step of the store, and that a store which is busy is waited for.
    """
    count = 150
    store = bench.open()
    theirs = [bench.entry(f"theirs{n}", tags=["theirs", "both"]) for n in range(count)]
    mine = [bench.entry(f"mine{n}", tags=["mine", "both"]) for n in range(count)]

    async def write() -> None:
        for entry in mine:
            await store.save(entry)
            await store.save(bench.entry("contended", tags=["mine", "both"]))

    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        bench.equal(process.call("count"), 0, "its count")
        contended = [bench.entry("contended", tags=["theirs", "both"])]
        process.stream([entry for one in theirs for entry in (one, *contended)])
        bench.run(write())
        process.acknowledged(2 * count)
        bench.equal(process.call("count"), 2 * count + 1, "its count")
    bench.equal(bench.run(store.count()), 2 * count + 1, "count")
    bench.equal(bench.run(store.count(Filter(tags=["both"]))), 2 * count + 1, "count by a tag of both")
    there = bench.run(store.get("contended"))
    for tag in ("mine", "theirs"):
        expected = count + (tag in there.tags)
        bench.equal(bench.run(store.count(Filter(tags=[tag]))), expected, f"count by the tag {tag!r}")


@check(SHARED)
async def is_between_adapters_too(bench: Bench) -> None:
    """Two adapters of the same settings in one process see the same entries.

    If this fails, check for a cache in the adapter.
    """
    one, other = bench.open(called="one"), bench.open(called="other")
    entry = bench.entry("a", "red fox", tags=["t"], embedding=[1.0, 0.0])
    await one.save(entry)
    await bench.everywhere(other, entry)
    new = bench.entry("a", "blue car", tags=["new"], embedding=[0.0, 1.0])
    await other.save(new)
    await bench.everywhere(one, new)
    bench.equal(await bench.ids(one, filter=Filter(tags=["t"])), [], "by the old tag")
    await asyncio.gather(*((one, other)[n % 2].save(bench.entry(f"n{n}")) for n in range(40)))
    bench.equal(await one.count(), 41, "count of the one")
    bench.equal(await other.clear(), 41, "clear of the other")
    await bench.nowhere(one, new)


@check(SHARED, settings=["max_entries", "eviction"])
async def keeps_the_limit_of_all(bench: Bench) -> None:
    """`max_entries` is the limit of the namespace, whoever writes.

    If this fails, check that the store counts, and not the adapter.
    """
    both = [bench.open(called=called, max_entries=5, eviction="oldest") for called in ("one", "other")]
    await asyncio.gather(*(both[n % 2].save(bench.entry(f"n{n}")) for n in range(40)))
    for store in both:
        bench.equal(await store.count(), 5, "count")
        bench.equal(len(await bench.scanned(store)), 5, "how many a scan finds")


@check(SHARED)
async def makes_a_cursor_common(bench: Bench) -> None:
    """A cursor that one adapter gave leads on in another one.

    If this fails, check that a cursor holds the place itself.
    """
    one, other = bench.open(called="one"), bench.open(called="other")
    names = {f"n{n}" for n in range(60)}
    await one.save_many([bench.entry(name) for name in sorted(names)])
    seen: set[str] = set()
    cursor: str | None = None
    stores: list[Any] = [one, other]
    for number in range(1000):
        page = await stores[number % 2].scan(cursor, limit=7)
        seen.update(entry.id for entry in page.entries)
        if (cursor := page.cursor) is None:
            break
    bench.equal(seen, names)


def _ids(process: OtherProcess, **query: Any) -> list[str]:
    return [hit.entry.id for hit in process.call("query", Query(**query))]
