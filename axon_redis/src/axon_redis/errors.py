"""The errors that the caller of a command gets when it has no result."""

from __future__ import annotations

from collections.abc import Callable

from axon.core.errors import (
    AxonError,
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
from axon_redis.failures import Failure


def explained(failure: Failure, where: str, *, repeatable: bool = True) -> AxonError:
    """The error to raise for ``failure`` at the server ``where``."""
    where = failure.where or where
    make = _EXPLANATIONS.get(failure.code)
    if make is None:
        return StoreError(f"Redis at {where} answered: {_shown(failure.message)}")
    ran = _NOT_SENT
    if failure.sent:
        ran = _UNKNOWN if repeatable else _NOT_REPEATED
    return make(failure, where, ran)


_NOT_SENT = "The command did not run"
_UNKNOWN = "Whether the command ran is not known"
_NOT_REPEATED = f"{_UNKNOWN}; it was not tried again, because it must not run twice"


def _shown(message: str) -> str:
    """``message`` without the arguments that servers repeat; those are a caller's data."""
    return message.split(", with args beginning with", maxsplit=1)[0][:300]


def _down(text: str) -> Callable[[Failure, str, str], AxonError]:
    def make(failure: Failure, where: str, ran: str) -> AxonError:
        message = text.format(where=where, said=_shown(failure.message))
        return StoreUnavailable(f"{message} {ran}.", sent=failure.sent)

    return make


def _late(text: str) -> Callable[[Failure, str, str], AxonError]:
    return lambda failure, where, ran: StoreTimeout(f"{text.format(where=where)} {ran}.", sent=failure.sent)


def _other(kind: type[AxonError], text: str) -> Callable[[Failure, str, str], AxonError]:
    return lambda failure, where, _: kind(text.format(where=where, said=_shown(failure.message)))


_LISTS_ITS_SLOTS = (
    "Redis at {where} is a node of a cluster and serves only some of the keys ({said}): "
    "give its url as redis+cluster://HOST:PORT"
)

_EXPLANATIONS: dict[str, Callable[[Failure, str, str], AxonError]] = {
    "REFUSED": _down(
        "Nothing answers at {where}: the connection was refused. Check that Redis is running "
        "(docker ps | grep redis) and that host and port are right (redis-cli ping gives PONG)."
    ),
    "UNRESOLVED": _down("The name of {where} has no address ({said}): check the host and the DNS."),
    "UNREACHABLE": _late(
        "Redis at {where} could not be reached in time: check the host, the port and the firewall, and whether the "
        "server is busy or frozen; socket_connect_timeout says how long one attempt may take."
    ),
    "UNFINDABLE": _down("{said}"),
    "LOST": _down("The connection to Redis at {where} was lost ({said})."),
    "LATE": _late(
        "Redis at {where} did not answer in time: something slow may run there (redis-cli SLOWLOG GET 10 shows it); "
        "socket_timeout says how long a reply may take."
    ),
    "OVERLOADED": _other(
        StoreOverloaded,
        "Too many commands wait for Redis at {where} already ({said}); this one was not sent. Do less at once.",
    ),
    "MAXCLIENTS": _other(
        StoreOverloaded,
        "Redis at {where} has as many clients as it takes; the command did not run. "
        "Raise maxclients there, or connect from fewer processes.",
    ),
    "LOADING": _down("Redis at {where} is still loading its data; it answers when that is done."),
    "BUSY": _down(
        "Redis at {where} is busy with a script that does not end: redis-cli SCRIPT KILL ends it, if it has not "
        "written yet."
    ),
    "READONLY": _down("Redis at {where} is a replica and takes no writes: give the address of the primary."),
    "UNBLOCKED": _down("Redis at {where} became a replica while something waited there."),
    "MASTERDOWN": _down("Redis at {where} is a replica that has lost its primary and serves no old data."),
    "MISCONF": _down(
        "Redis at {where} refuses writes because it cannot save its data to the disk: see its log, make room there, "
        "or set stop-writes-on-bgsave-error no."
    ),
    "NOREPLICAS": _down(
        "Redis at {where} refuses writes because too few replicas are connected (min-replicas-to-write)."
    ),
    "CLUSTERDOWN": _down(
        "The cluster of {where} does not serve the key now ({said}): a node is down, or slots have no node."
    ),
    "TRYAGAIN": _down("The cluster of {where} moves the keys to another node just now ({said})."),
    "MOVED": _other(ConfigError, _LISTS_ITS_SLOTS),
    "ASK": _other(ConfigError, _LISTS_ITS_SLOTS),
    "DB": _other(
        ConfigError,
        "Redis at {where} does not have that db ({said}): a cluster has only db 0, others as many as `databases` says",
    ),
    "NOSERVICE": _other(ConfigError, "{said}"),
    "NOTACLUSTER": _other(ConfigError, "Redis at {where} is no node of a cluster: give its url as redis://HOST:PORT"),
    "OOM": _other(
        StoreFull,
        "Redis at {where} has reached its maxmemory and may evict nothing (redis-cli INFO memory): raise maxmemory, "
        "or set a policy that evicts, such as maxmemory-policy allkeys-lru. Nothing was stored.",
    ),
    "NOAUTH": _other(StoreAuthError, "Redis at {where} wants a password: give one (password=..., or REDIS_PASSWORD)"),
    "WRONGPASS": _other(
        StoreAuthError,
        "Redis at {where} refused the username or the password: check both, and that the user is enabled; a server "
        "that has no password wants none",
    ),
    "NOPERM": _other(
        StoreAuthError,
        "Redis at {where} does not permit the command to this user ({said}): extend what its ACL grants "
        "(redis-cli ACL GETUSER NAME)",
    ),
    "DENIED": _other(
        StoreAuthError,
        "Redis at {where} runs in protected mode and takes no connection from this machine: set a password there, or "
        "bind it to this network on purpose",
    ),
    "TLS": _other(
        ConfigError,
        "Redis at {where} was reached, but TLS failed ({said}): check that the port speaks TLS, ssl_ca_certs, and the "
        "name in the certificate",
    ),
    "OPENING": _other(StoreError, "The connection to Redis at {where} could not be opened: {said} was raised"),
    "WRONGTYPE": _other(
        StoreConflict, "A key of ours holds something else in Redis at {where} ({said}): choose another namespace"
    ),
    "UNSUPPORTED": _other(
        StoreUnsupported,
        "Redis at {where} does not know a command that is needed ({said}): Redis 6.2 or newer, or Valkey, has it, "
        "unless it was renamed away",
    ),
    "CROSSSLOT": _other(
        StoreError, "Redis at {where} got keys of several slots in one command; this is a mistake of Axon's"
    ),
}  # fmt: skip
