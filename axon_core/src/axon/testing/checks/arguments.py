"""What the verbs for locks, counters, limits and values refuse, each argument of each, and that it changes nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.refusals import REFUSALS, Refusal

_LONG = 3600.0


@check(each=REFUSALS)
async def are_refused_of(bench: Bench, refusal: Refusal) -> None:
    """What cannot be this argument is InvalidInput, or WrongType, which is one; the call has changed nothing.

    If this fails, check the argument before the store is asked, in verbs that only look too: its type, which is not
    bool where a number is wanted, and its range.
    """
    refusal.asked_of(bench)
    store = bench.open()
    await _something_of_each(bench, store)
    before = await _told(bench, store)
    for bad in refusal.values:
        await bench.refuses(refusal.call(store, bad), InvalidInput)
        bench.equal(await _told(bench, store), before, "what is there after a refusal")


@check(each=REFUSALS)
async def are_no_reason_to_free_or_forget_of(bench: Bench, refusal: Refusal) -> None:
    """What a refused call was about is as it was: there is nothing where there was nothing, so it can be made.

    If this fails, check that a refused call makes no counter of 0, no empty window, and takes no lock.
    """
    refusal.asked_of(bench)
    store = bench.open()
    for bad in refusal.values:
        with suppress(Exception):  # which error it is, the check before tells
            await refusal.call(store, bad)
    for name in ("n", "free"):
        if bench.has(Capability.LOCKS):
            bench.equal(await store.unlock(await store.lock(name, ttl=_LONG)), True, f"lock and unlock of {name!r}")
        if bench.has(Capability.COUNTERS):
            bench.equal(await store.reset(name), False, f"reset of {name!r}")
        if bench.has(Capability.LIMITS):
            bench.equal(await store.used(name, per=_LONG), 0, f"used of {name!r}")
            bench.equal(list(await store.windows()), [], "windows")
        if bench.has(Capability.VALUES):
            bench.equal(await store.swap(name, None, b"first", ttl=_LONG), True, f"swap of nothing of {name!r}")
            await store.drop(name)


async def _something_of_each(bench: Bench, store: Any) -> None:
    if bench.has(Capability.LOCKS):
        await store.lock("n", ttl=_LONG)
    if bench.has(Capability.COUNTERS):
        await store.increment("n", 5)
    if bench.has(Capability.LIMITS):
        await store.allow("n", limit=9, per=_LONG, weight=2)
    if bench.has(Capability.VALUES):
        await store.put("n", b"kept", ttl=_LONG)


async def _told(bench: Bench, store: Any) -> list[Any]:
    """What there is under the names of this module."""
    told: list[Any] = [await store.count()]
    if bench.has(Capability.LOCKS):
        told += [(lock.name, lock.expires_in > _LONG / 2) for lock in await store.locks()]
    if bench.has(Capability.COUNTERS):
        told += [await store.counter("n"), await store.counter("free")]
    if bench.has(Capability.LIMITS):
        told += [(window.name, window.per, window.used) for window in await store.windows()]
        told += [await store.used("n", per=_LONG), await store.used("free", per=_LONG)]
    if bench.has(Capability.VALUES):
        told += await store.values(["n", "free"])
    return told
