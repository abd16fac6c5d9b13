"""A save replaces the entry of its id, everywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check


@check()
async def replaces_the_entry_of_the_id(bench: Bench) -> None:
    """Saving an id again replaces the entry: nothing of the old one is left in any field.

    If this fails, check that a save of a known id writes all fields and does not merge.
    """
    values: dict[str, Any] = {"tags": ["old"], "user_id": "u", "session_id": "s", "metadata": {"old": 1}}
    before = bench.now() - timedelta(days=1)
    old = bench.entry("a", "old words", importance=0.9, created_at=before, lives=1000, **values)
    new = bench.entry("a", "new text")
    store = bench.open()
    await store.save(old)
    await store.save(new)
    bench.equal(await store.get("a"), new)
    bench.equal(await store.count(), 1, "count")
    bench.equal(await bench.scanned(store), {"a": new}, "scan")


_OLD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tag": ({"tags": ["old", "both"]}, {"tags": ["old"]}),
    "user": ({"user_id": "old"}, {"user_id": "old"}),
    "session": ({"session_id": "old"}, {"session_id": "old"}),
    "metadata": ({"metadata": {"old": 1}}, {"metadata": {"old": 1}}),
    "importance": ({"importance": 0.9}, {"importance": (0.8, 1.0)}),
}


@check(each=_OLD)
async def takes_the_old_entry_out_of_the_index_by(bench: Bench, case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """After an entry was replaced, a filter by what the old one had does not find it, by no verb.

    If this fails, check that a save removes what the old entry was indexed by.
    """
    values, conditions = case
    where, store = Filter(**conditions), bench.open()
    await store.save(bench.entry("a", **values))
    bench.equal(await bench.ids(store, filter=where), ["a"], "before")
    await store.save(bench.entry("a", tags=["both"], importance=0.1))
    bench.equal(await bench.ids(store, filter=where), [], "query")
    bench.equal(await store.count(where), 0, "count")
    bench.equal(await store.delete_where(where), 0, "delete_where")
    bench.equal(await store.count(), 1, "how many are left")


@check(each=_OLD)
async def many_takes_the_old_entries_out_of_the_index_by(
    bench: Bench, case: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """A batch replaces entries as `save` does.

    If this fails, check that `save_many` removes what the old entries were indexed by.
    """
    values, conditions = case
    where, store = Filter(**conditions), bench.open()
    await store.save_many([bench.entry("a", **values), bench.entry("b", **values)])
    await store.save_many([bench.entry("a", importance=0.1), bench.entry("b", importance=0.1)])
    bench.equal(await bench.ids(store, filter=where), [], "query")
    bench.equal(await store.count(where), 0, "count")


@check()
async def puts_the_new_entry_into_every_index(bench: Bench) -> None:
    """An entry that replaced another one is found by everything that it has itself.

    If this fails, check that a save of a known id indexes the new entry.
    """
    store = bench.open()
    await store.save(bench.entry("a", "old words", tags=["old"]))
    new = bench.entry("a", "new text", tags=["n"], user_id="u", session_id="s", metadata={"k": 1})
    await store.save(new)
    await bench.everywhere(store, new)
