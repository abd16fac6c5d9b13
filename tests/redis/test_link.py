"""The way to one server, whatever happens to that server."""

import asyncio
import gc
import itertools
import os
import socket
import ssl
import threading
from contextlib import suppress

import pytest
from redis_servers import HOST, Server, wait_until

from axon.core.errors import (
    Closed,
    ConfigError,
    StoreAuthError,
    StoreConflict,
    StoreError,
    StoreFull,
    StoreOverloaded,
    StoreTimeout,
    StoreUnavailable,
    StoreUnsupported,
)
from axon_redis.endpoint import Endpoint
from axon_redis.link import Script, open_link

KEY = b"key"
SECRET = "s3cr3t-of-the-server"
GET_SCRIPT = Script("get", "return redis.call('GET', KEYS[1])")
SET_SCRIPT = Script("set", "return redis.call('SET', KEYS[1], ARGV[1])")

either = pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])


def link_to(server, *, multiplex=True, **arguments):
    arguments = {"host": HOST, "port": server.port, "environ": {}, **arguments}
    return open_link(Endpoint.of(**arguments), multiplex=multiplex)


def run_with(server, use, *, multiplex=True, **arguments):
    """What ``use(link)`` returns, on a link that is closed afterwards."""

    async def main():
        link = link_to(server, multiplex=multiplex, **arguments)
        try:
            return await use(link)
        finally:
            await link.close()

    return asyncio.run(main())


def run_raising(server, command=("GET", KEY), *, repeatable=True, **arguments):
    """The error of a command."""

    async def use(link):
        with pytest.raises(Exception) as caught:
            await link.call(KEY, command, repeatable=repeatable)
        return caught.value

    error = run_with(server, use, **arguments)
    seen = error
    while seen is not None:
        assert SECRET not in f"{seen!r} {seen}"
        seen = seen.__cause__ or seen.__context__
    return error


async def until(condition):
    while not condition():  # noqa: ASYNC110 - what other tasks count
        await asyncio.sleep(0)


async def to_thread_until(condition, what):
    return await asyncio.to_thread(wait_until, condition, what)


# What goes well


@either
@pytest.mark.parametrize("binary", ["valkey-9", "redis-6.2"])
def test_replies_are_those_of_the_protocol_whatever_decode_responses_says(binary, multiplex):
    async def use(link):
        assert await link.call(KEY, ("SET", KEY, b"\xff")) == b"OK"
        assert await link.call(KEY, ("GET", KEY)) == b"\xff"
        assert await link.call(KEY, ["GET", "no such key"]) is None
        assert await link.call(KEY, ("INCRBY", b"n", 5)) == 5
        assert await link.call(KEY, ("ZADD", b"z", 1.5, "m")) == 1
        assert await link.call(KEY, ("ZRANGE", b"z", 0, -1, "WITHSCORES")) == [b"m", b"1.5"]
        assert await link.call(KEY, ("HGETALL", b"h")) == []
        assert await link.run(SET_SCRIPT, KEY, ["v"]) == b"OK"
        assert await link.run(GET_SCRIPT, KEY) == b"v"

    with Server(binary) as server:
        run_with(server, use, multiplex=multiplex, decode_responses=True)


@either
def test_a_pipeline_gives_its_replies_in_order_and_raises_the_first_error_when_all_are_read(server, multiplex):
    async def use(link):
        await link.call(KEY, ("SET", KEY, "text"))
        commands = [("SET", b"a", 1), ("INCR", KEY), ("SET", b"b", 2), ("LPUSH", KEY, 1)]
        with pytest.raises(StoreError, match="not an integer"):
            await link.calls(KEY, commands)
        assert await link.calls(KEY, [("GET", b"a"), ("GET", b"b"), ("GET", b"c")]) == [b"1", b"2", None]
        assert await link.calls(KEY, []) == []

    run_with(server, use, multiplex=multiplex)


def test_an_error_fails_only_the_command_that_it_answers(server):
    async def use(link):
        await link.call(KEY, ("SET", KEY, "text"))

        async def one(number):
            if number % 3 == 0:
                with pytest.raises(StoreConflict, match=f"{server.where}.*another namespace"):
                    await link.call(KEY, ("LPUSH", KEY, number))
                return None
            return await link.call(KEY, ("ECHO", number))

        answers = await asyncio.gather(*map(one, range(3000)))
        assert answers == [None if n % 3 == 0 else b"%d" % n for n in range(3000)]

    run_with(server, use)


@either
def test_a_script_is_sent_in_full_where_the_server_does_not_know_it(server, multiplex):
    async def use(link):
        for _ in range(2):
            await link.run(SET_SCRIPT, KEY, ["v"])
            assert await link.calls(KEY, [GET_SCRIPT.command(KEY), ("GET", KEY), GET_SCRIPT.command(KEY)]) == [b"v"] * 3
            await link.call(KEY, ("SCRIPT", "FLUSH"))
        assert await link.calls(KEY, [GET_SCRIPT.command(KEY), SET_SCRIPT.command(KEY, ["w"])]) == [b"v", b"OK"]
        await link.call(KEY, ("SCRIPT", "FLUSH"))
        assert await asyncio.gather(*(link.run(GET_SCRIPT, KEY) for _ in range(100))) == [b"w"] * 100

    run_with(server, use, multiplex=multiplex)


@either
def test_256_callers_share_one_connection_without_an_error(server, multiplex):
    async def use(link):
        async def one(number):
            key = b"%d" % number
            await link.call(key, ("SET", key, number))
            return await link.call(key, ("GET", key))

        assert await asyncio.gather(*map(one, range(256))) == [b"%d" % n for n in range(256)]
        return int((await link.call(KEY, ("INFO", "clients"))).split(b"connected_clients:")[1].split()[0])

    assert run_with(server, use, multiplex=multiplex, max_connections=1) == 1


@either
def test_a_large_pipeline_and_a_reply_of_100_megabytes(server, multiplex):
    size = 100 * 2**20

    async def use(link):
        replies = await link.calls(KEY, [("SET", f"k{n}", b"x" * 1000) for n in range(20_000)])
        assert replies == [b"OK"] * 20_000
        await link.call(KEY, ("SETRANGE", KEY, size - 1, "x"))
        large, small = await asyncio.gather(link.call(KEY, ("GET", KEY)), link.call(KEY, ("GET", b"k1")))
        assert len(large) == size
        assert small == b"x" * 1000
        assert await link.call(KEY, ("SET", KEY, large)) == b"OK"

    run_with(server, use, multiplex=multiplex)


def test_a_transaction_in_one_pipeline(server):
    async def use(link):
        replies = await link.calls(KEY, [("MULTI",), ("SET", KEY, 1), GET_SCRIPT.command(KEY), ("EXEC",)])
        assert replies == [b"OK", b"QUEUED", b"QUEUED", [b"OK", b"1"]]

    run_with(server, use)


@either
def test_a_unix_socket(tmp_path, multiplex):
    path = tmp_path / "socket"
    with Server(None, "--unixsocket", path) as server:

        async def use(link):
            await link.call(KEY, ("SET", KEY, 1))
            assert link.where(KEY) == str(path)
            return await link.call(KEY, ("GET", KEY))

        url = f"unix://{path}?db=3"
        assert run_with(server, use, url=url, host=None, port=None, multiplex=multiplex) == b"1"


def test_the_db_is_the_one_that_was_asked_for(server):
    async def use(link):
        await link.call(KEY, ("SET", KEY, "here"))

    run_with(server, use, db=7)
    assert "db7" in server.info("keyspace")
    error = run_raising(server, db=1000)
    assert isinstance(error, ConfigError)
    assert "databases" in str(error)


# TLS


class TlsFront:
    """Speaks TLS on a port of its own, and in plain with the server behind it."""

    def __init__(self, server, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate / "server.pem", certificate / "server.key")
        self.server = server

    async def __aenter__(self):
        self.tasks = set()
        self.front = await asyncio.start_server(self.serve, HOST, 0, ssl=self.context)
        self.port = self.front.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.front.close()
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        inner_reader, inner_writer = await asyncio.open_connection(HOST, self.server.port)
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self.copy(reader, inner_writer), self.copy(inner_reader, writer))
        writer.transport.abort()
        inner_writer.transport.abort()

    async def copy(self, reader, writer):
        try:
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@either
def test_tls(server, certificate, multiplex):
    async def main():
        async with TlsFront(server, certificate) as front:
            settings = {"host": HOST, "port": front.port, "ssl": True, "environ": {}}
            link = open_link(Endpoint.of(**settings, ssl_ca_certs=str(certificate / "ca.pem")), multiplex=multiplex)
            value = os.urandom(2**20)
            await link.call(KEY, ("SET", KEY, value))
            assert await asyncio.gather(*(link.call(KEY, ("GET", KEY)) for _ in range(20))) == [value] * 20
            await link.close()

            link = open_link(Endpoint.of(**settings), multiplex=multiplex)
            with pytest.raises(ConfigError, match=rf"127.0.0.1:{front.port}.*TLS failed.*ssl_ca_certs"):
                await link.call(KEY, ("GET", KEY))
            await link.close()

    asyncio.run(main())


# A server that is not there, or not well


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


def test_a_server_that_loads_its_data_is_waited_for():
    with Server(None, "--key-load-delay", 400, "--loading-process-events-interval-bytes", 1024) as server:
        server.call("EVAL", "for i = 1, 2500 do redis.call('SET', i, string.rep('x', 2000)) end", 0)
        server.call("SAVE")
        server.kill()
        server.start(wait=False)
        with suppress(Exception):
            wait_until(lambda: "LOADING" in reply_to_ping(server), "LOADING", patience=5)
        error = run_raising(server, deadline=0.05)
        assert isinstance(error, StoreUnavailable)
        assert not error.sent
        assert "loading its data" in str(error)

        async def use(link):
            return await link.call(KEY, ("GET", "1"))

        assert run_with(server, use, deadline=20) == b"x" * 2000


def reply_to_ping(server):
    with socket.create_connection((HOST, server.port), 1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(100).decode()


def test_a_script_without_an_end():
    with Server(None, "--lua-time-limit", 20) as server:
        endless = threading.Thread(target=run_endless, args=[server])
        endless.start()
        wait_until(lambda: "BUSY" in reply_to_ping(server), "BUSY")
        error = run_raising(server, deadline=0.1)
        assert isinstance(error, StoreUnavailable)
        assert not error.sent
        assert "SCRIPT KILL" in str(error)

        async def use(link):
            waiting = asyncio.ensure_future(link.call(KEY, ("INCR", KEY), repeatable=False))
            await asyncio.to_thread(server.call, "SCRIPT", "KILL")
            return await waiting

        assert run_with(server, use) == 1
        endless.join()


def run_endless(server):
    with suppress(Exception):
        server.call("EVAL", "while true do end", 0, timeout=30)


@pytest.mark.parametrize("binary", ["valkey-9", "redis-6.2"])
def test_a_full_server_says_so_and_still_gives_what_it_has(binary):
    with Server(binary, "--maxmemory", "3mb", "--maxmemory-policy", "noeviction") as server:

        async def use(link):
            calls = (link.call(KEY, ("SET", f"k{number}", b"x" * 10_000)) for number in range(1000))
            with pytest.raises(StoreFull, match=rf"{server.where}.*maxmemory.*allkeys-lru"):
                await asyncio.gather(*calls)
            # What the calls took on their way is free again, which may be room enough for one more.
            server.call("CONFIG", "SET", "maxmemory", 1_000_000)
            with pytest.raises(StoreFull):
                await link.run(SET_SCRIPT, KEY, [b"x" * 10_000])
            assert len(await link.call(KEY, ("GET", "k0"))) == 10_000

        run_with(server, use)


@either
@pytest.mark.parametrize("binary", ["valkey-9", "redis-6.2"])
def test_a_replica_takes_no_writes(binary, multiplex):
    with Server(binary) as primary, Server(binary, "--replicaof", HOST, primary.port) as replica:
        wait_until(lambda: replica.info("replication")["master_link_status"] == "up", "the replica")
        error = run_raising(replica, ("SET", KEY, 1), repeatable=False, deadline=0.1, multiplex=multiplex)
        assert isinstance(error, StoreUnavailable)
        assert not error.sent
        assert "is a replica" in str(error)

        async def use(link):
            with pytest.raises(StoreUnavailable, match="is a replica"):
                await link.run(SET_SCRIPT, KEY, ["v"], repeatable=False)
            promoted = asyncio.ensure_future(link.call(KEY, ("SET", KEY, 1), repeatable=False))
            await asyncio.to_thread(replica.call, "REPLICAOF", "NO", "ONE")
            return await promoted

        assert run_with(replica, use, multiplex=multiplex, deadline=1) == b"OK"


@either
def test_passwords_and_permissions(multiplex):
    with Server(password=SECRET) as server:
        error = run_raising(server, multiplex=multiplex)
        assert isinstance(error, StoreAuthError)
        assert "REDIS_PASSWORD" in str(error)
        error = run_raising(server, multiplex=multiplex, password=f"not {SECRET}")
        assert isinstance(error, StoreAuthError)
        assert "refused the username or the password" in str(error)

        server.call("ACL", "SETUSER", "reader", "on", f">{SECRET}", "~*", "+get")
        settings = {"username": "reader", "password": SECRET, "multiplex": multiplex}
        error = run_raising(server, ("SET", KEY, 1), **settings)
        assert isinstance(error, StoreAuthError)
        assert "ACL GETUSER" in str(error)

        async def use(link):
            return await link.call(KEY, ("GET", KEY))

        assert run_with(server, use, **settings) is None


def test_a_password_for_a_server_that_has_none(server):
    error = run_raising(server, password=SECRET)
    assert isinstance(error, StoreAuthError)


def test_a_server_with_as_many_clients_as_it_takes():
    with Server(None, "--maxclients", 1) as server, socket.create_connection((HOST, server.port)) as one:
        one.sendall(b"PING\r\n")
        assert one.recv(100).startswith(b"+PONG")
        error = run_raising(server, deadline=0.5)
        assert isinstance(error, StoreOverloaded)
        assert "maxclients" in str(error)

        async def use(link):
            waiting = asyncio.ensure_future(link.call(KEY, ("GET", KEY)))
            await asyncio.sleep(0)
            one.shutdown(socket.SHUT_RDWR)
            return await waiting

        assert run_with(server, use) is None


def test_a_command_that_the_server_does_not_know(server):
    error = run_raising(server, ("NOSUCHCOMMAND", SECRET))
    assert isinstance(error, StoreUnsupported)
    assert "6.2" in str(error)


# Too much at once


def test_who_comes_when_the_socket_is_full_waits_and_nothing_is_sent_for_it(server):
    async def use(link):
        await link.call(KEY, ("PING",))
        server.freeze()
        value = b"x" * 2**20
        calls = [asyncio.ensure_future(link.call(KEY, ("SET", KEY, value))) for _ in range(20)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        last = asyncio.ensure_future(link.call(KEY, ("SET", b"last", 1), repeatable=False))
        with pytest.raises(StoreOverloaded, match="not sent"):
            await last
        waiting = asyncio.ensure_future(link.call(KEY, ("SET", b"waiting", 1), repeatable=False))
        await asyncio.sleep(0)
        server.thaw()
        assert await asyncio.gather(*calls) == [b"OK"] * 20
        assert await waiting == b"OK"
        assert await link.call(KEY, ("EXISTS", b"last")) == 0

    run_with(server, use, deadline=0.3, socket_timeout=10)


def test_more_commands_in_one_tick_than_may_be_pending(server, monkeypatch):
    monkeypatch.setattr("axon_redis.multiplexer.MOST_PENDING", 2000)

    async def use(link):
        await link.call(KEY, ("PING",))
        replies = await asyncio.gather(*(link.call(KEY, ("INCR", KEY), repeatable=False) for _ in range(20_000)))
        assert sorted(replies) == list(range(1, 20_001))

    run_with(server, use, deadline=60, socket_timeout=60)


# Cancellation, loops, processes, the end


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


def test_a_client_for_what_blocks(server):
    async def use(link):
        client = await link.client()
        blocked = asyncio.ensure_future(client.blpop("list", timeout=20))
        await asyncio.sleep(0)
        assert await link.call(KEY, ("RPUSH", b"list", "x")) == 1
        assert await blocked == (b"list", b"x")
        assert await link.client() is client

    run_with(server, use)
    assert server.info("clients")["connected_clients"] == "1"


def test_the_primaries_are_there_to_be_looked_at(server):
    async def use(link):
        (node,) = await link.primaries()
        assert node.where == server.where == link.where(KEY)
        assert await node.call("PING") == b"PONG"
        with pytest.raises(StoreUnsupported):
            await node.call("NOSUCHCOMMAND")

    run_with(server, use)


def test_no_secret_in_any_repr(server):
    link = link_to(server, password=SECRET, username="somebody")
    (node,) = asyncio.run(link.primaries())
    assert SECRET not in f"{link!r} {link.endpoint!r} {node!r} {node.opening!r}"
