"""`persistence`: what was saved is there after a restart, also after a kill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from axon.core.capabilities import Capability
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.other_process import other_process

PERSISTENCE = Capability.PERSISTENCE
_RICH: dict[str, Any] = {
    "tags": ["t", "ü"],
    "user_id": "u",
    "session_id": "s",
    "importance": 0.25,
    "metadata": {"k": [1, {"x": None}]},
    "embedding": [0.5, -1.25],
    "expires_at": datetime(2101, 2, 3, tzinfo=UTC),
    "ttl": timedelta(seconds=90, microseconds=7),
}


@check(PERSISTENCE)
async def outlives_the_adapter(bench: Bench) -> None:
    """What one adapter saved, another one of the same settings finds after the first was closed, with every field and
    in every index.

    If this fails, check that `close` writes what is pending, and that opening reads everything.
    """
    first = bench.open(called="first")
    entry, gone = bench.entry("a", **_RICH), bench.entry("b", **_RICH)
    await first.save_many([entry, gone])
    await first.save(bench.entry("c", "old", tags=["old"], embedding=[1.0, 1.0]))
    new = bench.entry("c", "new", tags=["new"], embedding=[1.0, 2.0])
    await first.save(new)
    await first.delete("b")
    await first.close()
    second = bench.open(called="second")
    await bench.everywhere(second, entry)
    await bench.everywhere(second, new)
    bench.equal(await second.get("b"), None, "get of what was deleted")
    bench.equal(await bench.ids(second, filter=Filter(tags=["old"])), [], "by a tag that was replaced")
    bench.equal(await second.count(), 2, "count")


@check(PERSISTENCE, Capability.TTL)
async def keeps_the_end(bench: Bench) -> None:
    """An entry's end outlives a restart, to the fraction of a second.

    If this fails, check that the moment is stored, and not how much is left.
    """
    first = bench.open(called="first")
    short, long = bench.entry("short", lives=0.75), bench.entry("long", lives=3600.5)
    await first.save_many([short, long])
    await first.close()
    second = bench.open(called="second")
    await bench.wait_until(short.expires_at or bench.now())
    bench.equal(await second.get_many(["short", "long"]), [None, long])
    bench.equal(await second.count(), 1, "count")


@check(PERSISTENCE)
async def makes_a_cursor_last(bench: Bench) -> None:
    """A cursor of a scan works in another adapter, after a restart.

    If this fails, check that a cursor holds the place itself.
    """
    first = bench.open(called="first")
    names = {f"n{n}" for n in range(30)}
    await first.save_many([bench.entry(name) for name in sorted(names)])
    page = await first.scan(limit=10)
    await first.close()
    second = bench.open(called="second")
    seen, cursor = {entry.id for entry in page.entries}, page.cursor
    while cursor is not None:
        page = await second.scan(cursor, limit=10)
        seen.update(entry.id for entry in page.entries)
        cursor = page.cursor
    bench.equal(seen, names)


@check(PERSISTENCE)
def outlives_the_process(bench: Bench) -> None:
    """What one process saved, another one finds.

    If this fails, check where the data lies, and that it is written before a save returns.
    """
    entry = bench.entry("a", **_RICH)
    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        process.call("save", entry)
    bench.run(bench.everywhere(bench.open(), entry))


@check(PERSISTENCE)
def survives_a_kill(bench: Bench) -> None:
    """A process that is killed in the middle of writes loses nothing whose save had returned; nothing is half written,
    and the store can be used at once.

    If this fails, check that a save returns after the store has taken it in one step, and what is left of a lock or a
    journal when its process dies.
    """
    entries = [bench.entry(f"n{n}", f"words {n}", tags=["t", f"t{n % 3}"], user_id=f"u{n}") for n in range(5000)]
    by_id = {entry.id: entry for entry in entries}
    for stop in (1, 40, 200):
        with other_process(bench.subject, bench.folder, bench.namespace) as process:
            process.stream(entries)
            saved = process.acknowledged(stop)
            process.kill()
            saved += process.rest()
        bench.steps.add(f"another process was killed after {len(saved)} saves had returned")
        bench.run(_whole(bench, saved, by_id))


async def _whole(bench: Bench, saved: list[str], by_id: dict[str, Any]) -> None:
    store = bench.open()
    bench.equal(await store.get_many(saved) == [by_id[name] for name in saved], True, "whether all of them are there")
    there = await bench.scanned(store)
    bench.equal({name: entry for name, entry in there.items() if entry != by_id[name]}, {}, "what is not whole")
    bench.equal(await store.count(), len(there), "count beside a scan")
    for number in range(3):
        where = Filter(tags=[f"t{number}"])
        expected = {entry.id for entry in there.values() if where.matches(entry)}
        found = set(await bench.ids(store, filter=where, limit=100_000))
        bench.equal(found ^ expected, set(), f"what only one of index and scan has by the tag t{number}")
    # The newest of all, so that it is within the limit of a query that everything answers.
    again = bench.entry("again", tags=["again"], created_at=bench.now() + timedelta(seconds=1))
    await store.save(again)
    await bench.everywhere(store, again)
    bench.equal(await store.clear(), len(there) + 1, "clear")
    await store.close()
