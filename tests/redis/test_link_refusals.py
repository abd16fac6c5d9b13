"""The way to a server that answers, but with a refusal."""

import asyncio
import socket
import threading
from contextlib import suppress

import pytest
from redis_link import KEY, SECRET, SET_SCRIPT, either, run_raising, run_with
from redis_servers.address import HOST
from redis_servers.patience import wait_until
from redis_servers.server import Server

from axon.core.errors import StoreAuthError, StoreFull, StoreOverloaded, StoreUnavailable, StoreUnsupported


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
