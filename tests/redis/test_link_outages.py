"""The way to a server that is gone, goes, hangs or comes back."""

import asyncio
import itertools

import pytest
from redis_link import GET_SCRIPT, KEY, SECRET, SET_SCRIPT, either, run_raising, run_with, to_thread_until
from redis_servers.address import HOST
from redis_servers.server import Server

from axon.core.errors import StoreTimeout, StoreUnavailable
from axon_redis.endpoint import Endpoint
from axon_redis.link import open_link


async def until(condition):
    while not condition():  # noqa: ASYNC110 - what other tasks count
        await asyncio.sleep(0)


@either
def test_refused(multiplex):
    server = Server()
    error = run_raising(server, multiplex=multiplex, deadline=0.2, password=SECRET)
    assert isinstance(error, StoreUnavailable)
    assert not error.sent
    assert server.where in str(error)
    assert "docker ps | grep redis" in str(error)
    server.close()


def test_a_name_that_nobody_knows():
    url = f"redis://:{SECRET}@no-such-host.invalid"

    async def main():
        link = open_link(Endpoint.of(url, deadline=0.2))
        with pytest.raises(StoreUnavailable, match=r"no-such-host\.invalid:6379") as caught:
            await link.call(KEY, ("GET", KEY))
        await link.close()
        assert not caught.value.sent
        assert SECRET not in str(caught.value)

    asyncio.run(main())


@either
def test_a_command_that_may_have_run_is_not_repeated_unless_it_may_be(server, multiplex):
    async def use(link):
        await link.call(KEY, ("PING",))
        server.freeze()
        once = asyncio.ensure_future(link.call(KEY, ("INCR", KEY), repeatable=False))
        often = asyncio.ensure_future(link.call(KEY, ("GET", KEY)))
        for _ in range(5):
            await asyncio.sleep(0)
        server.kill()
        with pytest.raises(StoreUnavailable, match=r"lost.*not known.*must not run twice") as caught:
            await once
        assert caught.value.sent
        server.start()
        assert await often is None

    run_with(server, use, multiplex=multiplex)


def test_that_the_last_attempt_was_not_sent_does_not_hide_that_an_earlier_one_was(server):
    async def use(link):
        await link.call(KEY, ("PING",))
        server.freeze()
        call = asyncio.ensure_future(link.call(KEY, ("SET", KEY, 1)))
        for _ in range(5):
            await asyncio.sleep(0)
        server.kill()
        with pytest.raises(StoreUnavailable, match=r"refused.*not known") as caught:
            await call
        assert caught.value.sent

    run_with(server, use, deadline=0.3)


@either
def test_a_frozen_server(server, multiplex):
    async def use(link):
        await link.call(KEY, ("SET", KEY, 0))
        server.freeze()
        with pytest.raises(StoreTimeout, match=f"{server.where} did not answer in time.*SLOWLOG") as caught:
            await link.call(KEY, ("INCR", KEY), repeatable=False)
        assert caught.value.sent
        with pytest.raises(StoreTimeout):
            await link.call(KEY, ("GET", KEY))
        server.thaw()
        assert await link.call(KEY, ("GET", KEY)) in {b"0", b"1"}

    run_with(server, use, multiplex=multiplex, socket_timeout=0.2, socket_connect_timeout=0.2, deadline=0.6)


def test_a_reply_is_late_by_its_own_age_whatever_others_get():
    """A server that answers one command after the other, but ever later."""

    async def main():
        async def serve(reader, writer):
            try:
                await reader.readuntil(b"LIB-NAME")
                await reader.readuntil(b"LIB-VER")
                writer.write(b"+OK\r\n+OK\r\n")
                for number in itertools.count():
                    await asyncio.sleep(0.05)
                    writer.write(b":%d\r\n" % number)
                    await writer.drain()
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.transport.abort()

        async with await asyncio.start_server(serve, HOST, 0) as fake:
            port = fake.sockets[0].getsockname()[1]
            link = open_link(Endpoint.of(host=HOST, port=port, socket_timeout=0.3, deadline=0.3, environ={}))
            calls = [link.call(KEY, ("GET", KEY), repeatable=False) for _ in range(50)]
            answers = await asyncio.gather(*calls, return_exceptions=True)
            await link.close()
            return answers

    answers = asyncio.run(main())
    assert answers[0] == 0
    assert isinstance(answers[-1], StoreTimeout)
    assert answers[-1].sent


@either
def test_killed_under_load_and_started_again(server, multiplex):
    async def use(link):
        done, stop = 0, False

        async def work(number):
            nonlocal done
            while not stop:
                await link.call(KEY, ("SET", b"%d" % number, number))
                done += 1

        workers = [asyncio.ensure_future(work(number)) for number in range(32)]
        for _ in range(2):
            before = done
            await until(lambda: done >= before + 200)  # noqa: B023
            await asyncio.to_thread(server.restart)
        before = done
        await until(lambda: done >= before + 200)
        stop = True
        await asyncio.gather(*workers)

    run_with(server, use, multiplex=multiplex)


def test_an_empty_server_after_a_restart_gets_the_scripts_again(server):
    async def use(link):
        commands = [SET_SCRIPT.command(KEY, ["v"]), GET_SCRIPT.command(KEY)]
        assert await link.calls(KEY, commands) == [b"OK", b"v"]
        await asyncio.to_thread(server.restart)
        assert await link.run(GET_SCRIPT, KEY) is None
        assert await link.calls(KEY, commands) == [b"OK", b"v"]

    run_with(server, use)


@either
def test_an_idle_connection_that_the_server_closes_is_opened_again(server, multiplex):
    async def use(link):
        await link.call(KEY, ("SET", KEY, "v"))
        await asyncio.to_thread(server.call, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await to_thread_until(lambda: server.info("clients")["connected_clients"] == "1", "the end of the connection")
        assert await link.call(KEY, ("INCRBY", b"n", 1), repeatable=False) == 1

    run_with(server, use, multiplex=multiplex)
