"""URLs of servers, sentinels and clusters; redis-py reads what they are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection, parse_url

from axon.core.errors import InvalidInput

if TYPE_CHECKING:
    from axon_redis.endpoint import Endpoint

_FORMS = {
    "redis": "redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]",
    "rediss": "rediss://[[USER]:PASSWORD@]HOST[:PORT][/DB]",
    "unix": "unix://[[USER]:PASSWORD@]/PATH[?db=DB]",
    "redis+sentinel": "redis+sentinel://[[USER]:PASSWORD@]HOST:PORT,HOST:PORT/SERVICE[/DB]",
    "rediss+sentinel": "rediss+sentinel://[[USER]:PASSWORD@]HOST:PORT,HOST:PORT/SERVICE[/DB]",
    "redis+cluster": "redis+cluster://[[USER]:PASSWORD@]HOST:PORT,HOST:PORT",
    "rediss+cluster": "rediss+cluster://[[USER]:PASSWORD@]HOST:PORT,HOST:PORT",
}
_NOT_OURS = ("connection_class", "decode_responses", "protocol", "retry", "retry_on_error", "retry_on_timeout")


def read_url(url: str, name: str) -> Endpoint:
    """What ``url`` says; ``name`` is where it comes from. An error shows none of it: it may hold a password."""
    scheme, separator, _ = url.partition("://")
    if not separator or scheme not in _FORMS:
        raise InvalidInput(f"{name} must begin with one of {', '.join(f'{each}://' for each in _FORMS)}")
    _check_encoding(url, name)
    try:
        if scheme.endswith("+sentinel"):
            return _sentinel(url)
        if scheme.endswith("+cluster"):
            return _cluster(url)
        return _standalone(url)
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from None
    except Exception:
        # Not chained: the parser's message can hold a part of the password.
        raise InvalidInput(
            f"{name} cannot be read: write it as {_FORMS[scheme]}, with special characters of the password as %XX"
        ) from None


def _check_encoding(url: str, name: str) -> None:
    """Refuse characters that end the user part of a URL where they stand in a password: half of it would be a host."""
    before, at, rest = url.partition("://")[2].rpartition("@")
    if "#" in url or (at and any(character in before for character in "/?@")) or (not at and "@" in rest):
        raise InvalidInput(
            f"{name} holds a character that ends the user or the password: write @ as %40, # as %23, / as %2F, ? as %3F"
        )


def _standalone(url: str) -> Endpoint:
    settings = _parsed(url)
    connection_class = settings.pop("class")
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    if not url.startswith("unix://") and path and not path.isdecimal():
        raise InvalidInput("what follows the host is the number of a database, such as /0")
    if issubclass(connection_class, UnixDomainSocketConnection):
        if not settings.get("path"):
            raise InvalidInput("it has no path")
    else:
        settings.setdefault("host", "localhost")
        settings.setdefault("port", 6379)
    return _endpoint("standalone", connection_class, settings)


def _sentinel(url: str) -> Endpoint:
    scheme, user, hosts, path, query = _pieces(url)
    service, _, db = path.partition("/")
    if not service:
        raise InvalidInput("it has no service: write it after the hosts, as in redis+sentinel://HOST:26379/mymaster")
    if db and not db.isdecimal():
        raise InvalidInput("its db is no integer")
    parsed = [_parsed(f"{scheme}://{user}{host}/{db}{query}") for host in hosts]
    settings, connection_class, seeds = _common(parsed, 26379)
    # The password in the URL is that of the servers; sentinels have one of their own, or none.
    sentinel = {key: value for key, value in settings.items() if key.startswith(("ssl_", "socket_"))}
    return _endpoint(
        "sentinel", connection_class, settings, seeds=seeds, service=unquote(service), sentinel_settings=sentinel
    )


def _cluster(url: str) -> Endpoint:
    scheme, user, hosts, path, query = _pieces(url)
    if path.strip("/") not in {"", "0"}:
        raise InvalidInput("a cluster has only db 0")
    settings, connection_class, seeds = _common([_parsed(f"{scheme}://{user}{host}{query}") for host in hosts], 6379)
    return _endpoint("cluster", connection_class, settings, seeds=seeds)


def _pieces(url: str) -> tuple[str, str, list[str], str, str]:
    """Scheme without what follows its plus, user with password and ``@``, hosts, path, query with its ``?``."""
    scheme, _, rest = url.partition("://")
    rest, mark, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    split = [host for host in hosts.split(",") if host]
    if not split:
        raise InvalidInput("it has no host")
    return scheme.partition("+")[0], user + at, split, path, mark + query


def _common(parsed: list[dict[str, Any]], port: int) -> tuple[dict[str, Any], Any, tuple[tuple[str, int], ...]]:
    seeds = tuple((each.pop("host", "localhost"), each.pop("port", port)) for each in parsed)
    settings = parsed[0]
    return settings, settings.pop("class"), seeds


def _parsed(url: str) -> dict[str, Any]:
    parsed: dict[str, Any] = dict(parse_url(url))
    connection_class = parsed.get("connection_class", Connection)
    if not 1 <= parsed.get("port", 1) <= 65535:
        raise InvalidInput("its port is out of range")
    return {**{key: value for key, value in parsed.items() if key not in _NOT_OURS}, "class": connection_class}


def _endpoint(kind: Any, connection_class: Any, settings: dict[str, Any], **others: Any) -> Endpoint:
    from axon_redis.endpoint import DEFAULT_DEADLINE_S, Endpoint

    most = settings.pop("max_connections", None)
    if most is not None and most < 1:
        raise InvalidInput(f"its max_connections must be at least 1, is {most}")
    tls = issubclass(connection_class, SSLConnection)
    return Endpoint(
        kind=kind,
        connection_class=connection_class,
        settings=settings,
        sentinel_class=SSLConnection if tls else Connection,
        max_connections=most,
        deadline=DEFAULT_DEADLINE_S[kind],
        **others,
    )
