"""`locks`: one holder at a time, and nobody enters without the lock."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput, LockUnavailable
from axon.spi.coordination import HeldLock, Lock
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.other_process import other_process

LOCKS = Capability.LOCKS


@check(LOCKS)
async def are_held_by_one(bench: Bench) -> None:
    """A lock that is held is refused to everybody else with LockUnavailable, and free again once it is given back.

    If this fails, check that taking it is one step of the store, and that a refusal raises.
    """
    store = bench.open()
    held = await store.lock("job", ttl=60.0)
    bench.true(isinstance(held, Lock) and held.name == "job" and held.token, repr(held), "a Lock of this name")
    await bench.refuses(store.lock("job", ttl=60.0), LockUnavailable)
    await bench.refuses(store.lock("job", ttl=60.0, wait=0.05), LockUnavailable)
    other = await store.lock("another job", ttl=60.0)
    for name in ("Job", "job:1", "jo*", "job "):
        await store.unlock(await store.lock(name, ttl=60.0))
    bench.equal(await store.unlock(held), True, "unlock")
    again = await store.lock("job", ttl=60.0)
    bench.equal(again.token == held.token, False, "whether two holders have one token")
    await store.unlock(again)
    await store.unlock(other)


@check(LOCKS)
async def exclude_each_other(bench: Bench) -> None:
    """Of many that contend, one is inside at a time, and every one that waits long enough gets in.

    If this fails, check what happens between a look at the lock and taking it.
    """
    store = bench.open()
    inside = most = entered = 0

    async def work() -> None:
        nonlocal inside, most, entered
        held = await store.lock("job", ttl=30.0, wait=20.0)
        inside += 1
        entered += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        bench.equal(await store.unlock(held), True, "unlock")

    await asyncio.gather(*(work() for _ in range(20)))
    bench.equal(most, 1, "how many were inside at once")
    bench.equal(entered, 20, "how many got in")


@check(LOCKS)
async def are_given_back_by_their_holder_alone(bench: Bench) -> None:
    """Only the token of the holder gives a lock back: an old or a made up one gives False and frees nothing.

    If this fails, check that unlock compares the token and deletes in one step.
    """
    store = bench.open()
    first = await store.lock("job", ttl=60.0)
    bench.equal(await store.unlock(first), True, "unlock")
    bench.equal(await store.unlock(first), False, "unlock once more")
    second = await store.lock("job", ttl=60.0)
    bench.equal(await store.unlock(first), False, "unlock with the token of the holder before")
    bench.equal(await store.unlock(Lock(name="job", token="made up", fence=second.fence)), False, "a made up token")
    await bench.refuses(store.lock("job", ttl=60.0), LockUnavailable)
    bench.equal(await store.unlock(second), True, "unlock by the holder")


@check(LOCKS)
async def end_with_their_ttl(bench: Bench) -> None:
    """A holder that does not come back loses the lock when its TTL is over, not before, and cannot free the next one's.

    If this fails, check that the lock is taken with its TTL in one step, and in fractions of a second.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.7)
    lost = await store.lock("job", ttl=0.7)
    await bench.pass_time(0.4)
    try:
        early = await store.lock("job", ttl=5.0)
    except LockUnavailable:
        early = None
    if early is not None:
        bench.still_before(end)
    bench.equal(early, None, "a second lock after 0.4 of 0.7 s")
    await bench.pass_time(0.35)
    following = await store.lock("job", ttl=60.0)
    bench.equal(await store.unlock(lost), False, "unlock by the one that was too late")
    await bench.refuses(store.renew(lost, ttl=60.0), LockUnavailable)
    await bench.refuses(store.lock("job", ttl=60.0), LockUnavailable)
    bench.equal(await store.unlock(following), True, "unlock by the holder")


@check(LOCKS)
async def that_are_over_stay_over(bench: Bench) -> None:
    """A lock whose TTL is over is no longer held, also if it is free since: it is neither renewed nor released.

    If this fails, check that renew and unlock look at the end, and not only at the token that lies there.
    """
    store = bench.open()
    lost, other = await store.lock("job", ttl=0.2), await store.lock("other", ttl=0.2)
    await bench.pass_time(0.25)
    await bench.refuses(store.renew(lost, ttl=60.0), LockUnavailable)
    bench.equal(await store.unlock(other), False, "unlock of one that is over")
    for name in ("job", "other"):
        bench.equal(await store.unlock(await store.lock(name, ttl=60.0)), True, "unlock by the next holder")


@check(LOCKS)
async def can_be_renewed(bench: Bench) -> None:
    """A holder renews its lock: the TTL counts from then on, be it longer or shorter than what was left.

    If this fails, check that renew sets the TTL anew, for the holder's token only.
    """
    store = bench.open()
    end = bench.now() + timedelta(seconds=0.6)
    held = await store.lock("job", ttl=0.6)
    await bench.pass_time(0.3)
    try:
        bench.equal(await store.renew(held, ttl=60.0), None, "renew")
    except LockUnavailable:
        bench.still_before(end)
        raise
    await bench.pass_time(0.4)
    await bench.refuses(store.lock("job", ttl=60.0), LockUnavailable)
    bench.equal(await store.unlock(held), True, "unlock")
    await bench.refuses(store.renew(held, ttl=60.0), LockUnavailable)
    held = await store.lock("job", ttl=60.0)
    await store.renew(held, ttl=0.2)
    await bench.pass_time(0.25)
    await store.unlock(await store.lock("job", ttl=60.0))


@check(LOCKS)
async def have_fences_that_grow(bench: Bench) -> None:
    """Each holder of a lock has a higher fence than the one before, also after a release or an expiry.

    If this fails, check that the number is not deleted together with the lock.
    """
    store = bench.open()
    fences = []
    for _ in range(4):
        held = await store.lock("job", ttl=60.0)
        fences.append(held.fence)
        await store.unlock(held)
    lost = await store.lock("job", ttl=0.2)
    fences.append(lost.fence)
    await bench.pass_time(0.25)
    fences.append((await store.lock("job", ttl=60.0)).fence)
    bench.equal(fences, sorted(set(fences)), "fences")


@check(LOCKS)
async def are_waited_for(bench: Bench) -> None:
    """Who waits gets the lock when its holder gives it back, within the time that it waits.

    If this fails, check that a waiter is woken, or asks again, and that `wait` is in seconds.
    """
    store = bench.open()
    held = await store.lock("job", ttl=60.0)
    waiting = asyncio.ensure_future(store.lock("job", ttl=60.0, wait=30.0))
    await asyncio.sleep(0.05)
    bench.equal(waiting.done(), False, "whether the waiter is through while the lock is held")
    await store.unlock(held)
    got = await waiting
    bench.equal(await store.unlock(got), True, "unlock by the one that waited")


@check(LOCKS)
async def are_held_for_their_whole_ttl_after_a_wait(bench: Bench) -> None:
    """The TTL of who waited counts from when the lock was taken, not from when it was asked for.

    If this fails, check that the end is worked out when the lock is handed over.
    """
    if not bench.clock.is_turned:
        raise NotApplicable("that a waiter waits longer than its TTL is certain only where the clock is turned")
    store = bench.open()
    held = await store.lock("job", ttl=60.0)
    waiting = asyncio.ensure_future(store.lock("job", ttl=5.0, wait=30.0))
    await asyncio.sleep(0.02)
    await bench.pass_time(6.0)
    await store.unlock(held)
    got = await waiting
    bench.equal(await store.unlock(got), True, "unlock by the one that waited longer than its TTL")


@check(LOCKS)
async def are_left_alone_by_a_waiter_that_gives_up(bench: Bench) -> None:
    """A waiter that is cancelled, or whose time is over, holds nothing: the next one gets the lock.

    If this fails, check what a cancelled waiter leaves: a place in a queue, or the lock itself.
    """
    store = bench.open()
    held = await store.lock("job", ttl=60.0)
    waiting = [asyncio.ensure_future(store.lock("job", ttl=60.0, wait=30.0)) for _ in range(5)]
    await asyncio.sleep(0.02)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await bench.refuses(store.lock("job", ttl=60.0, wait=0.05), LockUnavailable)
    await store.unlock(held)
    got = await store.lock("job", ttl=60.0, wait=5.0)
    bench.equal(await store.unlock(got), True, "unlock")


@check(LOCKS)
async def are_no_entries(bench: Bench) -> None:
    """A lock, an entry and whatever else has one name do not meet: a clear frees no lock, a lock is no entry.

    If this fails, check that locks lie under keys of their own.
    """
    store = bench.open()
    entry = bench.entry("job")
    await store.save(entry)
    held = await store.lock("job", ttl=60.0)
    bench.equal(await store.get("job"), entry, "get")
    bench.equal(await store.count(), 1, "count")
    await store.clear()
    await bench.refuses(store.lock("job", ttl=60.0), LockUnavailable)
    bench.equal(await store.unlock(held), True, "unlock")


@check(LOCKS, settings=["namespace"])
async def are_the_namespaces_own(bench: Bench) -> None:
    """Two namespaces have each their own locks.

    If this fails, check that the key of a lock begins with the namespace.
    """
    mine, theirs = bench.open(f"{bench.namespace}1", called="mine"), bench.open(f"{bench.namespace}10", called="theirs")
    held = await mine.lock("job", ttl=60.0)
    other = await theirs.lock("job", ttl=60.0)
    bench.equal(await theirs.unlock(held), False, "unlock of mine by theirs")
    bench.equal(await theirs.unlock(other), True, "unlock of theirs")
    await bench.refuses(mine.lock("job", ttl=60.0), LockUnavailable)
    await mine.unlock(held)


@check(LOCKS)
async def are_told_of_while_they_are_held(bench: Bench) -> None:
    """`locks` gives those that are held, by name, each with its fence and with how long it is held still.

    If this fails, check what it lists: no lock that is free, no waiter, and each lock once, as it is now.
    """
    store = bench.open()
    bench.equal(list(await store.locks()), [], "locks, where there are none")
    held = [await store.lock(name, ttl=ttl) for name, ttl in (("b", 60.0), ("c", 90.0), ("a", 3600.0))]
    await store.unlock(await store.lock("free", ttl=60.0))
    waiting = asyncio.ensure_future(store.lock("c", ttl=60.0, wait=30.0))
    await asyncio.sleep(0.02)
    told = await store.locks()
    expected = sorted((lock.name, lock.fence) for lock in held)
    bench.equal([(lock.name, lock.fence) for lock in told], expected, "locks, with their fences")
    for lock, ttl in zip(told, (3600.0, 60.0, 90.0), strict=True):
        bench.true(isinstance(lock, HeldLock), f"a {type(lock).__name__}", "a HeldLock")
        bench.true(ttl - 30.0 < lock.expires_in <= ttl, f"{lock.expires_in} s", f"{ttl:g} s, or a little less")
    await store.unlock(held[1])
    following = await waiting
    expected = sorted((lock.name, lock.fence) for lock in (held[0], following, held[2]))
    bench.equal(
        [(lock.name, lock.fence) for lock in await store.locks()], expected, "locks, one of which was handed on"
    )
    for lock in (held[0], following, held[2]):
        bench.equal(await store.unlock(lock), True, "unlock, after somebody looked on")
    bench.equal(list(await store.locks()), [], "locks, when all are free")


@check(LOCKS)
async def are_told_of_until_their_end(bench: Bench) -> None:
    """`locks` says how long a lock is held still, which a renewal makes longer or shorter; what is over is not told.

    If this fails, check that it looks at the end, and at the one that the last renewal gave.
    """
    store = bench.open()
    await store.lock("lost", ttl=0.3)
    longer, shorter = await store.lock("longer", ttl=30.0), await store.lock("shorter", ttl=3600.0)
    before = {lock.name: lock.expires_in for lock in await store.locks()}
    await bench.pass_time(0.35)
    after = {lock.name: lock.expires_in for lock in await store.locks()}
    bench.equal(sorted(after), ["longer", "shorter"], "locks after 0.35 s")
    gone = before["longer"] - after["longer"]
    bench.true(gone >= 0.35 - 0.002, f"{gone} s less after 0.35 s", "0.35 s less")
    await store.renew(longer, ttl=1800.0)
    await store.renew(shorter, ttl=60.0)
    renewed = {lock.name: lock.expires_in for lock in await store.locks()}
    bench.true(1700.0 < renewed["longer"] <= 1800.0, f"{renewed['longer']} s", "up to 1800 s after a renewal")
    bench.true(30.0 < renewed["shorter"] <= 60.0, f"{renewed['shorter']} s", "up to 60 s after a renewal")
    await store.unlock(longer)
    await store.unlock(shorter)


@check(LOCKS)
async def are_told_of_by_any_name(bench: Bench) -> None:
    """`locks` gives each lock once and by its very name, whatever that is, and nothing else that has a name.

    If this fails, check how a key becomes a name again, and what else lies under keys of that kind.
    """
    store = bench.open()
    await store.save(bench.entry("an entry"))
    if bench.has(Capability.COUNTERS):
        await store.increment("a counter", ttl=60.0)
    if bench.has(Capability.LIMITS):
        await store.allow("a limit", limit=1, per=60.0)
    if bench.has(Capability.VALUES):
        await store.put("a value", b"x", ttl=60.0)
    names = [*samples.AWKWARD, *(f"many{number}" for number in range(150))]
    held = await asyncio.gather(*(store.lock(name, ttl=60.0) for name in names))
    bench.equal([lock.name for lock in await store.locks()], sorted(names), "the names of the locks")
    await asyncio.gather(*(store.unlock(lock) for lock in held))
    bench.equal(list(await store.locks()), [], "locks, when all are free")


@check(LOCKS, settings=["namespace"])
async def of_another_namespace_are_not_told_of(bench: Bench) -> None:
    """`locks` gives those of its own namespace.

    If this fails, check the pattern of keys that it looks for: exact, and with everything in the name escaped.
    """
    for one, other in (("1", "10"), ("*", "1"), ("[1]", "1"), ("a:b", "a"), ("?", "x")):
        bench.fresh()
        mine, theirs = (
            bench.open(f"{bench.namespace}{end}", called=called) for end, called in ((one, "mine"), (other, "theirs"))
        )
        first, second = await mine.lock("of mine", ttl=60.0), await theirs.lock("of theirs", ttl=60.0)
        bench.equal([lock.name for lock in await mine.locks()], ["of mine"], "mine")
        bench.equal([lock.name for lock in await theirs.locks()], ["of theirs"], "theirs")
        await mine.unlock(first)
        await theirs.unlock(second)


_BAD: dict[str, dict[str, Any]] = {
    "no_name": {"name": "", "ttl": 1.0},
    "a_ttl_of_zero": {"name": "job", "ttl": 0.0},
    "a_ttl_below_zero": {"name": "job", "ttl": -1.0},
    "a_wait_below_zero": {"name": "job", "ttl": 1.0, "wait": -1.0},
}


@check(LOCKS, each=_BAD)
async def refuse(bench: Bench, arguments: dict[str, Any]) -> None:
    """An argument that makes no sense is InvalidInput, and no lock is taken.

    If this fails, check the arguments before the store is asked.
    """
    store = bench.open()
    await bench.refuses(store.lock(**arguments), InvalidInput)
    held = await store.lock("job", ttl=60.0)
    await store.unlock(held)


@check(LOCKS, Capability.SHARED)
def exclude_other_processes(bench: Bench) -> None:
    """A lock that one process holds is refused to another one; what a killed process held is free after its TTL.

    If this fails, check that the lock lies in the store, with a TTL of the store's.
    """
    store = bench.open()
    with other_process(bench.subject, bench.folder, bench.namespace) as process:
        held = process.call("lock", "job", ttl=1.0)
        bench.run(_refused(bench, store))
        process.kill()
        got = bench.run(store.lock("job", ttl=60.0, wait=10.0))
        bench.true(got.fence > held.fence, f"fence {got.fence} after {held.fence}", "a higher one")


async def _refused(bench: Bench, store: Any) -> None:
    await bench.refuses(store.lock("job", ttl=60.0), LockUnavailable)
