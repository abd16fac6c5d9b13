"""Waiting for a lock: as long as was said, given up at any moment, and handed on to one who still waits."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from axon.core.capabilities import Capability
from axon.core.errors import LockUnavailable
from axon.testing.bench import Bench
from axon.testing.cancelling import cancelled_at, told_of_cancelling
from axon.testing.check import check
from axon.testing.failure import Broken, TooSlow

LOCKS = Capability.LOCKS
_LONG = 3600.0
_MOST_AWAITS = 25
_SLACK_S = 0.6
"""By so much a busy machine may be late, which is less than it takes from any of the waits to a whole second."""
_SUCCEEDING: tuple[float, ...] = (0.6, 0.75, 1, 1.5, 2, 59.9, 3600, 1e6, 1e9, 1e15, 1.7e308, math.inf)
_FAILING: tuple[float, ...] = (0, 0.0, 1e-9, 0.001, 0.05, 0.3, 1.3)


@check(LOCKS)
async def goes_on_until_a_release(bench: Bench) -> None:
    """A lock that is released within `wait` seconds goes to who waits for it: a number whole or not, float or int,
    however large, and math.inf, which is for ever.

    If this fails, check what becomes of `wait` on its way: cut, rounded, a timeout that overflows, infinity as 0.
    """
    store, loop = bench.open(), asyncio.get_running_loop()
    names = [f"{wait!r}" for wait in _SUCCEEDING]
    held = [await store.lock(name, ttl=_LONG) for name in names]
    begun = loop.time()
    calls = (store.lock(name, ttl=_LONG, wait=wait) for wait, name in zip(_SUCCEEDING, names, strict=True))
    waiting = [asyncio.ensure_future(call) for call in calls]
    await asyncio.sleep(0.03)
    for lock in held:
        await store.unlock(lock)
    released = loop.time()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    if released - begun >= min(_SUCCEEDING):
        raise TooSlow
    bench.equal(
        [getattr(answer, "name", repr(answer)) for answer in answers], names, "who got the lock after a release"
    )


@check(LOCKS)
async def ends_when_it_was_to_end(bench: Bench) -> None:
    """A lock that stays held is LockUnavailable after `wait` seconds, not before, and not much later.

    If this fails, check what becomes of `wait` on its way: whole seconds, milliseconds, an interval between two looks.
    """
    store, loop = bench.open(), asyncio.get_running_loop()

    async def took(wait: float) -> tuple[float, float]:
        """How long the lock was waited for, and how long a sleep took that was to be a little longer."""
        name = f"{wait!r} {type(wait).__name__}"
        await store.lock(name, ttl=_LONG)
        begun = loop.time()

        async def slept() -> float:
            await asyncio.sleep(wait + _SLACK_S)
            return loop.time() - begun

        longest = asyncio.ensure_future(slept())
        await bench.refuses(store.lock(name, ttl=_LONG, wait=wait), LockUnavailable)
        waited = loop.time() - begun
        return waited, await longest

    for wait, (waited, longest) in zip(_FAILING, await asyncio.gather(*map(took, _FAILING)), strict=True):
        bench.true(wait - 0.005 <= waited <= longest, f"{waited} s", f"{wait} s, and up to {_SLACK_S} s more")


@check(LOCKS)
async def is_over_when_the_holder_lost_the_lock(bench: Bench) -> None:
    """Who waits gets the lock when the time of its holder is over, without anybody's doing, and whatever its own
    `wait`.

    If this fails, check that a waiter looks at the end of the lock too, and not only for a release.
    """
    store = bench.open()
    for wait in (30, 30.0, math.inf):
        await store.lock(f"{wait!r}", ttl=0.2)
    waiting = [asyncio.ensure_future(store.lock(f"{wait!r}", ttl=_LONG, wait=wait)) for wait in (30, 30.0, math.inf)]
    await asyncio.sleep(0.01)
    await bench.pass_time(0.25)
    for task in waiting:
        bench.equal(await store.unlock(await task), True, "unlock by one that waited for an end")


@check(LOCKS)
async def is_over_sooner_when_the_holder_renewed_for_less(bench: Bench) -> None:
    """Who waits gets the lock when it is over, also where a renewal made that sooner than it was to be at first.

    If this fails, check for a waiter that sleeps until the end which the lock had when it began to wait.
    """
    store = bench.open()
    held = await store.lock("job", ttl=_LONG)
    waiting = asyncio.ensure_future(store.lock("job", ttl=_LONG, wait=20.0))
    await asyncio.sleep(0.01)
    await store.renew(held, ttl=0.2)
    await bench.pass_time(0.25)
    await asyncio.wait([waiting], timeout=5.0)
    if not waiting.done():
        waiting.cancel()
        raise Broken("no lock within 5 s after the end of the holder's time", "the lock, soon after it was over")
    bench.equal(await store.unlock(waiting.result()), True, "unlock by one that waited for an end")


@check(LOCKS)
async def goes_on_while_the_holder_renews(bench: Bench) -> None:
    """Who waits does not get a lock that its holder has renewed meanwhile, also when its first time is over.

    If this fails, check that a waiter looks at the end which the lock has now, and not at the one it saw first.
    """
    store = bench.open()
    held = await store.lock("job", ttl=0.5)
    waiting = asyncio.ensure_future(store.lock("job", ttl=_LONG, wait=30.0))
    await asyncio.sleep(0.02)
    await store.renew(held, ttl=_LONG)
    await bench.pass_time(0.6)
    await asyncio.wait([waiting], timeout=0.1)
    bench.true(not waiting.done(), "the lock, which is held", "that it waits on")
    bench.equal(await store.unlock(held), True, "unlock by the holder")
    bench.equal(await store.unlock(await waiting), True, "unlock by one that waited")


@check(LOCKS)
async def takes_nothing_off_the_ttl(bench: Bench) -> None:
    """Who had to wait for a lock has it for its whole `ttl`, from the moment in which it got it.

    If this fails, check that the end is reckoned when the lock is taken, and not when it is asked for.
    """
    store = bench.open()
    held = await store.lock("job", ttl=2 * _LONG)
    waiting = asyncio.ensure_future(store.lock("job", ttl=_LONG, wait=30.0))
    await asyncio.sleep(0.01)
    await bench.pass_time(0.4)
    released = bench.now()
    await store.unlock(held)
    await waiting
    (told,) = await store.locks()
    passed = (bench.now() - released).total_seconds()
    bench.true(told.expires_in >= _LONG - passed - 0.1, f"{told.expires_in} s", f"{_LONG:g} s, less {passed:g} s")


@check(LOCKS)
async def is_cancelled_at_any_await(bench: Bench) -> None:
    """A call for a lock that somebody holds and that is cancelled, at whatever await, ends as cancelled and holds
    nothing: the next one gets the lock, and nothing of it is left.

    If this fails, check that CancelledError is not made another error, and that the place in a queue is given back.
    """
    for number in range(1, _MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        held = await store.lock("job", ttl=_LONG)
        # So long that it is there when it is cancelled, and not for ever where nobody cancels it.
        told = await told_of_cancelling(_tried(store.lock("job", ttl=_LONG, wait=0.05)), number)
        bench.steps.add(f"which was cancelled at its await number {number}")
        if told is None:
            break
        bench.equal(told, True, "whether the call ended as cancelled")
        await store.unlock(held)
        await _free(bench, store)


@check(LOCKS)
async def holds_nothing_after_a_cancelled_lock(bench: Bench) -> None:
    """A call for a lock that is free and that is cancelled, at whatever await, holds nothing.

    If this fails, check what is done with an answer that comes when nobody waits for it: a lock that was taken then is
    given back.
    """
    for number in range(1, _MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        got: list[Any] = []

        async def take(store: Any = store, got: list[Any] = got) -> None:
            got.append(await store.lock("job", ttl=_LONG))

        reached = await cancelled_at(take(), number)
        bench.steps.add(f"which was cancelled at its await number {number}")
        if not got:
            await _free(bench, store)
        if not reached:
            break


_HELD: dict[str, Callable[[Any, Any], Any]] = {
    "renew": lambda store, held: store.renew(held, ttl=2 * _LONG),
    "unlock": lambda store, held: store.unlock(held),
    "locks": lambda store, _: store.locks(),
}


@check(LOCKS, each=_HELD)
async def leaves_a_lock_held_or_free_after_a_cancelled(bench: Bench, act: Callable[[Any, Any], Any]) -> None:
    """Cancelled at any await, this verb has been done or not: the lock is its holder's, or it is free.

    If this fails, check that the verb is one step of the store.
    """
    for number in range(1, _MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        held = await store.lock("job", ttl=_LONG)
        if not await cancelled_at(act(store, held), number):
            break
        bench.steps.add(f"which was cancelled at its await number {number}")
        released = await store.unlock(held)
        bench.true(released or act is _HELD["unlock"], "a lock that was lost", "one that is held")
        await _free(bench, store)


_ENDINGS = {"before": 0, "with": 1, "after": 2}


@check(LOCKS, each=_ENDINGS)
async def goes_on_to_the_next_when_one_is_cancelled_at_a_release(bench: Bench, ending: int) -> None:
    """A waiter that is cancelled in the very moment of a release, before it or after it, does not keep the lock: the
    next in line gets it, and after the last one it is free.

    If this fails, check what a waiter does that was given the lock, and is cancelled before it knows.
    """
    for turns in range(8):
        bench.fresh()
        store = bench.open()
        held = await store.lock("job", ttl=_LONG)
        first, second = (asyncio.ensure_future(store.lock("job", ttl=_LONG, wait=30.0)) for _ in range(2))
        await asyncio.sleep(0.002)
        if ending == 0:
            first.cancel()
            await _turns(turns)
            await store.unlock(held)
        elif ending == 1:
            release = asyncio.ensure_future(store.unlock(held))
            await _turns(turns)
            first.cancel()
            await release
        else:
            await store.unlock(held)
            await _turns(turns)
            first.cancel()
        await asyncio.wait([first])
        bench.steps.add(f"of which the first was cancelled {turns} turns of the loop apart from the release")
        if not first.cancelled():  # it had the lock before it was cancelled
            bench.equal(await store.unlock(await first), True, "unlock by the first")
        bench.equal(await store.unlock(await second), True, "unlock by the second")
        await _free(bench, store)


@check(LOCKS)
async def is_given_up_by_a_timeout(bench: Bench) -> None:
    """A timeout around a call for a lock is a TimeoutError, and not LockUnavailable; it leaves nothing behind.

    If this fails, check for an `except` around the wait that catches more than it is to catch.
    """
    store = bench.open()
    held = await store.lock("job", ttl=_LONG)
    for wait in (30.0, math.inf):

        async def limited(wait: float = wait) -> None:
            async with asyncio.timeout(0.03):
                await store.lock("job", ttl=_LONG, wait=wait)

        await bench.refuses(limited(), TimeoutError)
    await store.unlock(held)
    await _free(bench, store)


@check(LOCKS)
async def leaves_those_alone_that_wait_on(bench: Bench) -> None:
    """Of many that wait, some give up and some are cancelled; each of the others gets the lock, once.

    If this fails, check that who leaves a queue leaves the others in it, and wakes one of them where it was its turn.
    """
    store = bench.open()
    held = await store.lock("job", ttl=_LONG)
    entered: list[int] = []

    async def work(number: int) -> None:
        with suppress(LockUnavailable):
            got = await store.lock("job", ttl=_LONG, wait=0.02 if number % 3 == 0 else 30.0)
            entered.append(number)
            await asyncio.sleep(0)
            bench.equal(await store.unlock(got), True, "unlock")

    tasks = [asyncio.ensure_future(work(number)) for number in range(24)]
    await asyncio.sleep(0.2)
    for task in tasks[1::3]:
        task.cancel()
    await store.unlock(held)
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            await task
    bench.equal(sorted(entered), list(range(2, 24, 3)), "who got the lock")
    await _free(bench, store)


async def _tried(call: Any) -> Any:
    with suppress(LockUnavailable):
        return await call


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _free(bench: Bench, store: Any) -> None:
    """Nothing if the lock of this module is free: it is taken, kept and released."""
    got = await store.lock("job", ttl=_LONG, wait=3.0)
    await bench.refuses(store.lock("job", ttl=_LONG), LockUnavailable)
    bench.equal([lock.name for lock in await store.locks()], ["job"], "locks, while it is held")
    bench.equal(await store.unlock(got), True, "unlock")
    bench.equal(list(await store.locks()), [], "locks, when it is free")
