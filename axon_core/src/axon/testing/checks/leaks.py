"""What was deleted, overwritten or has expired takes no room: the residue returns to where it was."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput, LockUnavailable
from axon.core.filters import Filter
from axon.spi.protocols import SupportsResidue
from axon.testing.bench import Bench
from axon.testing.cancelling import MOST_AWAITS, cancelled_at
from axon.testing.check import check
from axon.testing.checks.cancellation import ACTS, OLD, Act
from axon.testing.failure import NotApplicable
from axon.testing.refusals import REFUSALS, Refusal
from axon.testing.verbs import VERBS, Verb

_ROUNDS = 10
_EACH = 60
_PATIENCE_S = 10.0
_SOON_S = 1.0


def _rich(bench: Bench, name: str, round_: int = 0, **values: Any) -> Any:
    return bench.entry(
        name,
        f"words of {name} in round{round_}",
        tags=["t", f"tag{round_}", f"own-{name}-{round_}"],
        user_id=f"u{round_}",
        session_id=f"s{round_}",
        metadata={"round": round_},
        embedding=[1.0, round_],
        **values,
    )


async def _used(bench: Bench, **given: Any) -> tuple[Any, int]:
    """An adapter that is empty again after its first entry, and its residue."""
    store = bench.open(**given)
    if not isinstance(store.adapter, SupportsResidue):
        raise NotApplicable("the adapter has no residue(), which counts all that its store holds for the namespace")
    await store.save(_rich(bench, "first"))
    await store.clear()
    return store, await store.residue()


async def _returns_to(bench: Bench, store: Any, baseline: int, what: str) -> None:
    """Nothing once the residue is back; an adapter may take its time to give space back, while it is used."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE_S
    quiet = store.adapter  # not every look is a step to tell
    while (residue := await quiet.residue()) > baseline and loop.time() < end:
        await quiet.count()
        await asyncio.sleep(0.02)
    bench.true(residue <= baseline, f"a residue of {residue:,} {what}", f"{baseline:,}, as before")


async def _deleted(store: Any, names: list[str], _: int) -> None:
    for name in names:
        await store.delete(name)


async def _cleared(store: Any, _: list[str], __: int) -> None:
    await store.clear()


_WAYS: dict[str, Callable[[Any, list[str], int], Awaitable[Any]]] = {
    "delete": _deleted,
    "delete_many": lambda store, names, _: store.delete_many(names),
    "delete_where": lambda store, names, round_: store.delete_where(Filter(user_id=f"u{round_}")),
    "delete_where_of_everything": lambda store, names, _: store.delete_where(Filter()),
    "clear": _cleared,
}


@check(each=_WAYS)
async def nothing_after(bench: Bench, empty: Any) -> None:
    """Entries that come and go leave nothing behind: after many rounds the residue is what it was at first.

    If this fails, check what this verb leaves in an index: tags, users, sessions, words, timers, the order of scans.
    """
    store, baseline = await _used(bench)
    for round_ in range(_ROUNDS):
        entries = [_rich(bench, f"n{n}-{round_}", round_) for n in range(_EACH)]
        await store.save_many(entries)
        await empty(store, [entry.id for entry in entries], round_)
        bench.equal(await store.count(), 0, "count")
    await _returns_to(bench, store, baseline, f"after {_ROUNDS * _EACH} entries came and went")


@check()
async def nothing_after_overwrites(bench: Bench) -> None:
    """Saving an id again and again leaves nothing behind of what it had before.

    If this fails, check that an overwrite takes the old entry out of every index.
    """
    store, baseline = await _used(bench)
    for round_ in range(60):
        await store.save(_rich(bench, "a", round_))
    for round_ in range(60, 80):
        await store.update("a", tags=["t", f"tag{round_}", f"own-a-{round_}"], user_id=f"u{round_}")
    await store.delete("a")
    await _returns_to(bench, store, baseline, "after one entry was written 80 times, and deleted")


@check(Capability.TTL)
async def nothing_after_expiry(bench: Bench) -> None:
    """What has expired is given back, whether anybody reads it or not.

    If this fails, check that expiry takes an entry out of every index, and that something does so without a reader.
    """
    store, baseline = await _used(bench)
    ends = [bench.now()]
    for round_ in range(_ROUNDS):
        entries = [_rich(bench, f"n{n}-{round_}", round_, lives=0.25) for n in range(_EACH)]
        await store.save_many(entries)
        ends.append(entries[-1].expires_at)
    await bench.wait_until(max(ends) + timedelta(seconds=0.05))
    bench.equal(await store.count(), 0, "count")
    await _returns_to(bench, store, baseline, f"after {_ROUNDS * _EACH} entries expired")


@check(Capability.TTL, settings=["refresh_on_read"])
async def nothing_after_refreshes(bench: Bench) -> None:
    """Reading an entry that is refreshed leaves nothing behind, however often.

    If this fails, check that the old end is taken out of the timers.
    """
    store, baseline = await _used(bench, refresh_on_read=True)
    await store.save(_rich(bench, "a", 1, lives=3600.0))
    for _ in range(80):
        await bench.pass_time(0.015625 if bench.clock.is_turned else 0.001)
        await store.get("a")
    await store.delete("a")
    await _returns_to(bench, store, baseline, "after one entry was read 80 times, and deleted")


@check(settings=["max_entries", "eviction"])
async def nothing_after_evictions(bench: Bench) -> None:
    """What was evicted is given back.

    If this fails, check that an eviction takes an entry out of every index.
    """
    store, baseline = await _used(bench, max_entries=10, eviction="oldest")
    now = bench.now()
    for n in range(150):
        await store.save(_rich(bench, f"n{n}", n % 7, created_at=now + timedelta(seconds=n)))
    bench.equal(await store.count(), 10, "count")
    bench.equal(await store.delete_many([f"n{n}" for n in range(140, 150)]), 10, "delete_many of what is left")
    await _returns_to(bench, store, baseline, "after 140 evictions, and a delete of what was left")


async def _locks(store: Any, bench: Bench, number: int) -> None:
    held = await store.lock(f"held{number}", ttl=0.25)
    await bench.refuses(store.lock(held.name, ttl=60.0), LockUnavailable)
    given = await store.lock(f"given{number}", ttl=60.0)
    if number % 6 == 0:
        await bench.refuses(store.lock(given.name, ttl=60.0, wait=0.002), LockUnavailable)
        cancelled, waiting = (asyncio.ensure_future(store.lock(given.name, ttl=60.0, wait=30.0)) for _ in range(2))
        await asyncio.sleep(0.001)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        await store.unlock(given)
        given = await waiting
    await store.renew(given, ttl=30.0)
    await store.unlock(given)
    await bench.refuses(store.renew(given, ttl=30.0), LockUnavailable)
    await store.unlock(given)


async def _counters(store: Any, bench: Bench, number: int) -> None:
    await store.increment(f"ends{number}", ttl=0.25)
    await store.increment(f"ends{number}", ttl=60.0)
    await store.increment(f"reset{number}")
    await store.counter(f"nobody{number}")
    await bench.refuses(store.increment(f"out of range{number}", 2**63), InvalidInput)
    await store.increment(f"zero{number}", 1, ttl=60.0)
    await store.increment(f"zero{number}", -1, ttl=60.0)
    await store.reset(f"zero{number}")
    await store.reset(f"reset{number}")
    await store.reset(f"nobody{number}")


async def _limits(store: Any, _: Bench, number: int) -> None:
    for _again in range(4):
        await store.allow(f"api{number}", limit=2, per=0.25)
        await store.allow(f"sums{number}", limit=2, per=0.25, exact=False)
    await store.allow(f"heavy{number}", limit=1, per=0.25, weight=2)
    await store.used(f"nobody{number}", per=60.0)


async def _values(store: Any, _: Bench, number: int) -> None:
    await store.put(f"ends{number}", b"x", ttl=60.0)
    await store.put(f"ends{number}", b"y", ttl=0.25)
    await store.swap(f"swapped{number}", None, b"x", ttl=60.0)
    await store.swap(f"swapped{number}", b"y", b"z", ttl=60.0)
    await store.swap(f"swapped{number}", b"x", b"y", ttl=0.25)
    await store.swap(f"removed{number}", None, b"x", ttl=60.0)
    await store.swap(f"removed{number}", b"x", None)
    await store.put(f"dropped{number}", b"x", ttl=60.0)
    await store.drop(f"dropped{number}")
    await store.values([f"nobody{number}", f"dropped{number}"])
    await store.drop(f"nobody{number}")
    await store.swap(f"nobody{number}", b"x", b"y", ttl=60.0)
    await store.swap(f"nobody{number}", None, None)


_USES: dict[str, tuple[Capability, Callable[[Any, Bench, int], Awaitable[None]]]] = {
    "locks": (Capability.LOCKS, _locks),
    "counters": (Capability.COUNTERS, _counters),
    "limits": (Capability.LIMITS, _limits),
    "values": (Capability.VALUES, _values),
}


@check(each=_USES)
async def nothing_of(bench: Bench, case: tuple[Capability, Callable[[Any, Bench, int], Awaitable[None]]]) -> None:
    """What has ended is given back, each name of which there were many: what was released, reset, refused or dropped,
    and what is over.

    If this fails, check what is kept by name, such as a fence, the log of a window, or a note of who was refused.
    """
    capability, use = case
    if not bench.has(capability):
        raise NotApplicable(f"{capability} not declared")
    store, baseline = await _used(bench)
    for number in range(_EACH):
        await use(store, bench, number)
    await bench.pass_time(0.3)
    await _returns_to(bench, store, baseline, f"after {_EACH} names each were used, and all was over")


@check(each=REFUSALS)
async def nothing_after_what_is_refused_of(bench: Bench, refusal: Refusal) -> None:
    """A call that is refused leaves nothing behind.

    If this fails, check that arguments are looked at before anything is made, also an empty window or a counter of 0.
    """
    refusal.asked_of(bench)
    store, baseline = await _used(bench)
    for bad in refusal.values:
        with suppress(Exception):  # which error it is, the checks on arguments tell
            await refusal.call(store, bad)
    await _returns_to(bench, store, baseline, "after refused calls")


_KINDS: dict[str, Verb] = {
    "an_entry": Verb(call=lambda store, bench, name: store.save(bench.entry(name, tags=["t"], lives=0.25))),
    "a_lock": Verb(call=lambda store, _, name: store.lock(name, ttl=0.25), requires=Capability.LOCKS),
    "a_counter": Verb(call=lambda store, _, name: store.increment(name, ttl=0.25), requires=Capability.COUNTERS),
    "a_counter_of_zero": Verb(
        call=lambda store, _, name: store.increment(name, 0, ttl=0.25), requires=Capability.COUNTERS
    ),
    "a_window": Verb(call=lambda store, _, name: store.allow(name, limit=1, per=0.25), requires=Capability.LIMITS),
    "a_window_by_sums": Verb(
        call=lambda store, _, name: store.allow(name, limit=1, per=0.25, exact=False), requires=Capability.LIMITS
    ),
    "a_value": Verb(call=lambda store, _, name: store.put(name, b"x", ttl=0.25), requires=Capability.VALUES),
    "an_empty_value": Verb(
        call=lambda store, _, name: store.swap(name, None, b"", ttl=0.25), requires=Capability.VALUES
    ),
}


@check(each=_KINDS)
async def are_told_of_by_the_residue_of(bench: Bench, kind: Verb) -> None:
    """`residue` counts what there is of every kind: it grows by one at least with each, and shrinks with its end.

    If this fails, check which kinds it counts: what it leaves out could stay for ever.
    """
    kind.asked_of(bench)
    if kind is _KINDS["an_entry"] and not bench.has(Capability.TTL):
        raise NotApplicable(f"{Capability.TTL} not declared")
    store, baseline = await _used(bench)
    end = bench.now() + timedelta(seconds=0.25)
    counted = []
    for number in range(5):
        await kind.call(store, bench, f"n{number}")
        counted.append(await store.residue())
    bench.still_before(end)
    for number, residue in enumerate(counted, start=1):
        bench.true(
            residue >= baseline + number, f"a residue of {residue} with {number} of them", f"more than {baseline}"
        )
    await bench.pass_time(0.3)
    await _returns_to(bench, store, baseline, "when all was over")


@check(each=VERBS)
def no_task_thread_or_file_of(bench: Bench, verb: Verb) -> None:
    """`close` gives back what the adapter opened: no task, no thread and no file or connection stays, whichever verb
    was the last one; and so it is however many adapters are made.

    If this fails, check that what runs in the background is ended by `close`, which waits for it.
    """
    verb.asked_of(bench)
    threads, files = set(threading.enumerate()), None
    for round_ in range(3):
        bench.fresh()
        bench.run_in_new_loop(_closed(bench, verb))
        if round_ == 0:  # what a library keeps for the process stays, once
            threads, files = set(threading.enumerate()), _files()
    end = monotonic() + _SOON_S
    while (left := set(threading.enumerate()) - threads) and monotonic() < end:
        sleep(0.01)  # nothing tells when a thread has ended that is not ours to join
    bench.true(not left, f"{len(left)} threads more, such as {next(iter(left), None)}", "no thread")
    now = _files()
    if files is not None and now is not None:
        bench.true(now <= files, f"{now - files} files or connections more", "none after a close")


async def _closed(bench: Bench, verb: Verb) -> None:
    """Nothing if no task runs on when an adapter was used and closed."""
    before = asyncio.all_tasks()
    store = bench.open(settings={"refresh_on_read": True} if bench.subject.knows("refresh_on_read") else {})
    await store.save(bench.entry("n", tags=["t"], lives=3600.0))
    await asyncio.gather(*(verb.call(store, bench, f"n{n}") for n in range(3)))
    await store.close()
    left = asyncio.all_tasks() - before
    bench.true(not left, f"{len(left)} tasks, such as {next(iter(left), None)}", "no task after a close")


def _files() -> int | None:
    """How many files and connections this process has open; ``None`` where that is not told."""
    gc.collect()
    with suppress(OSError):
        return len(list(Path("/proc/self/fd").iterdir()))
    return None


@check()
async def nothing_after_reads(bench: Bench) -> None:
    """Reading leaves nothing behind: not what was not there, and not what was asked.

    If this fails, check for a cache that grows, or an index that is made by looking.
    """
    store, _ = await _used(bench)
    await store.save_many([_rich(bench, f"n{n}", n) for n in range(10)])
    baseline = await store.residue()
    for number in range(40):
        await store.get(f"nobody{number}")
        await store.get_many([f"nobody{number}", "n1"])
        await bench.ids(store, filter=Filter(tags=[f"none{number}"], user_id=f"nobody{number}"))
        await store.count(Filter(session_id=f"nobody{number}"))
        await store.delete(f"nobody{number}")
        await store.delete_where(Filter(tags=[f"none{number}"]))
        await store.update(f"nobody{number}", text="x")
    await _returns_to(bench, store, baseline, "after reads of what is not there")


@check(each=ACTS)
async def nothing_after_a_cancelled(bench: Bench, act: Act) -> None:
    """Cancelled at any await, this verb leaves nothing behind that a delete of its entries would not take away.

    If this fails, check what is written before the await at which it was cancelled, and who would ever find it again.
    """
    for number in range(1, MOST_AWAITS):
        bench.fresh()
        store, baseline = await _used(bench)
        await store.save_many([bench.entry(name, "old text", **OLD) for name in "ab"])
        if not await cancelled_at(act(store, bench), number):
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
        await store.delete_many(list("ab"))
        await _returns_to(bench, store, baseline, "after its entries were deleted")
