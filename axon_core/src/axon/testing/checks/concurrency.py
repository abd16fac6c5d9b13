"""Many tasks at once: nothing is lost, doubled or torn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check

_TASKS = 64


@check()
async def loses_no_save(bench: Bench) -> None:
    """64 tasks that save different entries at once: every one is there, whole and found.

    If this fails, check that no state is shared between calls across an await.
    """
    store = bench.open()
    entries = [
        bench.entry(f"n{n}", f"text {n}", tags=[f"t{n % 5}"], user_id=f"u{n % 3}", lives=1000.0 + n)
        for n in range(_TASKS)
    ]
    await asyncio.gather(*(store.save(entry) for entry in entries))
    bench.equal(await store.get_many([entry.id for entry in entries]), entries)
    bench.equal(await store.count(), _TASKS, "count")
    for number in range(5):
        expected = {entry.id for entry in entries if f"t{number}" in entry.tags}
        bench.equal(set(await bench.ids(store, filter=Filter(tags=[f"t{number}"]))), expected, f"by the tag t{number}")


@check()
async def loses_no_batch(bench: Bench) -> None:
    """Batches and single saves at once: every entry of all of them is there and found.

    If this fails, check what a batch does to what is saved while it is written.
    """
    store = bench.open()
    batches = [[bench.entry(f"b{n}-{i}", tags=["t"]) for i in range(10)] for n in range(8)]
    singles = [bench.entry(f"n{n}", tags=["t"]) for n in range(40)]
    calls: list[Any] = [store.save(entry) for entry in singles]
    for number, batch in enumerate(batches):
        calls.insert(5 * number, store.save_many(batch))
    await asyncio.gather(*calls)
    names = {entry.id for entry in (*singles, *(entry for batch in batches for entry in batch))}
    bench.equal(names ^ (await bench.scanned(store)).keys(), set(), "what is missing or too much in a scan")
    bench.equal(await store.count(Filter(tags=["t"])), len(names), "count by a tag")


@check()
async def answers_each_its_own(bench: Bench) -> None:
    """64 tasks that read at once get each what they asked for.

    If this fails, check how answers find the call that waits for them.
    """
    store = bench.open()
    entries = [bench.entry(f"n{n}", f"text {n}", user_id=f"u{n}") for n in range(_TASKS)]
    await store.save_many(entries)
    found = await asyncio.gather(*(store.get(entry.id) for entry in entries))
    bench.equal(list(found), entries, "get")
    many = await asyncio.gather(*(store.get_many([entry.id, "x", entries[0].id]) for entry in entries))
    bench.equal(many, [[entry, None, entries[0]] for entry in entries], "get_many")
    asked = await asyncio.gather(*(bench.ids(store, filter=Filter(user_id=f"u{n}")) for n in range(_TASKS)))
    bench.equal(list(asked), [[f"n{n}"] for n in range(_TASKS)], "query")


_READS: dict[str, Callable[[Any], Any]] = {
    "get": lambda store: store.get("a"),
    "get_many": lambda store: store.get_many(["a", "b"]),
    "query": lambda store: store.query(Query(filter=Filter(tags=["t"]))),
    "count": lambda store: store.count(),
    "scan": lambda store: store.scan(limit=10),
}


@check(each=_READS)
async def cancels_nobody_else_with(bench: Bench, read: Callable[[Any], Any]) -> None:
    """Of two calls at once that ask the same one is cancelled, at any await: the other has its answer.

    If this fails, check for one request that several calls share, and that it is shielded from each of them.
    """
    store = bench.open()
    await store.save(bench.entry("a", tags=["t"]))
    expected = await read(store)
    for ticks in range(1, 12):
        first, second = asyncio.ensure_future(read(store)), asyncio.ensure_future(read(store))
        for _ in range(ticks):
            await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first, second])
        bench.equal(second.cancelled(), False, f"whether the second is cancelled with the first, after {ticks} steps")
        bench.equal(second.result(), expected, "its answer")


@check()
async def keeps_one_of_many_writers(bench: Bench) -> None:
    """64 tasks that save the same id: one of the entries is there, whole, and only its tags find it.

    If this fails, check that the old entry is read and replaced in one step, so that two writers cannot both index.
    """
    store = bench.open()
    entries = [bench.entry("a", f"text {n}", tags=[f"t{n}"], user_id=f"u{n}") for n in range(_TASKS)]
    await asyncio.gather(*(store.save(entry) for entry in entries))
    kept = await store.get("a")
    bench.equal(kept in entries, True, "whether it is one of those that were saved")
    bench.equal(await store.count(), 1, "count")
    for number, entry in enumerate(entries):
        expected = ["a"] if entry == kept else []
        bench.equal(await bench.ids(store, filter=Filter(tags=[f"t{number}"])), expected, f"by the tag t{number}")
    bench.equal(await bench.scanned(store), {"a": kept}, "scan")


@check()
async def deletes_once(bench: Bench) -> None:
    """Of 64 tasks that delete the same id exactly one is told that there was one.

    If this fails, check that looking and deleting are one step.
    """
    store = bench.open()
    await store.save_many([bench.entry("a"), bench.entry("b"), bench.entry("c")])
    answers = await asyncio.gather(*(store.delete("a") for _ in range(_TASKS)))
    bench.equal(sum(answers), 1, "how many deletes of one entry gave True")
    counts = await asyncio.gather(*(store.delete_many(["b", "c"]) for _ in range(8)))
    bench.equal(sum(counts), 2, "the sum of what 8 delete_many of two entries gave")


@check()
async def keeps_indexes_whole_among_writers(bench: Bench) -> None:
    """Tasks that save, overwrite and delete the same few ids at once leave index and entries in agreement.

    If this fails, check that an entry and its index are written in one step.
    """
    store = bench.open()

    async def work(number: int) -> None:
        for turn in range(6):
            name = f"n{(number + turn) % 5}"
            if (number + turn) % 3 == 0:
                await store.delete(name)
            else:
                await store.save(bench.entry(name, tags=[f"t{number % 4}"], user_id=f"u{turn % 2}"))

    await asyncio.gather(*(work(number) for number in range(32)))
    there = await bench.scanned(store)
    bench.equal(await store.count(), len(there), "count")
    bench.equal(await store.get_many(sorted(there)), [there[name] for name in sorted(there)], "get_many")
    for number in range(4):
        where = Filter(tags=[f"t{number}"])
        expected = {entry.id for entry in there.values() if where.matches(entry)}
        bench.equal(set(await bench.ids(store, filter=where)), expected, f"by the tag t{number}")
        bench.equal(await store.count(where), len(expected), f"count by the tag t{number}")


@check()
async def shows_no_torn_entry(bench: Bench) -> None:
    """Who reads while others write sees an entry as it was before or as it is after, never a mixture.

    If this fails, check that an entry is written in one step.
    """
    store = bench.open()
    versions = {f"text {n}": bench.entry("a", f"text {n}", tags=[f"t{n}"], user_id=f"u{n}") for n in range(20)}
    await store.save(versions["text 0"])

    async def write() -> None:
        for entry in versions.values():
            await store.save(entry)

    async def read() -> None:
        for _ in range(20):
            await asyncio.sleep(0)  # a store in memory never waits, and would not let the writer in
            found = await store.get("a")
            bench.true(found is not None, "no entry, although it is only ever replaced", "the entry")
            bench.equal(found, versions[found.text], "get")
            for hit in await store.query(Query(filter=Filter(ids=["a"]))):
                bench.equal(hit.entry, versions[hit.entry.text], "query")

    await asyncio.gather(write(), *(read() for _ in range(8)))


@check()
async def loses_no_entry_to_a_neighbours_delete(bench: Bench) -> None:
    """Deletes of some entries at once with saves of others lose none of the others.

    If this fails, check what a delete by a filter or a clear does to what is saved at the same time.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"old{n}", tags=["old"]) for n in range(50)])
    new = [bench.entry(f"new{n}", tags=["new"]) for n in range(50)]
    calls: list[Any] = [store.save(entry) for entry in new]
    calls.insert(10, store.delete_where(Filter(tags=["old"])))
    calls.insert(30, store.delete_many([f"old{n}" for n in range(50)]))
    await asyncio.gather(*calls)
    bench.equal(set(await bench.scanned(store)), {entry.id for entry in new})
    bench.equal(await store.count(Filter(tags=["new"])), 50, "count by a tag")
    bench.equal(await store.count(Filter(tags=["old"])), 0, "count of what was deleted")


@check()
async def starts_once(bench: Bench) -> None:
    """The first call may be 64 at once.

    If this fails, check that connecting and making tables is done once, and that others wait for it.
    """
    store = bench.open()
    await asyncio.gather(*(store.save(bench.entry(f"n{n}")) for n in range(32)), *(store.count() for _ in range(32)))
    bench.equal(await store.count(), 32)
