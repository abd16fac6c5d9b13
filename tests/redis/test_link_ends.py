"""What ends around the way to a server: a call, an event loop, a process, the link itself."""

import asyncio
import gc
import os
from contextlib import suppress

import pytest
from redis_link import KEY, SET_SCRIPT, either, link_to, run_with, to_thread_until

from axon.core.errors import Closed, StoreUnavailable


@either
def test_cancelled_at_every_await(server, multiplex):
    async def use_new(ticks):
        link = link_to(server, multiplex=multiplex)
        task = asyncio.ensure_future(link.run(SET_SCRIPT, KEY, ["v"]))
        finished = await cancelled_after(task, ticks)
        assert await link.call(KEY, ("ECHO", ticks)) == b"%d" % ticks
        await link.close()
        return finished

    async def use_open():
        link = link_to(server, multiplex=multiplex)
        for ticks in range(10):
            others = [asyncio.ensure_future(link.call(KEY, ("ECHO", n))) for n in range(20)]
            pipeline = asyncio.ensure_future(link.calls(KEY, [("ECHO", "p")] * 10))
            victims = [asyncio.ensure_future(link.call(KEY, ("ECHO", "victim"))) for _ in range(20)]
            for _ in range(ticks):
                await asyncio.sleep(0)
            for victim in [*victims, pipeline, *others[::2]]:
                victim.cancel()
            survivors = others[1::2]
            assert await asyncio.gather(*survivors) == [b"%d" % n for n in range(1, 20, 2)]
            await asyncio.wait([*victims, pipeline, *others])
        assert await link.calls(KEY, [("ECHO", n) for n in range(50)]) == [b"%d" % n for n in range(50)]
        await link.close()

    async def main():
        for ticks in range(200):
            if await use_new(ticks):
                break
        await use_open()

    asyncio.run(main())
    gc.collect()


async def cancelled_after(task, ticks):
    for _ in range(ticks):
        await asyncio.sleep(0)
    if task.done():
        return True
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return False


def test_what_was_cancelled_before_it_was_written_is_not_sent(server):
    async def use(link):
        await link.calls(KEY, [("PING",)] * 2)
        # Not enough of them for a write before the end of the tick.
        calls = [asyncio.ensure_future(link.call(KEY, ("INCR", KEY))) for _ in range(20)]
        await asyncio.sleep(0)
        for task in calls[1:]:
            task.cancel()
        await asyncio.wait(calls)
        return int(await link.call(KEY, ("GET", KEY)))

    assert run_with(server, use) == 1


@either
def test_two_event_loops_one_after_the_other(server, multiplex):
    link = link_to(server, multiplex=multiplex)

    async def use():
        await link.call(KEY, ("SET", KEY, "v"))
        assert await (await link.client()).get(KEY) == b"v"
        return await asyncio.gather(*(link.call(KEY, ("GET", KEY)) for _ in range(10)))

    async def use_and_close():
        await use()
        await link.close()

    assert asyncio.run(use()) == [b"v"] * 10
    assert asyncio.run(use()) == [b"v"] * 10
    asyncio.run(use_and_close())
    gc.collect()


def test_a_link_that_nobody_closed_goes_in_silence(server):
    link = link_to(server)
    asyncio.run(link.call(KEY, ("GET", KEY)))
    del link
    gc.collect()

    async def drop():
        dropped = link_to(server)
        await dropped.call(KEY, ("GET", KEY))
        del dropped
        await to_thread_until(lambda: server.info("clients")["connected_clients"] == "1", "the end of the connection")

    asyncio.run(drop())
    gc.collect()


def test_a_forked_child_opens_a_connection_of_its_own(server):
    async def use(link):
        await link.call(KEY, ("SET", KEY, "v"))
        own = await link.call(KEY, ("CLIENT", "ID"))
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            with suppress(BaseException):
                os.write(writing, asyncio.run(of_child(link)))
                code = 0
            os._exit(code)
        os.close(writing)
        assert (await asyncio.to_thread(os.waitpid, child, 0))[1] == 0
        its = int(os.read(reading, 100))
        os.close(reading)
        assert its != own
        assert await link.call(KEY, ("CLIENT", "ID")) == own

    async def of_child(link):
        assert await link.call(KEY, ("GET", KEY)) == b"v"
        number = await link.call(KEY, ("CLIENT", "ID"))
        await link.close()
        return str(number).encode()

    run_with(server, use)


def test_a_closed_link_says_so_and_can_be_closed_again(server):
    async def use(link):
        await link.call(KEY, ("GET", KEY))
        pending = asyncio.ensure_future(link.call(KEY, ("GET", KEY)))
        await asyncio.sleep(0)
        await link.close()
        with suppress(Closed, StoreUnavailable):
            await pending
        await link.close()
        with pytest.raises(Closed):
            await link.call(KEY, ("GET", KEY))
        with pytest.raises(Closed):
            await link.calls(KEY, [("GET", KEY)])
        with pytest.raises(Closed):
            await link.client()

    run_with(server, use)
    assert server.info("clients")["connected_clients"] == "1"
