"""Event loops: one after the other, and many in threads."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from axon.core.capabilities import Capability
from axon.core.errors import LockUnavailable
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.verbs import VERBS, Verb, every_verb_works


@check()
def one_after_another_work(bench: Bench) -> None:
    """An adapter belongs to the running event loop: in a new one it works on, with a connection of its own.

    If this fails, check that connections, locks and tasks are kept for each loop, and made anew in another one.
    """
    store = bench.open()
    entry = bench.entry("a", tags=["t"])
    bench.run_in_new_loop(store.save(entry))
    bench.equal(bench.run_in_new_loop(store.get("a")), entry, "get in a second loop")
    bench.equal(bench.run_in_new_loop(bench.ids(store, filter=Filter(tags=["t"]))), ["a"], "query in a third loop")
    bench.run_in_new_loop(_at_once(bench, store))
    bench.equal(bench.run_in_new_loop(store.count()), 21, "count in a last loop")
    bench.run_in_new_loop(store.close())


async def _at_once(bench: Bench, store: Any) -> None:
    await asyncio.gather(*(store.save(bench.entry(f"n{n}")) for n in range(20)))


@check(each=VERBS)
def one_after_another_are_at_one_with(bench: Bench, verb: Verb) -> None:
    """A verb that many tasks call at once works in a second and a third event loop as in the first, which is closed.

    If this fails, check for something that belongs to the loop in which it was first waited for: an asyncio.Lock, a
    semaphore, an event, a queue, a task, a future.
    """
    verb.asked_of(bench)
    store = bench.open()
    for turn in range(3):
        bench.run_in_new_loop(_contended(bench, store, {"": verb}, turn))
    bench.run_in_new_loop(store.close())


@check(each={"in_turn": True, "all_at_once": False})
def one_after_another_are_at_one_with_all_verbs(bench: Bench, in_turn: bool) -> None:  # noqa: FBT001  # as in `each`
    """After every verb in one event loop, all of them work in a second and in a third one, and with many tasks at once.

    If this fails, check what is kept for the adapter and not for each loop.
    """
    store = bench.open()
    verbs = {name: verb for name, verb in VERBS.items() if verb.requires is None or bench.has(verb.requires)}
    for turn in range(3):
        if in_turn:
            bench.run_in_new_loop(every_verb_works(bench, store, f"turn{turn}"))
        else:
            bench.run_in_new_loop(_contended(bench, store, verbs, turn, tasks=3))
    bench.run_in_new_loop(store.close())


async def _contended(bench: Bench, store: Any, verbs: dict[str, Verb], turn: int, *, tasks: int = 16) -> None:
    calls = [verb.call(store, bench, f"{turn} {n % 2}") for verb in verbs.values() for n in range(tasks)]
    await asyncio.gather(*calls)


@check(Capability.LOCKS)
def one_after_another_hand_locks_on(bench: Bench) -> None:
    """A lock that was taken in a loop which is closed is held still; in another loop it is waited for, released, and
    handed on. Who waited in the closed loop does not get it.

    If this fails, check what a waiter leaves in a queue when its loop ends: a future that nobody can wake.
    """
    store = bench.open()
    held: list[Any] = []

    async def leave_waiters() -> None:
        held.append(await store.lock("job", ttl=3600.0))
        waiters.extend(asyncio.ensure_future(store.lock("job", ttl=3600.0, wait=600.0)) for _ in range(3))
        await asyncio.sleep(0.005)

    async def take() -> None:
        await bench.refuses(store.lock("job", ttl=3600.0), LockUnavailable)
        waiting = {asyncio.ensure_future(store.lock("job", ttl=3600.0, wait=30.0)) for _ in range(3)}
        await asyncio.sleep(0.005)
        bench.equal(await store.unlock(held.pop()), True, "unlock in another loop")
        while len(waiting) > 1:  # in whichever order they get it
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                bench.equal(await store.unlock(task.result()), True, "unlock by one that waited")
        held.append(await waiting.pop())

    waiters: list[Any] = []
    bench.run_in_new_loop(leave_waiters())
    for _ in range(3):
        bench.run_in_new_loop(take())
    bench.equal(bench.run_in_new_loop(store.unlock(held.pop())), True, "unlock in a last loop")
    bench.equal(list(bench.run_in_new_loop(store.locks())), [], "locks, when all are free")
    bench.run_in_new_loop(store.close())


@check()
def that_were_closed_with_calls_under_way_do_no_harm(bench: Bench) -> None:
    """A loop may end while calls are under way; the next one finds a working adapter.

    If this fails, check that nothing of a dead loop is waited for: a lock that it held, a task, a connection.
    """
    store = bench.open()

    async def leave() -> None:
        await store.save(bench.entry("a"))
        tasks = [asyncio.ensure_future(store.save(bench.entry(f"n{n}"))) for n in range(10)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()

    bench.run_in_new_loop(leave())
    bench.run_in_new_loop(store.save(bench.entry("b")))
    there = bench.run_in_new_loop(bench.scanned(store))
    bench.equal({"a", "b"} <= there.keys(), True, "whether what was awaited is there")
    bench.run_in_new_loop(store.close())


@check()
def that_end_without_close_do_no_harm(bench: Bench) -> None:
    """A loop may end without a close, and the adapter may be closed in another one.

    If this fails, check that `close` does not wait for something of a loop that is gone.
    """
    store = bench.open()
    bench.run_in_new_loop(store.save(bench.entry("a")))
    bench.run_in_new_loop(store.close())
    other = bench.open()
    bench.run_in_new_loop(other.save(bench.entry("a")))
    bench.run_in_new_loop(other.close())


@check(Capability.SHARED)
def in_threads_of_their_own_work(bench: Bench) -> None:
    """Several threads, each with a loop and an adapter of its own, work at once on the same entries.

    If this fails, check what adapters of one process share: a module's cache, a connection, a lock of one loop.
    """
    failed: list[BaseException] = []
    threads_, saves = 4, 20

    async def work(number: int) -> None:
        store = stores[number]
        try:
            for n in range(saves):
                await store.save(bench.entry(f"{number}-{n}", tags=[f"t{number}"]))
                await store.get(f"{number}-{n}")
        finally:
            await store.close()

    def run(number: int) -> None:
        try:
            asyncio.run(work(number))
        except BaseException as error:
            failed.append(error)

    stores = [bench.open(called=f"thread {number}") for number in range(threads_)]
    threads = [threading.Thread(target=run, args=(number,)) for number in range(threads_)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.true(not failed, f"{failed[:1]}", "no error in any thread")
    store = bench.open()
    bench.equal(bench.run(store.count()), threads_ * saves, "count")
    bench.equal(bench.run(store.count(Filter(tags=["t1"]))), saves, "count by a tag")
