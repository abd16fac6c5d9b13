"""The way to one server that is well."""

import asyncio

import pytest
from redis_link import GET_SCRIPT, KEY, SECRET, SET_SCRIPT, either, link_to, run_raising, run_with
from redis_servers.server import Server

from axon.core.errors import ConfigError, StoreConflict, StoreError, StoreUnsupported


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


@either
def test_the_server_lists_connections_by_the_name_of_the_package(server, multiplex):
    async def use(link):
        (one,) = (await link.call(KEY, ("CLIENT", "LIST"))).splitlines()
        assert b"lib-name=redis-py(axon-redis_v" in one

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
