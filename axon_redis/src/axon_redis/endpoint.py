"""Which server, sentinels or cluster there is to talk to, and how: from arguments, a URL or the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from attrs import evolve, field, frozen
from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection

from axon.core.errors import InvalidInput, shown
from axon.core.quantities import check_flag, check_whole
from axon_redis.checking import check_text, check_timeout
from axon_redis.opening import Opening, place
from axon_redis.opening import where as where_of
from axon_redis.urls import read_url

Kind: TypeAlias = Literal["standalone", "sentinel", "cluster"]

DEFAULT_TIMEOUT_S = 2.0
DEFAULT_CONNECT_TIMEOUT_S = 1.0
DEFAULT_DEADLINE_S: dict[Kind, float] = {"standalone": 3.0, "sentinel": 10.0, "cluster": 10.0}
_BOUNDS = {"port": (1, 65535), "db": (0, None), "max_connections": (1, None)}


@frozen(kw_only=True)
class Endpoint:
    """What :func:`axon_redis.link.open_link` opens. Its repr shows no secret.

    ``settings`` are keyword arguments of ``connection_class``, a class of redis-py; ``seeds`` are hosts and ports of
    sentinels, or of nodes of a cluster. ``deadline`` is for how many seconds a command is tried.
    """

    kind: Kind
    connection_class: type[AbstractConnection] = field(repr=False, default=Connection)
    settings: Mapping[str, Any] = field(repr=False)
    seeds: tuple[tuple[str, int], ...] = ()
    service: str | None = None
    sentinel_class: type[AbstractConnection] = field(repr=False, default=Connection)
    sentinel_settings: Mapping[str, Any] = field(repr=False, factory=dict)
    max_connections: int | None = None
    deadline: float

    @property
    def where(self) -> str:
        """For messages: hosts and ports."""
        if self.kind == "standalone":
            return where_of(self.connection_class, self.settings)
        return ",".join(place(host, port) for host, port in self.seeds)

    @property
    def ssl(self) -> bool:
        """Whether connections are encrypted."""
        return issubclass(self.connection_class, SSLConnection)

    @classmethod
    def of(
        cls,
        url: str | None = None,
        *,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        db: int | None = None,
        max_connections: int | None = None,
        decode_responses: bool = False,
        ssl: bool | None = None,
        ssl_ca_certs: str | None = None,
        ssl_certfile: str | None = None,
        ssl_keyfile: str | None = None,
        ssl_cert_reqs: str | None = None,
        ssl_check_hostname: bool | None = None,
        socket_timeout: float | None = None,
        socket_connect_timeout: float | None = None,
        deadline: float | None = None,
        sentinel_username: str | None = None,
        sentinel_password: str | None = None,
        service: str | None = None,
        client: Any = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Endpoint:
        """What these say; what they leave open, the environment: ``REDIS_URL``, ``REDIS_HOST`` and so on.

        Nothing of the environment is mixed into a ``url`` or a ``client`` that was given. ``username``, ``password``,
        ``db`` and the settings of TLS and of time go before those in a URL. ``client`` is one of redis-py, asyncio or
        not, whose settings are used. ``service`` is for a ``Sentinel`` that is given as one. ``decode_responses`` is
        accepted because redis-py has it; it changes nothing. :class:`InvalidInput` names the argument that is wrong.
        """
        texts = {
            "url": url, "host": host, "username": username, "password": password, "ssl_ca_certs": ssl_ca_certs,
            "ssl_certfile": ssl_certfile, "ssl_keyfile": ssl_keyfile, "ssl_cert_reqs": ssl_cert_reqs,
            "sentinel_username": sentinel_username, "sentinel_password": sentinel_password, "service": service,
        }  # fmt: skip
        for name, text in _set(texts).items():
            check_text(text, name)
        flags = {"decode_responses": decode_responses, "ssl": ssl, "ssl_check_hostname": ssl_check_hostname}
        for name, flag in _set(flags).items():
            check_flag(flag, name)
        for name, number in _set({"port": port, "db": db, "max_connections": max_connections}).items():
            least, most = _BOUNDS[name]
            check_whole(number, name, least=least, most=most)
        times = {
            "socket_timeout": socket_timeout, "socket_connect_timeout": socket_connect_timeout, "deadline": deadline,
        }  # fmt: skip
        for name, seconds in _set(times).items():
            check_timeout(seconds, name)
        if ssl_cert_reqs not in {None, "none", "optional", "required"}:
            raise InvalidInput(f"ssl_cert_reqs must be none, optional or required, got {shown(ssl_cert_reqs)}")

        given = _set({"username": username, "password": password, "db": db})
        if client is not None:
            from axon_redis.clients import endpoint_of_client

            _refuse_beside("client", url=url, host=host, port=port, ssl=ssl, **given)
            endpoint = endpoint_of_client(client, service)
        elif url is not None:
            _refuse_beside("url", host=host, port=port)
            endpoint = read_url(url, "url")
        else:
            endpoint = _of_environment(environ, _set({"host": host, "port": port}))

        tls = {
            "ssl_ca_certs": ssl_ca_certs, "ssl_certfile": ssl_certfile, "ssl_keyfile": ssl_keyfile,
            "ssl_cert_reqs": ssl_cert_reqs, "ssl_check_hostname": ssl_check_hostname,
        }  # fmt: skip
        endpoint = _with_tls(endpoint, _set(tls), ssl=ssl)
        settings = {**endpoint.settings, **_set({**given, **times, "deadline": None})}
        sentinel = _set({"username": sentinel_username, "password": sentinel_password})
        endpoint = evolve(
            endpoint,
            settings=_completed(settings, endpoint.deadline),
            sentinel_settings=_completed(
                {**endpoint.sentinel_settings, **sentinel}, endpoint.deadline, bound=DEFAULT_CONNECT_TIMEOUT_S
            ),
            **_set({"max_connections": max_connections, "deadline": deadline}),
        )
        if sentinel and endpoint.kind != "sentinel":
            raise InvalidInput("sentinel_username and sentinel_password are for redis+sentinel:// only")
        if service is not None and endpoint.service != service:
            raise InvalidInput("service is for a client that is a Sentinel; a redis+sentinel:// URL has it as its path")
        _try_out(endpoint)
        return endpoint


def _refuse_beside(name: str, **others: object) -> None:
    for other, value in others.items():
        if value is not None:
            raise InvalidInput(f"give either {name} or {other}: both say where Redis is and who asks")


def _set(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _of_environment(environ: Mapping[str, str], given: dict[str, Any]) -> Endpoint:
    """What the environment says; ``given`` is a host, a port, both or nothing."""
    url = environ.get("REDIS_URL")
    if url and not given:
        endpoint = read_url(url, "REDIS_URL")
        return evolve(endpoint, settings={**endpoint.settings, **_missing(environ, endpoint.settings)})
    host = given.get("host") or environ.get("REDIS_HOST") or "localhost"
    port = given.get("port") or _port(environ.get("REDIS_PORT"))
    settings = {"host": host, "port": port, **_missing(environ, {})}
    return Endpoint(kind="standalone", settings=settings, deadline=DEFAULT_DEADLINE_S["standalone"])


def _missing(environ: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the environment says about what ``settings`` leave open."""
    found: dict[str, Any] = {
        name: environ[variable]
        for name, variable in (("username", "REDIS_USERNAME"), ("password", "REDIS_PASSWORD"))
        if environ.get(variable) and not settings.get("password")
    }
    db = environ.get("REDIS_DB")
    if db and "db" not in settings:
        if not (db.isascii() and db.isdecimal()):
            raise InvalidInput(f"the environment variable REDIS_DB must be a whole number, got {shown(db)}")
        found["db"] = int(db)
    return found


def _port(text: str | None) -> int:
    if not text:
        return 6379
    # Kubernetes sets this one for a service that is named redis: tcp://10.0.0.11:6379
    number = text.rpartition(":")[2] if text.startswith("tcp://") else text
    if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= 65535):
        raise InvalidInput(f"the environment variable REDIS_PORT must be from 1 to 65535, got {shown(text)}")
    return int(number)


def _with_tls(endpoint: Endpoint, tls: dict[str, Any], *, ssl: bool | None) -> Endpoint:
    if ssl is False and endpoint.ssl:
        raise InvalidInput("ssl=False contradicts a rediss:// URL")
    if ssl and not endpoint.ssl:
        if issubclass(endpoint.connection_class, UnixDomainSocketConnection):
            raise InvalidInput("ssl is not for a unix socket")
        endpoint = evolve(endpoint, connection_class=SSLConnection, sentinel_class=SSLConnection)
    if not tls:
        return endpoint
    if not endpoint.ssl:
        raise InvalidInput(f"{next(iter(tls))} needs ssl=True or a rediss:// URL")
    if tls.get("ssl_cert_reqs") == "none":  # there is no name to check in what is not looked at
        tls.setdefault("ssl_check_hostname", False)
    sentinel_tls = tls if issubclass(endpoint.sentinel_class, SSLConnection) else {}
    return evolve(
        endpoint,
        settings={**endpoint.settings, **tls},
        sentinel_settings={**endpoint.sentinel_settings, **sentinel_tls},
    )


def _completed(settings: dict[str, Any], deadline: float, *, bound: float | None = None) -> dict[str, Any]:
    """With a bound on all waiting: what redis-py leaves open waits for ever in some of its versions."""
    settings = {**settings}
    timeout = settings.get("socket_timeout") or bound or DEFAULT_TIMEOUT_S
    settings["socket_timeout"] = min(timeout, deadline)  # one attempt takes no longer than all of them may
    settings["socket_connect_timeout"] = settings.get("socket_connect_timeout") or DEFAULT_CONNECT_TIMEOUT_S
    return settings


def _try_out(endpoint: Endpoint) -> None:
    """Make a connection, which does not connect, to see what redis-py thinks of its settings."""
    if endpoint.kind == "cluster" and endpoint.settings.get("db"):
        raise InvalidInput(f"db must be 0 for a cluster, got {endpoint.settings['db']}")
    try:
        Opening(endpoint.connection_class, endpoint.settings).connection()
    except Exception as error:
        # Only what a TypeError says about names is known to hold no value.
        detail = f": {error}" if isinstance(error, TypeError) and "keyword argument" in str(error) else ""
        raise InvalidInput(f"redis-py does not take these settings of a connection{detail}") from None
