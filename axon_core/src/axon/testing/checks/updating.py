"""An update changes what it names, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

_CHANGES: dict[str, dict[str, Any]] = {
    "text": {"text": "changed words"},
    "tags": {"tags": ["new"]},
    "user_id": {"user_id": "other"},
    "session_id": {"session_id": None},
    "importance": {"importance": 0.125},
    "metadata": {"metadata": {"new": True}},
    "embedding": {"embedding": [0.0, 1.0]},
    "several": {"text": "changed words", "tags": [], "metadata": {}},
}


@check(each=_CHANGES)
async def changes_only(bench: Bench, changes: dict[str, Any]) -> None:
    """`update` stores a copy with some fields changed and gives that copy; all else stays as it was.

    If this fails, check that the fields which are not named are kept: creation, expiry, own TTL, vector.
    """
    if "embedding" in changes:
        if not bench.has(Capability.VECTOR_SEARCH):
            raise NotApplicable("vector_search not declared")
        changes = {"embedding": bench.vector(changes["embedding"])}
    old = bench.entry(
        "a",
        "some words",
        tags=["old"],
        user_id="u",
        session_id="s",
        metadata={"k": 1},
        embedding=[1.0, 0.0],
        lives=1000,
        ttl=timedelta(seconds=77),
    )
    store = bench.open()
    await store.save(old)
    changed = await store.update("a", **changes)
    values = {name: getattr(old, name) for name in ("tags", "user_id", "session_id", "metadata", "embedding", "ttl")}
    new = MemoryEntry(
        **{"id": "a", "text": old.text, "created_at": old.created_at, "expires_at": old.expires_at, **values, **changes}
    )
    bench.equal(changed, new, "what it gives")
    bench.equal(await store.update("a", **changes), new, "what it gives where nothing is left to change")
    await bench.everywhere(store, new)
    bench.equal(await store.count(), 1, "count")


@check()
async def moves_the_entry_in_the_index(bench: Bench) -> None:
    """After an update the entry is found by what it has now and no longer by what it had.

    If this fails, check that an update goes through the same indexing as a save.
    """
    store = bench.open()
    await store.save(bench.entry("a", "some words", tags=["old"], user_id="u", session_id="s", metadata={"k": 1}))
    await store.update("a", tags=["new"], user_id="v", session_id="t", metadata={"k": 2}, text="other text")
    for where in (Filter(tags=["old"]), Filter(user_id="u"), Filter(session_id="s"), Filter(metadata={"k": 1})):
        bench.equal(await bench.ids(store, filter=where), [], "by what it had")
    for where in (Filter(tags=["new"]), Filter(user_id="v"), Filter(session_id="t"), Filter(metadata={"k": 2})):
        bench.equal(await bench.ids(store, filter=where), ["a"], "by what it has")


@check()
async def nothing_makes_nothing(bench: Bench) -> None:
    """`update` of an id that is not there gives None and stores nothing.

    If this fails, check that it does not create what it cannot find.
    """
    store = bench.open()
    bench.equal(await store.update("nobody", text="words"), None)
    bench.equal(await store.count(), 0, "count")
    bench.equal(await store.get("nobody"), None, "get")


@check()
async def refuses_what_no_entry_can_hold(bench: Bench) -> None:
    """An update with a value that cannot be used raises InvalidInput, and the entry stays as it was.

    If this fails, check that the changed entry is made, and so checked, before anything is written.
    """
    store, entry = bench.open(), bench.entry("a", tags=["t"])
    await store.save(entry)
    await bench.refuses(store.update("a", text="  "), ValueError)
    await bench.refuses(store.update("a", importance=2.0), ValueError)
    await bench.everywhere(store, entry)
