"""What is deleted is gone from everything, is counted, and leaves its id free."""

from __future__ import annotations

from typing import Any

from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check


@check()
async def says_whether_there_was_one(bench: Bench) -> None:
    """`delete` gives True once, then False, and False for an id that never was.

    If this fails, check that it reports what the store removed.
    """
    store = bench.open()
    await store.save(bench.entry("a"))
    bench.equal(await store.delete("nobody"), False)
    bench.equal(await store.delete("a"), True)
    bench.equal(await store.delete("a"), False)


@check()
async def removes_the_entry_from_everything(bench: Bench) -> None:
    """A deleted entry is absent from every verb, and others stay.

    If this fails, check that every index forgets it: tags, user, session, words, vectors, the order of scans.
    """
    values: dict[str, Any] = {"tags": ["t"], "user_id": "u", "session_id": "s", "metadata": {"k": 1}}
    gone = bench.entry("a", embedding=[1.0, 0.0], **values)
    kept = bench.entry("b", embedding=[1.0, 0.0], **values)
    store = bench.open()
    await store.save_many([gone, kept])
    await store.delete("a")
    await bench.nowhere(store, gone)
    await bench.everywhere(store, kept)
    bench.equal(await store.count(), 1, "count")


@check()
async def leaves_the_id_free(bench: Bench) -> None:
    """An id that was deleted can be saved again, and is found by what it has now.

    If this fails, check that a delete leaves no mark behind that hides what is saved later.
    """
    store = bench.open()
    await store.save(bench.entry("a", "old words", tags=["old"], user_id="u"))
    await store.delete("a")
    new = bench.entry("a", "other text", tags=["new"], session_id="s")
    await store.save(new)
    await bench.everywhere(store, new)
    bench.equal(await bench.ids(store, filter=Filter(tags=["old"])), [], "by its old tag")
    bench.equal(await bench.ids(store, filter=Filter(user_id="u")), [], "by its old user")
    bench.equal(await store.count(), 1, "count")


@check()
async def by_a_filter_deletes_what_is_admitted(bench: Bench) -> None:
    """`delete_where` deletes what the filter admits, nothing else, and gives how many there were.

    If this fails, check that every condition of the filter is applied.
    """
    store = bench.open()
    entries = [bench.entry(f"n{n}", tags=["even"] if n % 2 == 0 else ["odd"], user_id=f"u{n % 3}") for n in range(12)]
    await store.save_many(entries)
    bench.equal(await store.delete_where(Filter(tags=["even"], user_id="u0")), 2)
    left = {e.id for e in entries if not ("even" in e.tags and e.user_id == "u0")}
    bench.equal(set(await bench.scanned(store)), left, "what is left")
    bench.equal(await store.delete_where(Filter(tags=["even"], user_id="u0")), 0, "once more")
    bench.equal(await store.delete_where(Filter()), 10, "all that is left")
    bench.equal(await store.count(), 0, "count")


@check()
async def all_empties_everything(bench: Bench) -> None:
    """`clear` deletes every entry, gives how many there were, and no verb finds any afterwards.

    If this fails, check that it empties every index too.
    """
    entries = [bench.entry(f"n{n}", tags=["t"], user_id="u", session_id="s", embedding=[1.0, n]) for n in range(5)]
    store = bench.open()
    await store.save_many(entries)
    bench.equal(await store.clear(), 5)
    for entry in entries:
        await bench.nowhere(store, entry)
    bench.equal(await store.count(), 0, "count")
    bench.equal(await store.clear(), 0, "clear of nothing")


@check()
async def all_leaves_a_working_adapter(bench: Bench) -> None:
    """After `clear` the adapter goes on as if it were new.

    If this fails, check that nothing of the old entries answers for an id that is saved again.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"n{n}", "old words", tags=["old"], embedding=[1.0, 0.0]) for n in range(3)])
    await store.clear()
    new = bench.entry("n1", "new text", tags=["new"], embedding=[0.0, 1.0])
    await store.save(new)
    await bench.everywhere(store, new)
    bench.equal(await bench.ids(store, filter=Filter(tags=["old"])), [], "by an old tag")
    bench.equal(await store.count(), 1, "count")


@check()
async def all_counts_many(bench: Bench) -> None:
    """`clear` deletes all entries, however many there are, and counts each once.

    If this fails, check that it goes on after its first page.
    """
    store = bench.open()
    await bench.save_all(store, [bench.entry(f"n{n}") for n in range(1234)])
    bench.equal(await store.clear(), 1234)
    bench.equal(await bench.scanned(store), {}, "scan")


@check()
async def is_counted(bench: Bench) -> None:
    """`count` gives how many entries there are, after saves, overwrites and deletes.

    If this fails, check that an overwrite is not counted twice and a delete of nothing not at all.
    """
    store = bench.open()
    bench.equal(await store.count(), 0, "of nothing")
    await store.save_many([bench.entry(f"n{n}") for n in range(7)])
    await store.save(bench.entry("n3", "again"))
    bench.equal(await store.count(), 7)
    await store.delete("n3")
    await store.delete("n3")
    bench.equal(await store.count(), 6)
    bench.equal(await store.count(Filter()), 6, "with an empty filter")
