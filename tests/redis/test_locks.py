"""Locks in Redis: with waiters that leave, over event loops, and where answers are lost."""

from __future__ import annotations

import asyncio
import gc
import logging

import pytest
from redis_cut import way_to
from redis_data import opened
from redis_servers.address import HOST

from axon.core.errors import LockUnavailable, StoreUnavailable
from axon_redis.adapter import RedisAdapter

either = pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])


def test_who_waits_holds_no_connection(shared):
    async def main():
        async with (
            opened(shared) as holder,
            opened(shared, multiplex=False, max_connections=2) as adapter,
            asyncio.timeout(20),
        ):
            lock = await holder.lock("one", ttl=60)
            waiting = [asyncio.ensure_future(adapter.lock("one", ttl=60, wait=60)) for _ in range(50)]
            for number in range(100):
                await asyncio.gather(*(adapter.put(f"{number}-{n}", b"", ttl=60) for n in range(4)))
            assert not any(waiter.done() for waiter in waiting)
            assert await holder.unlock(lock)
            for lock in asyncio.as_completed(waiting):  # each gets it when the one before has given it back
                assert await adapter.unlock(await lock)

    asyncio.run(main())


async def awaited_none(adapter):
    """Wait until nobody holds a lock; what is undone after a cancellation is under way for a moment."""
    async with asyncio.timeout(20):
        while await adapter.locks():  # noqa: ASYNC110 - what a server knows
            await asyncio.sleep(0.001)


@either
def test_a_call_that_is_cancelled_anywhere_leaves_no_lock(shared, multiplex):
    async def main():
        async with opened(shared) as other:
            for is_connected in (True, False):
                finished, ticks = 0, 0
                while finished < 3:
                    async with opened(shared, multiplex=multiplex) as adapter:
                        if is_connected:
                            await adapter.unlock(await adapter.lock("one", ttl=3600))
                        task = asyncio.ensure_future(adapter.lock("one", ttl=3600))
                        for _ in range(ticks):
                            await asyncio.sleep(0)
                        finished += task.done()
                        task.cancel()
                        (outcome,) = await asyncio.gather(task, return_exceptions=True)
                        if not isinstance(outcome, asyncio.CancelledError):
                            assert await adapter.unlock(outcome)
                    await awaited_none(other)
                    ticks += 1 + ticks // 16
                    assert ticks < 100_000

    asyncio.run(main())


@either
def test_a_loop_that_ends_over_a_call_leaves_no_lock_and_nothing_to_complain_of(shared, raw, multiplex, caplog):
    for ticks in range(40):
        adapter = RedisAdapter(HOST, shared.port, multiplex=multiplex)

        async def main(adapter=adapter, ticks=ticks):
            call = asyncio.ensure_future(adapter.lock("name", ttl=60, wait=0))
            for _ in range(ticks):
                await asyncio.sleep(0)
            return call

        if asyncio.run(main()).cancelled():
            assert raw.keys("*!l*") == []
        raw.flushall()
        asyncio.run(adapter.close())
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


@either
def test_what_undoes_a_cancelled_call_does_not_overtake_it(shared, raw, multiplex):
    async def main():
        async with way_to(shared) as way, opened(shared) as other, asyncio.timeout(20):
            adapter = RedisAdapter(HOST, way.port, multiplex=multiplex)
            await adapter.unlock(await adapter.lock("one", ttl=3600))
            before = raw.get(b"{axon}!f")
            way.hold(b"!lone")
            task = asyncio.ensure_future(adapter.lock("one", ttl=3600))
            await way.is_holding.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            if not multiplex:  # what is sent over other connections arrives now
                await adapter.put("something else", b"", ttl=60)
            way.goes_on.set()
            while raw.get(b"{axon}!f") == before:  # noqa: ASYNC110 - the lock is taken by a call that nobody waits for
                await asyncio.sleep(0.001)
            await awaited_none(other)
            await adapter.close()

    asyncio.run(main())


@either
def test_a_waiter_that_is_cancelled_leaves_no_place_in_line(shared, multiplex):
    async def main():
        async with opened(shared, multiplex=multiplex) as adapter:
            for victims in ([0], [1], [2], [0, 1], [1, 2], [2, 0]):
                lock = await adapter.lock("one", ttl=60)
                waiters = [asyncio.ensure_future(adapter.lock("one", ttl=60, wait=60)) for _ in range(3)]
                await adapter.locks()  # they have asked
                for victim in victims:
                    waiters[victim].cancel()
                assert await adapter.unlock(lock)
                others = [waiter for number, waiter in enumerate(waiters) if number not in victims]
                async with asyncio.timeout(20):
                    for next_lock in asyncio.as_completed(others):
                        assert await adapter.unlock(await next_lock)
                await asyncio.gather(*waiters, return_exceptions=True)
                await awaited_none(adapter)
                first = await adapter.lock("one", ttl=60)  # at once: nobody is in line
                assert await adapter.unlock(first)

    asyncio.run(main())


def test_who_waits_in_one_event_loop_is_in_nobodys_way_in_another(shared):
    adapter = RedisAdapter(HOST, shared.port)
    here, there = asyncio.new_event_loop(), asyncio.new_event_loop()
    try:
        lock = here.run_until_complete(adapter.lock("one", ttl=60))
        waiting = here.create_task(adapter.lock("one", ttl=60, wait=60))
        here.run_until_complete(adapter.locks())
        # Now that loop stands still, with a waiter in line.
        with pytest.raises(LockUnavailable):
            there.run_until_complete(adapter.lock("one", ttl=60, wait=0.02))
        assert there.run_until_complete(adapter.unlock(lock))
        other = there.run_until_complete(adapter.lock("one", ttl=60))
        assert there.run_until_complete(adapter.unlock(other))
        mine = here.run_until_complete(waiting)
        assert mine.fence > other.fence > lock.fence
        assert here.run_until_complete(adapter.unlock(mine))
        here.run_until_complete(adapter.close())
    finally:
        for loop in (here, there):
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


def test_fences_grow_though_the_last_one_was_forgotten(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            last = 0
            for _ in range(20):
                for _ in range(3):
                    lock = await adapter.lock("one", ttl=60)
                    assert lock.fence > last
                    last = lock.fence
                    await adapter.unlock(lock)
                assert raw.delete("{axon}!f") == 1

    asyncio.run(main())


def test_a_lock_of_some_milliseconds(shared):
    async def main():
        async with opened(shared) as adapter:
            for ttl in (0.000001, 0.001, 0.005):
                lock = await adapter.lock("one", ttl=ttl)
                next_one = await adapter.lock("one", ttl=60, wait=20)
                assert next_one.fence > lock.fence
                with pytest.raises(LockUnavailable, match="no longer held"):
                    await adapter.renew(lock, ttl=60)
                assert await adapter.unlock(lock) is False
                assert await adapter.unlock(next_one) is True

    asyncio.run(main())


def test_what_another_holds_is_neither_renewed_nor_given_back(shared):
    async def main():
        async with opened(shared) as adapter, opened(shared) as other:
            mine = await adapter.lock("one", ttl=60)
            await adapter.unlock(mine)
            theirs = await other.lock("one", ttl=60)
            with pytest.raises(LockUnavailable):
                await adapter.renew(mine, ttl=3600)
            assert await adapter.unlock(mine) is False
            (held,) = await adapter.locks()
            assert (held.fence, held.expires_in < 61) == (theirs.fence, True)
            assert await other.unlock(theirs) is True

    asyncio.run(main())


def asked(raw):
    """How many scripts the server was asked to run."""
    return sum(calls["calls"] for name, calls in raw.info("commandstats").items() if name.startswith("cmdstat_eval"))


def test_who_does_not_wait_asks_once(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            await adapter.lock("one", ttl=60)
            before = asked(raw)
            with pytest.raises(LockUnavailable):
                await adapter.lock("one", ttl=60, wait=0)
            assert asked(raw) == before + 1

    asyncio.run(main())


@either
def test_a_lock_whose_answer_is_lost_is_asked_for_again_and_is_the_same(shared, multiplex):
    async def main():
        async with way_to(shared) as way, opened(shared) as other:
            await other.unlock(await other.lock("another", ttl=60))  # the server knows the scripts
            adapter = RedisAdapter(HOST, way.port, multiplex=multiplex)
            await adapter.values(["nothing"])
            way.cut(b"!lone")
            lock = await adapter.lock("one", ttl=60)
            (held,) = await other.locks()
            assert (way.cuts, held.fence) == (1, lock.fence)
            way.cut(b"!lone", loses="command")
            assert await adapter.unlock(lock) is True  # the second time
            lock = await adapter.lock("one", ttl=60)
            way.cut(b"!lone")
            with pytest.raises(StoreUnavailable) as caught:
                await adapter.unlock(lock)  # it was done, but by whom the second one cannot tell
            assert (way.cuts, caught.value.sent, await other.locks()) == (1, True, [])
            await adapter.close()

    asyncio.run(main())


def test_nobody_is_told_a_token(shared, caplog):
    caplog.set_level(logging.DEBUG)

    async def main():
        async with way_to(shared) as way, opened(shared) as other:
            adapter = RedisAdapter(HOST, way.port, deadline=0.3)
            stale = await adapter.lock("two", ttl=0.001)
            await awaited_none(other)
            lock = await adapter.lock("one", ttl=60)
            said = [repr(lock), str(lock), repr(await adapter.locks()), repr(adapter)]
            way.cut(b"!lone", for_good=True)
            for attempt in (
                other.lock("one", ttl=60),
                other.renew(stale, ttl=60),
                adapter.unlock(lock),
                adapter.renew(lock, ttl=60),
            ):
                with pytest.raises((LockUnavailable, StoreUnavailable)) as caught:
                    await attempt
                error = caught.value
                while error is not None:
                    said.append(f"{error!r} {error} {getattr(error, '__notes__', '')}")
                    error = error.__cause__ or error.__context__
            await adapter.close()
            for token in (lock.token, stale.token):
                assert len(token) == 32
                assert token not in f"{said} {caplog.text}"

    asyncio.run(main())
