"""A task that is cancelled at any await leaves nothing half done, and nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from axon.core.capabilities import Capability
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.cancelling import MOST_AWAITS, cancelled_at, told_of_cancelling
from axon.testing.check import check

Act = Callable[[Any, Bench], Awaitable[Any]]

OLD: dict[str, Any] = {"tags": ["old"], "user_id": "u", "embedding": [1.0, 0.0]}
_NEW: dict[str, Any] = {"tags": ["new"], "session_id": "s", "embedding": [0.0, 1.0]}

_WHOLE = (("old text", ["old"]), ("new text", ["new"]))
ACTS: dict[str, Act] = {
    "save": lambda store, bench: store.save(bench.entry("a", "new text", **_NEW)),
    "save_many": lambda store, bench: store.save_many(
        [bench.entry("a", "new text", **_NEW), bench.entry("b", "new text", **_NEW)]
    ),
    "update": lambda store, bench: store.update("a", text="new text", tags=["new"]),
    "delete": lambda store, bench: store.delete("a"),
    "delete_many": lambda store, bench: store.delete_many(["a", "b"]),
    "delete_where": lambda store, bench: store.delete_where(Filter(tags=["old"])),
    "clear": lambda store, bench: store.clear(),
    "get": lambda store, bench: store.get("a"),
    "get_many": lambda store, bench: store.get_many(["a", "b"]),
    "query": lambda store, bench: bench.ids(store, filter=Filter(tags=["old"])),
    "scan": lambda store, bench: store.scan(limit=1),
    "count": lambda store, bench: store.count(Filter(tags=["old"])),
}
"""Calls that meet the entries ``a`` and ``b``, with the tag ``old``."""


@check(each=ACTS)
async def leaves_nothing_half_done_by(bench: Bench, act: Act) -> None:
    """Cancelled at any await, this verb has been done or not: an entry is whole and its index agrees, and the adapter
    works on.

    If this fails, check that an entry and its index are one step of the store, and that a lock or a connection that was
    taken is given back.
    """
    for number in range(1, MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        old = {name: bench.entry(name, "old text", **OLD) for name in "ab"}
        await store.save_many(list(old.values()))
        if not await cancelled_at(act(store, bench), number):
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
        await _agrees(bench, store)
        for entry in (await bench.scanned(store)).values():
            told = (entry.text, sorted(entry.tags))
            bench.true(told in _WHOLE, f"{told}", "the entry as it was before or as it is after")
        again = {name: bench.entry(name, "last text", tags=["last"]) for name in "abc"}
        for entry in again.values():
            await store.save(entry)
        await _agrees(bench, store)
        bench.equal(await bench.scanned(store), again, "what was saved afterwards")
        bench.equal(await store.delete_many(["a", "b", "c"]), 3, "delete_many afterwards")
        bench.equal(await store.count(), 0, "count afterwards")


_WRITES = {
    "save": lambda store, entry: store.save(entry),
    "save_many": lambda store, entry: store.save_many([entry]),
    "update": lambda store, entry: store.update(entry.id, text=entry.text, expires_at=entry.expires_at),
}


@check(Capability.TTL, each=_WRITES)
async def leaves_no_entry_without_its_end(bench: Bench, write: Callable[[Any, Any], Awaitable[Any]]) -> None:
    """Cancelled at any await, a write has not been done or ends when it should: no entry outlives its `expires_at`.

    If this fails, check that the entry and its TTL are one step of the store, not one after the other.
    """
    store = bench.open()
    last = bench.now()
    ends: dict[str, Any] = {}
    for number in range(1, MOST_AWAITS):
        name = f"n{number}"
        old = bench.entry(name, "old text")
        await store.save(old)
        entry = bench.entry(name, "new text", lives=0.5)
        last, ends[name] = entry.expires_at or last, entry.expires_at
        if not await cancelled_at(write(store, entry), number):
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
    there = {name: entry for name, entry in (await bench.scanned(store)).items() if entry.text == "new text"}
    for name, entry in there.items():
        bench.equal(entry.expires_at, ends[name], f"the end of {name!r}")
    await bench.wait_until(last)
    left = {name: entry.text for name, entry in (await bench.scanned(store)).items()}
    bench.equal({name for name, text in left.items() if text == "new text"}, set(), "what outlives its end")
    bench.equal(await store.count(), len(left), "count")


@check(each=ACTS)
async def is_not_swallowed_by(bench: Bench, act: Act) -> None:
    """A call that is cancelled while it waits ends as cancelled, so that a timeout around it is one.

    If this fails, check for an `except` that catches CancelledError, or BaseException, and goes on.
    """
    for number in range(1, MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        await store.save_many([bench.entry(name, "old text", **OLD) for name in "ab"])
        told = await told_of_cancelling(act(store, bench), number)
        if told is None:
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
        bench.equal(told, True, "whether the call ended as cancelled")


@check()
async def of_the_first_call_leaves_a_working_adapter(bench: Bench) -> None:
    """Cancelled at any await of its first call, while it connects, an adapter can still be used.

    If this fails, check what is left of a connection that was not made to its end, and of the lock around it.
    """
    for number in range(1, MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        reached = await cancelled_at(store.save(bench.entry("a", tags=["t"])), number)
        bench.steps.add(f"which was cancelled at its await number {number}")
        entry = bench.entry("b", tags=["t"])
        await store.save(entry)
        bench.equal(await store.get("b"), entry, "get")
        await _agrees(bench, store)
        await store.close()
        if not reached:
            break


@check()
async def of_one_call_does_not_touch_another(bench: Bench) -> None:
    """Of calls that run at once, the cancellation of some leaves the others alone.

    If this fails, check that a shared connection or batch survives the cancellation of one who waits for it, and that
    no answer goes to the wrong call.
    """
    store = bench.open()
    entries = [bench.entry(f"n{n}", f"text {n}", tags=["t"]) for n in range(60)]
    tasks = [asyncio.ensure_future(store.save(entry)) for entry in entries]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    sure = [entry for number, entry in enumerate(entries) if number % 3]
    bench.equal(await store.get_many([entry.id for entry in sure]), sure, "what was not cancelled")
    reads = [asyncio.ensure_future(store.get(entry.id)) for entry in sure]
    await asyncio.sleep(0)
    for task in reads[::4]:
        task.cancel()
    answers = await asyncio.gather(*reads, return_exceptions=True)
    for number, (answer, entry) in enumerate(zip(answers, sure, strict=True)):
        if number % 4:
            bench.equal(answer, entry, "get beside one that was cancelled")
    await _agrees(bench, store)


async def _agrees(bench: Bench, store: Any) -> None:
    """Nothing if entries and index tell the same."""
    there = await bench.scanned(store)
    names = ["a", "b", "c", *(f"n{n}" for n in range(60))]
    found = {entry.id: entry for entry in await store.get_many(names) if entry is not None}
    bench.equal(found, there, "get_many beside a scan")
    bench.equal(await store.count(), len(there), "count beside a scan")
    for where in (Filter(tags=["old"]), Filter(tags=["new"]), Filter(user_id="u"), Filter(session_id="s")):
        admitted = {entry.id for entry in there.values() if where.matches(entry)}
        bench.equal(set(await bench.ids(store, filter=where)), admitted, "query beside a scan")
        bench.equal(await store.count(where), len(admitted), "count beside a scan")


@check(each=ACTS)
async def leaves_no_task_behind_of(bench: Bench, act: Act) -> None:
    """Cancelled at any await, and then closed, an adapter has no task left that runs on.

    If this fails, check that what runs in the background is ended by `close`, and what was begun for one call by the
    end of that call.
    """
    before = asyncio.all_tasks()
    for number in range(1, MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        await store.save_many([bench.entry(name, "old text", **OLD) for name in "ab"])
        reached = await cancelled_at(act(store, bench), number)
        await store.close()
        left = asyncio.all_tasks() - before
        bench.true(not left, f"{len(left)} tasks, such as {next(iter(left), None)}", "no task")
        if not reached:
            break
