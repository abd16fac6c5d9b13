"""The reply to a command that is alone on its connection: its task goes on at once; all else is as with a future."""

from __future__ import annotations

import asyncio

import pytest

from axon_redis.failures import Failure
from axon_redis.reply import Reply


def in_a_loop(main):
    asyncio.run(asyncio.wait_for(main(), 10))


def replied():
    return Reply(loop=asyncio.get_running_loop())


def test_the_task_goes_on_before_whoever_gave_the_result():
    async def main():
        reply, told = replied(), []

        async def wait():
            told.append(await reply)

        def give():
            reply.set_result("a value")
            told.append("given")

        task = asyncio.create_task(wait())
        asyncio.get_running_loop().call_soon(give)
        await task
        assert told == ["a value", "given"]

    in_a_loop(main)


def test_a_failure_may_come_from_within_a_task():
    async def main():
        reply = replied()
        waiting = asyncio.create_task(asyncio.wait_for(reply, 5))
        await asyncio.sleep(0)
        failure = Failure("gone", "LOST")
        reply.set_result(failure)
        assert await waiting is failure

    in_a_loop(main)


def test_one_that_is_there_already_is_given():
    async def main():
        reply = replied()
        reply.set_result(7)
        assert await reply == 7
        assert await asyncio.gather(reply, reply) == [7, 7]

    in_a_loop(main)


@pytest.mark.parametrize("result", [b"OK", Failure("gone", "LOST")])
def test_all_who_wait_are_told(result):
    async def main():
        reply = replied()
        waiting = [asyncio.create_task(asyncio.wait_for(asyncio.shield(reply), 5)) for _ in range(3)]
        done = asyncio.create_task(asyncio.wait([reply]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(reply.set_result, result)
        assert await asyncio.gather(*waiting) == [result] * 3
        assert (await done)[0] == {reply}

    in_a_loop(main)


def test_a_task_that_is_cancelled_ends_and_cancels_it():
    async def main():
        reply = replied()

        async def wait():
            await reply

        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert reply.done()
        assert reply.cancelled()

    in_a_loop(main)


def test_a_timeout_leaves_one_that_is_shielded():
    async def main():
        reply = replied()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(reply), 0.01)
        assert not reply.done()
        asyncio.get_running_loop().call_soon(reply.set_result, 3)
        assert await reply == 3

    in_a_loop(main)


def test_who_no_longer_wants_to_be_told_is_not():
    async def main():
        reply, told = replied(), []

        def first(_):
            told.append("first")

        def second(_):
            told.append("second")

        for call in (first, second, second):
            reply.add_done_callback(call)
        assert reply.remove_done_callback(first) == 1
        assert reply.remove_done_callback(second) == 2
        reply.set_result(1)
        await asyncio.sleep(0)
        assert not told

    in_a_loop(main)
