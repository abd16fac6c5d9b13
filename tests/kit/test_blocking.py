"""Who looks out for a call that blocks keeps nothing of the calls that do not."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from array import array
from contextlib import contextmanager

import numpy as np
from mutants.registration import subject

from axon.spi import MemoryEntry
from axon.testing import blocking
from axon.testing.bench import Bench
from axon_inmemory.adapter import InMemoryAdapter


@contextmanager
def looked_out(*, every, patience=90.0):
    """Somebody looks at this thread so often; what is told."""
    told, is_over = [], threading.Event()
    looking = (threading.get_ident(), is_over, told.append, patience, every)
    thread = threading.Thread(target=blocking.look_out, args=looking)
    thread.start()
    try:
        yield told
    finally:
        is_over.set()
        thread.join()


class Viewed(InMemoryAdapter):
    """Has a view of an array in a variable while it answers; then the array can grow again."""

    def __init__(self, **options):
        super().__init__(**options)
        self.numbers = array("d", [0.0])

    async def count(self, filter=None):
        numbers = np.frombuffer(self.numbers)
        for _ in range(200):
            numbers.sum()
        return await super().count(filter)

    async def save(self, entry):
        self.numbers.append(1.0)
        await super().save(entry)


class Slow(InMemoryAdapter):
    """Blocks the event loop, but never for long."""

    async def count(self, filter=None):
        threading.Event().wait(0.02)
        return 0


def test_an_array_grows_as_soon_as_nobody_looks_at_it():
    async def grown(store):
        for number in range(3000):
            await store.count()
            await store.save(MemoryEntry(id=f"n{number % 7}", text="red fox"))

    bench = Bench(subject(Viewed))
    with looked_out(every=0.001) as told:
        bench.run(grown(bench.open()))
    bench.close()
    assert not told


def test_nothing_that_a_call_made_outlives_it():
    class Thing:
        pass

    made, began, looked = [], threading.Event(), threading.Event()

    def call():
        thing = Thing()
        made.append(weakref.ref(thing))
        began.set()
        looked.wait()

    def wait(_):
        waits.append(1)
        if len(waits) == 2:  # the first look is over
            looked.set()
            thread.join()
            gc.collect()
            alive.extend(reference() for reference in made)
            return True
        return False

    waits, alive = [], []
    is_over = threading.Event()
    is_over.wait = wait
    thread = threading.Thread(target=call)
    thread.start()
    began.wait()
    blocking.look_out(thread.ident, is_over, made.append, 90.0, 1.0)
    assert alive == [None]


def test_calls_that_follow_each_other_are_not_taken_for_one():
    async def counted(store):
        for _ in range(40):
            await store.count()

    bench = Bench(subject(Slow))
    with looked_out(every=0.005, patience=0.3) as told:
        bench.run(counted(bench.open()))
    bench.close()
    assert not told


def test_steps_of_the_loop_that_follow_each_other_are_not_taken_for_one():
    async def stepping():
        done = asyncio.get_running_loop().create_future()

        def step(left):
            threading.Event().wait(0.02)
            if left:
                asyncio.get_running_loop().call_soon(step, left - 1)
            else:
                done.set_result(None)

        asyncio.get_running_loop().call_soon(step, 40)
        await done

    with looked_out(every=0.005, patience=0.3) as told:
        asyncio.run(stepping())
    assert not told
