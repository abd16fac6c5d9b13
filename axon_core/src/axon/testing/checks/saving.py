"""A save replaces the entry of its id, everywhere."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable


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


_ROOM: dict[str, dict[str, Any]] = {
    "any_room": {},
    "little_room": {"max_entries": 5, "eviction": "importance"},
    "little_room_and_refreshes": {"max_entries": 5, "eviction": "ttl", "refresh_on_read": True},
}


@check(each=_ROOM)
async def leaves_nothing_of_what_is_gone_with(bench: Bench, settings: dict[str, Any]) -> None:
    """Whatever was saved, refused, came too late, was changed, read, evicted and deleted: nothing of it is left behind.

    If this fails, check what a save that keeps nothing writes: of what has expired already, what is refused or evicted.
    """
    # Here, since the order in which modules come is that of the topics.
    from axon.testing.checks.leaks import _returns_to, _used

    if unknown := [name for name in settings if not bench.subject.knows(name)]:
        raise NotApplicable(f"the adapter has no setting {', '.join(unknown)}")
    store, baseline = await _used(bench, **settings)
    chance = random.Random(1)
    await store.save(bench.entry("stays", embedding=[1.0, 0.0], importance=1.0))

    def made(**values: Any) -> Any:
        name = f"n{chance.randrange(20)}"
        own = {"tags": [f"t{chance.randrange(9)}", name], "user_id": f"u{chance.randrange(5)}", "session_id": name}
        numbers = [1.0, float(chance.randrange(5))]
        metadata = {"k": chance.random()}
        values = {"importance": chance.random(), "embedding": numbers, "metadata": metadata, **own, **values}
        return bench.entry(name, f"words of {chance.randrange(99)}", **values)

    for number in range(150):
        lives = 3600.0 + number if bench.has(Capability.TTL) else None
        await store.save(made(lives=lives))
        await store.save_many([made(lives=lives), made(lives=lives)])
        if bench.has(Capability.TTL):
            await store.save(made(lives=-5.0))
            await store.save_many([made(lives=-5.0), made(lives=lives)][number % 2 :])
        if bench.has(Capability.VECTOR_SEARCH):
            bad = made(embedding=[0.5] * (bench.width(2) + 1))
            await bench.refuses(store.save(bad), InvalidInput)
            await bench.refuses(store.save_many([made(), bad]), InvalidInput)
        changed = made()
        await store.update(changed.id, tags=changed.tags, user_id=changed.user_id, text=changed.text)
        await store.update(made().id, importance=chance.random(), session_id=changed.session_id, metadata={})
        await store.get_many([made().id, changed.id])
        await store.delete(made().id)
        await store.delete_where(Filter(tags=[f"t{number % 9}"], user_id="u1"))
    await store.delete_many(list(await bench.scanned(store)))
    await _returns_to(bench, store, baseline, "after many writes of all kinds, and a delete of what was left")
