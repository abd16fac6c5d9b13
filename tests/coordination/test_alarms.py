"""Many moments of a loop behind one timer of it: each comes, in its time and context, unless it is taken back."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from hypothesis import given
from hypothesis import strategies as st

from axon.coordination.alarms import alarms_of

who = ContextVar("who", default="nobody")


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=300))
def test_those_that_were_not_taken_back_ring_in_their_order_and_never_early(wanted):
    async def main():
        loop = asyncio.get_running_loop()
        alarms, start, rung = alarms_of(loop), loop.time(), []

        def ring(when):
            assert loop.time() >= when
            rung.append(when)

        made = []
        for tenths, is_cancelled in wanted:
            when = start + tenths / 10_000
            made.append((when, is_cancelled, alarms.call_at(when, lambda when=when: ring(when))))
        for _, is_cancelled, alarm in made:
            if is_cancelled:
                alarm.cancel()
                alarm.cancel()
        expected = sorted(when for when, is_cancelled, _ in made if not is_cancelled)
        last = asyncio.Event()
        alarms.call_at(start + 21 / 10_000, last.set)
        await last.wait()
        assert rung == expected

    asyncio.run(asyncio.wait_for(main(), 10))


def test_each_rings_in_the_context_in_which_it_was_asked_for():
    async def main():
        loop = asyncio.get_running_loop()
        told, both = [], asyncio.Event()

        def tell():
            told.append(who.get())
            if len(told) == 2:
                both.set()

        async def ask(name):
            who.set(name)
            alarms_of(loop).call_at(loop.time(), tell)

        await asyncio.gather(ask("anna"), ask("ben"))
        await both.wait()
        assert told == ["anna", "ben"]

    asyncio.run(main())


def test_one_that_raises_keeps_no_other_from_ringing():
    async def main():
        loop, rung, problems = asyncio.get_running_loop(), asyncio.Event(), []
        loop.set_exception_handler(lambda _, context: problems.append(context["exception"]))
        alarms_of(loop).call_at(loop.time(), lambda: 1 / 0)
        alarms_of(loop).call_at(loop.time(), rung.set)
        await asyncio.wait_for(rung.wait(), 5)
        assert [type(problem) for problem in problems] == [ZeroDivisionError]

    asyncio.run(main())


def test_what_was_taken_back_is_forgotten_long_before_its_time():
    class Body:
        def end(self):
            pass

    async def main():
        import gc
        import weakref

        loop = asyncio.get_running_loop()
        alarms, bodies = alarms_of(loop), weakref.WeakSet()
        for _ in range(10_000):
            body = Body()
            bodies.add(body)
            alarms.call_at(loop.time() + 3600, body.end).cancel()
        del body
        gc.collect()
        assert not bodies
        assert len(alarms._due) < 1000

    asyncio.run(main())


def test_each_loop_has_its_own():
    rung = []

    async def main(name):
        loop = asyncio.get_running_loop()
        alarms_of(loop).call_at(loop.time() + 3600, lambda: rung.append("never"))
        done = asyncio.Event()
        alarms_of(loop).call_at(loop.time(), lambda: (rung.append(name), done.set()))
        await asyncio.wait_for(done.wait(), 5)

    asyncio.run(main("first"))
    asyncio.run(main("second"))
    assert rung == ["first", "second"]
