"""Clients of redis-py: the settings of one that a program has, and one of our own for what must have a connection."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import redis
import redis.asyncio
import redis.asyncio.cluster
import redis.asyncio.connection as connections
import redis.asyncio.sentinel
import redis.connection as blocking
import redis.sentinel
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from axon.core.errors import InvalidInput, WrongType
from axon_redis.parting import part_from
from axon_redis.pooled import DEFAULT_CONNECTIONS

if TYPE_CHECKING:
    from axon_redis.endpoint import Endpoint

_SENTINELS = (redis.asyncio.sentinel.Sentinel, redis.sentinel.Sentinel)
_SENTINEL_POOLS = (redis.asyncio.sentinel.SentinelConnectionPool, redis.sentinel.SentinelConnectionPool)
_CLUSTERS = (redis.asyncio.RedisCluster, redis.RedisCluster)

_NEVER_TAKEN = frozenset({
    "connection_class", "connection_pool", "decode_responses", "host", "parser_class", "port", "protocol",
    "redis_connect_func", "response_callbacks", "retry", "retry_on_error", "retry_on_timeout", "server_type",
})  # fmt: skip
"""Settings that belong to the client itself or which we set."""

_INSISTED_ON = ("credential_provider", "ssl_")
"""Beginnings of settings without which a connection must not be opened."""


def endpoint_of_client(client: Any, service: str | None) -> Endpoint:
    """The servers and settings of a client of redis-py, which itself is left alone."""
    if isinstance(client, _CLUSTERS):
        return _cluster(client)
    if isinstance(client, _SENTINELS):
        if service is None:
            raise InvalidInput("client is a Sentinel: give its service too, or client=sentinel.master_for(SERVICE)")
        return _sentinel(client, service, client.connection_kwargs)
    pool = getattr(client, "connection_pool", None)
    if not isinstance(client, redis.Redis | redis.asyncio.Redis) or pool is None:
        raise WrongType(
            "client must be a Redis, Sentinel or RedisCluster of redis-py, asyncio or not, "
            f"got a {type(client).__name__}"
        )
    if isinstance(pool, _SENTINEL_POOLS):
        if not pool.is_master:
            raise InvalidInput("client is for replicas, which take no writes: give sentinel.master_for(SERVICE)")
        return _sentinel(pool.sentinel_manager, pool.service_name, pool.connection_kwargs, pool.connection_class)
    return _standalone(pool)


def _standalone(pool: Any) -> Endpoint:
    connection_class = _class_for(pool.connection_class)
    settings = _settings(pool.connection_kwargs, connection_class)
    if not issubclass(connection_class, connections.UnixDomainSocketConnection):
        settings["host"] = pool.connection_kwargs.get("host") or "localhost"
        settings["port"] = int(pool.connection_kwargs.get("port") or 6379)
    return _endpoint("standalone", connection_class, settings)


def _sentinel(manager: Any, service: str, kwargs: Mapping[str, Any], managed: Any = None) -> Endpoint:
    pools = [sentinel.connection_pool for sentinel in manager.sentinels]
    if not pools:
        raise InvalidInput("client is a Sentinel without any sentinel")
    tls = kwargs.get("ssl") or (isinstance(managed, type) and "SSL" in managed.__name__)
    connection_class = connections.SSLConnection if tls else connections.Connection
    sentinel_class = _class_for(pools[0].connection_class)
    return _endpoint(
        "sentinel",
        connection_class,
        _settings({key: value for key, value in kwargs.items() if key != "ssl"}, connection_class),
        seeds=tuple((pool.connection_kwargs["host"], int(pool.connection_kwargs["port"])) for pool in pools),
        service=service,
        sentinel_class=sentinel_class,
        sentinel_settings=_settings(pools[0].connection_kwargs, sentinel_class),
    )


def _cluster(client: Any) -> Endpoint:
    manager = client.nodes_manager
    kwargs = getattr(client, "connection_kwargs", None) or manager.connection_kwargs
    tls = "SSL" in getattr(kwargs.get("connection_class"), "__name__", "") or kwargs.get("ssl")
    connection_class = connections.SSLConnection if tls else connections.Connection
    settings = _settings({key: value for key, value in kwargs.items() if key not in {"ssl", "db"}}, connection_class)
    seeds = tuple((node.host, int(node.port)) for node in manager.startup_nodes.values())
    return _endpoint("cluster", connection_class, settings, seeds=seeds)


def _class_for(given: Any) -> Any:
    """The asyncio class for the connections of a client; a program's own asyncio class stays what it is."""
    if isinstance(given, type) and issubclass(given, connections.AbstractConnection):
        return given
    for kind, ours in (
        (blocking.SSLConnection, connections.SSLConnection),
        (blocking.UnixDomainSocketConnection, connections.UnixDomainSocketConnection),
        (blocking.Connection, connections.Connection),
    ):
        if given is kind:
            return ours
    raise InvalidInput(
        f"client opens connections of the class {getattr(given, '__name__', given)}, which has no like in asyncio: "
        "give a client of redis.asyncio"
    )


def _settings(kwargs: Mapping[str, Any], connection_class: Any) -> dict[str, Any]:
    """What ``connection_class`` takes of ``kwargs``, without what only makes sense in the client they are of."""
    known = {
        name
        for base in connection_class.__mro__
        if "__init__" in vars(base)
        for name in inspect.signature(vars(base)["__init__"]).parameters
    }
    settings: dict[str, Any] = {}
    for name, value in kwargs.items():
        if name in _NEVER_TAKEN or "maint" in name or name.startswith(("orig_", "himport")):
            continue
        if name in known:
            settings[name] = value
        elif value and name.startswith(_INSISTED_ON):
            raise InvalidInput(
                f"client has the setting {name}, which redis.asyncio does not know: give one of its clients"
            )
    return settings


def _endpoint(kind: Any, connection_class: Any, settings: dict[str, Any], **others: Any) -> Endpoint:
    from axon_redis.endpoint import DEFAULT_DEADLINE_S, Endpoint

    return Endpoint(
        kind=kind, connection_class=connection_class, settings=settings, deadline=DEFAULT_DEADLINE_S[kind], **others
    )


def client_of(endpoint: Endpoint) -> Any:
    """A new asyncio client of redis-py for one server or a cluster, which gives bytes and repeats nothing."""
    once: dict[str, Any] = {"protocol": 2, "retry": Retry(NoBackoff(), 0), "decode_responses": False}
    settings: dict[str, Any] = {**endpoint.settings, **once}
    # Blocking commands wait longer than any reply may take otherwise; they bring their own timeouts.
    settings["socket_timeout"] = None
    if endpoint.kind == "cluster":
        nodes = [redis.asyncio.cluster.ClusterNode(host, port) for host, port in endpoint.seeds]
        known = inspect.signature(redis.asyncio.RedisCluster.__init__).parameters
        taken = {name: value for name, value in settings.items() if name in known and name != "db"}
        return redis.asyncio.RedisCluster(startup_nodes=nodes, ssl=endpoint.ssl, **taken)
    pool = connections.BlockingConnectionPool(
        connection_class=endpoint.connection_class,
        max_connections=endpoint.max_connections or DEFAULT_CONNECTIONS,
        timeout=None,
        **settings,
    )
    return _closing(redis.asyncio.Redis(connection_pool=pool))


def _closing(client: Any) -> Any:
    """``client`` so that closing it closes its pool, which redis-py leaves to whoever made that."""
    client.auto_close_connection_pool = True
    return client


def leave_client(client: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Close the connections of a client whose ``loop`` is no more, which it cannot do itself."""
    manager = getattr(client, "nodes_manager", None)
    owners = [client.connection_pool] if manager is None else list(manager.nodes_cache.values())
    for owner in owners:
        for name in ("_available_connections", "_in_use_connections", "_connections", "_free"):
            for connection in list(getattr(owner, name, ())):
                part_from(connection, loop)
