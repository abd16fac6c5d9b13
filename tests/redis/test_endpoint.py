"""What arguments, URLs, the environment and clients of redis-py say about where Redis is."""

import asyncio

import pytest
import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis_servers.address import HOST
from redis_servers.cluster import ClusterSetup
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

from axon.adapters.redis import RedisAdapter
from axon.core.errors import InvalidInput, WrongType
from axon_redis.endpoint import Endpoint
from axon_redis.link import open_link

SECRET = "p:a/s@s#w%"
QUOTED = "p%3Aa%2Fs%40s%23w%25"
KEY = b"key"


def of(*arguments, environ=None, **named):
    return Endpoint.of(*arguments, environ=environ or {}, **named)


def shown(endpoint):
    return {key: value for key, value in endpoint.settings.items() if not key.startswith("socket_")}


def test_nothing_given():
    endpoint = of()
    assert (endpoint.kind, endpoint.where, endpoint.deadline) == ("standalone", "localhost:6379", 3.0)
    assert endpoint.connection_class is Connection
    assert endpoint.settings["socket_timeout"] > 0
    assert endpoint.settings["socket_connect_timeout"] > 0


@pytest.mark.parametrize(
    ("url", "where", "settings"),
    [
        ("redis://h", "h:6379", {"host": "h", "port": 6379}),
        (f"redis://:{QUOTED}@h:1/2", "h:1", {"host": "h", "port": 1, "db": 2, "password": SECRET}),
        (
            f"redis://us%40er:{QUOTED}@[::1]:7?db=3",
            "[::1]:7",
            {"host": "::1", "port": 7, "db": 3, "username": "us@er", "password": SECRET},
        ),
        (f"unix://:{QUOTED}@/run/s?db=4", "/run/s", {"path": "/run/s", "db": 4, "password": SECRET}),
    ],
)
def test_urls_of_one_server(url, where, settings):
    endpoint = of(url)
    assert (endpoint.kind, endpoint.where, shown(endpoint)) == ("standalone", where, settings)
    assert SECRET not in repr(endpoint)
    assert QUOTED not in repr(endpoint)


def test_urls_with_tls():
    endpoint = of("rediss://h", ssl_ca_certs="ca.pem", ssl_cert_reqs="none")
    assert endpoint.ssl
    assert endpoint.connection_class is SSLConnection
    assert endpoint.settings["ssl_ca_certs"] == "ca.pem"
    assert endpoint.settings["ssl_check_hostname"] is False
    assert of(host="h", ssl=True).ssl
    assert of("unix:///s").connection_class is UnixDomainSocketConnection


def test_urls_of_sentinels():
    endpoint = of(
        f"redis+sentinel://u:{QUOTED}@h1:1,[::1]:2,h3/my%20master/5", sentinel_username="su", sentinel_password="sp"
    )
    assert endpoint.kind == "sentinel"
    assert endpoint.seeds == (("h1", 1), ("::1", 2), ("h3", 26379))
    assert endpoint.service == "my master"
    assert shown(endpoint) == {"username": "u", "password": SECRET, "db": 5}
    assert {"username": "su", "password": "sp"}.items() <= endpoint.sentinel_settings.items()
    assert endpoint.deadline == 10.0
    assert endpoint.where == "h1:1,[::1]:2,h3:26379"
    assert SECRET not in endpoint.sentinel_settings.values()
    assert of("rediss+sentinel://h:1/m").sentinel_class is SSLConnection


def test_urls_of_clusters():
    endpoint = of(f"rediss+cluster://u:{QUOTED}@h1:1,h2?socket_timeout=7", deadline=4)
    assert (endpoint.kind, endpoint.seeds, endpoint.ssl) == ("cluster", (("h1", 1), ("h2", 6379)), True)
    assert shown(endpoint) == {"username": "u", "password": SECRET}
    assert endpoint.settings["socket_timeout"] == 7
    assert endpoint.deadline == 4


@pytest.mark.parametrize(
    "url",
    [
        "", "h:6379", "http://h", f"redis://:{SECRET}@h", f"redis://:{SECRET}@h:99999", "redis://h:x", "redis://h:0x1",
        "redis+sentinel://h:1", "redis+sentinel:///m", f"redis+sentinel://:{SECRET}@h:p/m", "redis+sentinel://h/m/x",
        "redis+cluster://", "redis+cluster://h/3", f"redis://:{QUOTED}@h?nosuchoption=1", "redis://h?max_connections=0",
        "redis+cluster://h?db=3", "unix://", f"redis://:{SECRET}@h?db=x",
    ],
)  # fmt: skip
def test_urls_that_are_refused_without_being_shown(url):
    with pytest.raises(InvalidInput) as caught:
        of(url)
    chain = caught.value
    while chain is not None:
        assert "a/s@s" not in f"{chain!r}"
        assert SECRET not in f"{chain!r}"
        chain = chain.__cause__


ENVIRONMENT = {
    "REDIS_HOST": "envhost",
    "REDIS_PORT": "1",
    "REDIS_PASSWORD": SECRET,
    "REDIS_USERNAME": "envuser",
    "REDIS_DB": "2",
}


def test_the_environment():
    everything = {"host": "envhost", "port": 1, "username": "envuser", "password": SECRET, "db": 2}
    assert shown(of(environ=ENVIRONMENT)) == everything
    assert shown(of(host="h", environ=ENVIRONMENT)) == {**everything, "host": "h"}
    assert shown(of(password="own", db=3, environ=ENVIRONMENT)) == {**everything, "password": "own", "db": 3}
    url = {"REDIS_URL": "redis://urlhost:3"}
    assert shown(of(environ=url)) == {"host": "urlhost", "port": 3}
    assert shown(of(environ={**ENVIRONMENT, **url})) == {**everything, "host": "urlhost", "port": 3}
    assert shown(of("redis://h", environ={**ENVIRONMENT, **url})) == {"host": "h", "port": 6379}
    assert shown(of(host="h", environ=url)) == {"host": "h", "port": 6379}
    assert of(environ={"REDIS_URL": "redis+cluster://h:1"}).kind == "cluster"
    assert of(environ={"REDIS_PORT": "tcp://10.0.0.11:6380"}).settings["port"] == 6380


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"REDIS_PORT": "x"}, "REDIS_PORT"),
        ({"REDIS_PORT": "99999"}, "REDIS_PORT"),
        ({"REDIS_DB": "-1"}, "REDIS_DB"),
        ({"REDIS_URL": f"http://:{QUOTED}@h"}, "REDIS_URL"),
    ],
)
def test_an_environment_that_cannot_be_used(environ, named):
    with pytest.raises(InvalidInput, match=named) as caught:
        of(environ=environ)
    assert QUOTED not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"url": b"redis://h"}, "url"), ({"host": 1}, "host"), ({"password": 1}, "password"), ({"port": "1"}, "port"),
        ({"port": True}, "port"), ({"db": 1.0}, "db"), ({"max_connections": "1"}, "max_connections"),
        ({"socket_timeout": "1"}, "socket_timeout"), ({"deadline": True}, "deadline"), ({"ssl": 1}, "ssl"),
        ({"decode_responses": "yes"}, "decode_responses"), ({"client": object()}, "client"),
    ],
)  # fmt: skip
def test_wrong_types(arguments, named):
    with pytest.raises(WrongType, match=named):
        of(**arguments)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"url": "redis://h", "host": "h"}, "url or host"), ({"url": "redis://h", "port": 1}, "url or port"),
        ({"port": 0}, "port"), ({"port": 65536}, "port"), ({"db": -1}, "db"),
        ({"max_connections": 0}, "max_connections"),
        ({"socket_timeout": 0}, "socket_timeout"), ({"deadline": float("inf")}, "deadline"),
        ({"deadline": float("nan")}, "deadline"), ({"host": ""}, "host"),
        ({"ssl_ca_certs": "x"}, "ssl_ca_certs needs ssl"),
        ({"url": "rediss://h", "ssl": False}, "ssl"), ({"url": "unix:///s", "ssl": True}, "unix"),
        ({"ssl": True, "ssl_cert_reqs": "some"}, "ssl_cert_reqs"), ({"sentinel_password": "x"}, "sentinel_password"),
        ({"url": "redis+cluster://h", "db": 1}, "db"), ({"service": "m"}, "service"),
        ({"client": redis.Redis(), "host": "h"}, "client or host"),
        ({"client": redis.Redis(), "db": 1}, "client or db"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_used(arguments, named):
    with pytest.raises(InvalidInput, match=named):
        of(**arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "problem"),
    [
        ({"port": True}, WrongType, "port must be a whole number, got True"),
        ({"port": 0}, InvalidInput, "port must be from 1 to 65535, got 0"),
        ({"db": -1}, InvalidInput, "db must be at least 0, got -1"),
        ({"ssl": 1}, WrongType, "ssl must be true or false, got 1"),
        ({"deadline": "1"}, WrongType, "deadline must be a number of seconds, got '1'"),
        ({"deadline": 0}, InvalidInput, "deadline must be a number of seconds above 0, got 0"),
        ({"shards": 1.0}, WrongType, "shards must be a whole number, got 1.0"),
        ({"shards": 0}, InvalidInput, "shards must be from 1 to 1000, got 0"),
        ({"shards": 1001}, InvalidInput, "shards must be from 1 to 1000, got 1001"),
        ({"multiplex": None}, WrongType, "multiplex must be true or false, got None"),
    ],
)
def test_an_adapter_says_what_is_wrong_with_an_argument(arguments, error, problem):
    with pytest.raises(error) as caught:
        RedisAdapter(**arguments)
    assert (caught.type, str(caught.value)) == (error, problem)


def value_of(client, **arguments):
    """What a link with the settings of ``client`` reads."""

    async def main():
        link = open_link(of(client=client, **arguments))
        try:
            await link.call(KEY, ("SET", KEY, "v"))
            return await link.call(KEY, ("GET", KEY))
        finally:
            await link.close()

    return asyncio.run(main())


@pytest.mark.parametrize("module", [redis, redis.asyncio], ids=["sync", "asyncio"])
def test_the_settings_of_a_client(module):
    with Server(password=SECRET) as server:
        client = module.Redis(host=HOST, port=server.port, password=SECRET, db=3, decode_responses=True)
        assert value_of(client) == b"v"
        assert "db3" in server.info("keyspace")
        assert SECRET not in repr(of(client=client))
        url = f"redis://:{QUOTED}@{server.where}/4"
        assert value_of(module.Redis.from_url(url)) == b"v"
        assert "db4" in server.info("keyspace")


def test_a_client_that_was_given_is_not_closed(server):
    async def main():
        async with redis.asyncio.Redis(host=HOST, port=server.port) as client:
            await client.ping()
            link = open_link(of(client=client))
            await link.call(KEY, ("SET", KEY, "v"))
            await link.close()
            assert client.connection_pool._available_connections[0].is_connected

    asyncio.run(main())


def test_the_settings_of_clients_with_tls_and_unix_sockets():
    for module in (redis, redis.asyncio):
        endpoint = of(client=module.Redis(host="h", ssl=True, ssl_ca_certs="ca.pem"))
        assert endpoint.connection_class is SSLConnection
        assert endpoint.settings["ssl_ca_certs"] == "ca.pem"
        endpoint = of(client=module.Redis(unix_socket_path="/run/s"))
        assert (endpoint.connection_class, endpoint.where) == (UnixDomainSocketConnection, "/run/s")


def test_the_settings_of_sentinel_clients():
    with SentinelSetup(password="pw", sentinel_password="sp") as setup:
        addresses = [(HOST, it.port) for it in setup.sentinels]
        for module in (redis.sentinel, redis.asyncio.sentinel):
            manager = module.Sentinel(addresses, sentinel_kwargs={"password": "sp"}, password="pw")
            assert value_of(manager, service=setup.service) == b"v"
            assert value_of(manager.master_for(setup.service)) == b"v"
            with pytest.raises(InvalidInput, match="master_for"):
                of(client=manager.slave_for(setup.service))
            with pytest.raises(InvalidInput, match="service"):
                of(client=manager)


def test_the_settings_of_cluster_clients():
    with ClusterSetup(masters=2, replicas=0, password="pw") as cluster:
        port = cluster.nodes[0].port
        with redis.RedisCluster(host=HOST, port=port, password="pw") as client:
            assert value_of(client) == b"v"
        assert asyncio.run(with_cluster_client(port)) == "cluster"


async def with_cluster_client(port):
    client = redis.asyncio.RedisCluster(host=HOST, port=port, password="pw")
    link = open_link(of(client=client))
    await link.call(KEY, ("GET", KEY))
    await link.close()
    return link.endpoint.kind


def test_a_class_of_connections_that_has_no_like_in_asyncio():
    class Own(redis.Connection):
        pass

    client = redis.Redis(connection_pool=redis.ConnectionPool(connection_class=Own))
    with pytest.raises(InvalidInput, match="Own"):
        of(client=client)
