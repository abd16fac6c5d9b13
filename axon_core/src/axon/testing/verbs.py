"""Every verb of an adapter, each as a call that can be made, and a round of all of them with what they have to give."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput, LockUnavailable
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing.failure import NotApplicable

if TYPE_CHECKING:
    from axon.testing.bench import Bench

_LONG = 3600.0
_SOON_S = 30.0


@frozen(kw_only=True)
class Verb:
    """A call of one verb that succeeds, about whatever has the name that it is given."""

    call: Callable[[Any, Bench, str], Coroutine[Any, Any, Any]]
    requires: Capability | None = None

    def asked_of(self, bench: Bench) -> None:
        """``NotApplicable`` where the adapter does not declare it."""
        if self.requires is not None and not bench.has(self.requires):
            raise NotApplicable(f"{self.requires} not declared")


async def _held(store: Any, name: str, renewed: bool) -> None:  # noqa: FBT001  # of two calls below
    held = await store.lock(name, ttl=_LONG, wait=_SOON_S)
    try:
        await asyncio.sleep(0)  # so that others come meanwhile, and wait
        if renewed:
            await store.renew(held, ttl=_LONG)
    finally:
        await store.unlock(held)


VERBS: dict[str, Verb] = {
    "save": Verb(call=lambda store, bench, name: store.save(bench.entry(name, tags=["t"], lives=_LONG))),
    "save_many": Verb(call=lambda store, bench, name: store.save_many([bench.entry(name), bench.entry(f"{name}2")])),
    "get": Verb(call=lambda store, _, name: store.get(name)),
    "get_many": Verb(call=lambda store, _, name: store.get_many([name, f"{name}2"])),
    "update": Verb(call=lambda store, _, name: store.update(name, text="other words", tags=["t", "u"])),
    "query": Verb(call=lambda store, _, name: store.query(Query(filter=Filter(tags=["t"], ids=[name])))),
    "scan": Verb(call=lambda store, *_: store.scan()),
    "count": Verb(call=lambda store, *_: store.count(Filter(tags=["t"]))),
    "delete": Verb(call=lambda store, _, name: store.delete(name)),
    "delete_many": Verb(call=lambda store, _, name: store.delete_many([name, f"{name}2"])),
    "delete_where": Verb(call=lambda store, _, name: store.delete_where(Filter(ids=[name]))),
    "clear": Verb(call=lambda store, *_: store.clear()),
    "health": Verb(call=lambda store, *_: store.health()),
    "renew": Verb(call=lambda store, _, name: _held(store, f"{name} to renew", True), requires=Capability.LOCKS),
    "lock": Verb(call=lambda store, _, name: _held(store, name, False), requires=Capability.LOCKS),
    "locks": Verb(call=lambda store, *_: store.locks(), requires=Capability.LOCKS),
    "increment": Verb(call=lambda store, _, name: store.increment(name, 3, ttl=_LONG), requires=Capability.COUNTERS),
    "counter": Verb(call=lambda store, _, name: store.counter(name), requires=Capability.COUNTERS),
    "reset": Verb(call=lambda store, _, name: store.reset(name), requires=Capability.COUNTERS),
    "allow": Verb(call=lambda store, _, name: store.allow(name, limit=10**6, per=_LONG), requires=Capability.LIMITS),
    "allow_by_sums": Verb(
        call=lambda store, _, name: store.allow(name, limit=10**6, per=_LONG, exact=False), requires=Capability.LIMITS
    ),
    "used": Verb(call=lambda store, _, name: store.used(name, per=_LONG), requires=Capability.LIMITS),
    "windows": Verb(call=lambda store, *_: store.windows(), requires=Capability.LIMITS),
    "put": Verb(call=lambda store, _, name: store.put(name, b"x", ttl=_LONG), requires=Capability.VALUES),
    "swap": Verb(call=lambda store, _, name: store.swap(name, None, b"x", ttl=_LONG), requires=Capability.VALUES),
    "values": Verb(call=lambda store, _, name: store.values([name, f"{name}2"]), requires=Capability.VALUES),
    "drop": Verb(call=lambda store, _, name: store.drop(name), requires=Capability.VALUES),
}
"""Calls that can be made at any time and any number of times, also at once."""


async def every_verb_works(bench: Bench, store: Any, name: str) -> None:
    """Nothing if each verb gives what it has to, for things that are called ``name`` and for nothing else."""
    await _entries_work(bench, store, name)
    if bench.has(Capability.LOCKS):
        await _locks_work(bench, store, name)
    if bench.has(Capability.COUNTERS):
        bench.equal(await store.increment(name, 2, ttl=_LONG), 2, "increment")
        bench.equal(await store.counter(name), 2, "counter")
        bench.equal(await store.reset(name), True, "reset")
        bench.equal(await store.counter(name), 0, "counter after the reset")
    if bench.has(Capability.LIMITS):
        for exact in (True, False):
            own = f"{name} {exact}"
            answers = [await store.allow(own, limit=2, per=_LONG, weight=w, exact=exact) for w in (1, 1, 1)]
            bench.equal([answer.allowed for answer in answers], [True, True, False], "who is allowed of 2")
            bench.equal(await store.used(own, per=_LONG), 2, "used")
            bench.equal(own in {window.name for window in await store.windows()}, True, "whether windows tells of it")
    if bench.has(Capability.VALUES):
        await store.put(name, b"old", ttl=_LONG)
        bench.equal(await store.swap(name, b"old", b"new", ttl=_LONG), True, "swap")
        bench.equal(await store.swap(name, b"old", b"other", ttl=_LONG), False, "swap of another value")
        bench.equal(await store.values([name, f"{name}2"]), [b"new", None], "values")
        bench.equal(await store.drop(name), True, "drop")
        bench.equal(await store.values([name]), [None], "values after the drop")


async def _entries_work(bench: Bench, store: Any, name: str) -> None:
    tag, names = f"tag of {name}", [f"{name}{number}" for number in range(4)]
    where = Filter(tags=[tag])
    entries = {each: bench.entry(each, tags=[tag], lives=_LONG) for each in names}
    await store.save(entries[names[0]])
    await store.save_many([entries[each] for each in names[1:]])
    bench.equal(await store.get(names[0]), entries[names[0]], "get")
    bench.equal(await store.get_many(names), list(entries.values()), "get_many")
    bench.equal(set(await bench.ids(store, filter=where)), set(names), "query")
    bench.equal(await store.count(where), 4, "count")
    bench.equal(names[0] in await bench.scanned(store), True, "whether a scan gives it")
    changed = await store.update(names[0], text="other words")
    bench.equal(changed and changed.text, "other words", "the text that update gives")
    bench.equal((await store.health()).status, "ok", "status")
    bench.equal(await store.delete(names[0]), True, "delete")
    bench.equal(await store.delete_many(names[:2]), 1, "delete_many")
    bench.equal(await store.delete_where(where), 2, "delete_where")
    bench.equal(await store.count(where), 0, "count after all deletes")


async def _locks_work(bench: Bench, store: Any, name: str) -> None:
    held = await store.lock(name, ttl=_LONG)
    await bench.refuses(store.lock(name, ttl=_LONG), LockUnavailable)
    bench.equal(await store.renew(held, ttl=2 * _LONG), None, "renew")
    bench.equal(name in {lock.name for lock in await store.locks()}, True, "whether locks tells of it")
    waiting = asyncio.ensure_future(store.lock(name, ttl=_LONG, wait=60.0))
    await asyncio.sleep(0)
    bench.equal(await store.unlock(held), True, "unlock")
    bench.equal(await store.unlock(await waiting), True, "unlock by the one that waited")
    bench.equal(await store.unlock(held), False, "unlock once more")


async def _misfit(store: Any, bench: Bench, name: str, write: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
    """An entry of another dimension than those that are there."""
    await store.save(bench.entry("fitting", embedding=[1.0, 0.5]))
    await bench.refuses(write(bench.whole_entry(name, embedding=[0.5] * (bench.width(2) + 1))), InvalidInput)


async def _lost(store: Any) -> None:
    with suppress(Exception):  # what comes of a cursor that no scan gave is nobody's promise
        await store.scan("no cursor")


async def _in_vain(store: Any, bench: Bench, wait: float) -> None:
    held = await store.lock("of another", ttl=_LONG)
    await bench.refuses(store.lock("of another", ttl=_LONG, wait=wait), LockUnavailable)
    await store.unlock(held)


async def _too_late(store: Any, bench: Bench, name: str) -> None:
    held = await store.lock(name, ttl=_LONG)
    await store.unlock(held)
    await bench.refuses(store.renew(held, ttl=_LONG), LockUnavailable)


async def _released_twice(store: Any, bench: Bench, name: str) -> None:
    held = await store.lock(name, ttl=_LONG)
    bench.equal([await store.unlock(held) for _ in range(2)], [True, False], "unlock, and unlock once more")


async def _overflow(store: Any, bench: Bench, name: str) -> None:
    await bench.refuses(store.increment(name, 2**63), InvalidInput)


FAILING: dict[str, Verb] = {
    "save": Verb(
        call=lambda store, bench, name: _misfit(store, bench, name, store.save), requires=Capability.VECTOR_SEARCH
    ),
    "save_many": Verb(
        call=lambda store, bench, name: _misfit(store, bench, name, lambda entry: store.save_many([entry, entry])),
        requires=Capability.VECTOR_SEARCH,
    ),
    "update": Verb(
        call=lambda store, bench, name: _misfit(
            store, bench, name, lambda entry: store.update("fitting", embedding=entry.embedding)
        ),
        requires=Capability.VECTOR_SEARCH,
    ),
    "scan": Verb(call=lambda store, *_: _lost(store)),
    "lock": Verb(call=lambda store, bench, _: _in_vain(store, bench, 0.0), requires=Capability.LOCKS),
    "lock_after_a_wait": Verb(call=lambda store, bench, _: _in_vain(store, bench, 0.002), requires=Capability.LOCKS),
    "renew": Verb(call=_too_late, requires=Capability.LOCKS),
    "unlock": Verb(call=_released_twice, requires=Capability.LOCKS),
    "increment": Verb(call=_overflow, requires=Capability.COUNTERS),
    "reset": Verb(call=lambda store, _, name: store.reset(name), requires=Capability.COUNTERS),
    "allow": Verb(
        call=lambda store, _, name: store.allow(name, limit=1, per=_LONG, weight=2), requires=Capability.LIMITS
    ),
    "swap": Verb(call=lambda store, _, name: store.swap(name, b"x", b"y", ttl=_LONG), requires=Capability.VALUES),
    "drop": Verb(call=lambda store, _, name: store.drop(name), requires=Capability.VALUES),
}
"""Calls that a store that works answers with an error of Axon's or with a no."""
