"""Why a command has no result."""

from __future__ import annotations

import re
import socket
import ssl

import redis.exceptions as raised

MAX_CLIENTS = "max number of clients reached"

TRANSIENT = frozenset({
    *("LOADING", "BUSY", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS"),
    *("MAXCLIENTS", "MOVED", "ASK", "UNBLOCKED"),
    *("LOST", "LATE", "REFUSED", "UNRESOLVED", "UNREACHABLE", "UNFINDABLE"),
})  # fmt: skip
"""What may be over when the command is tried again; those of the last line are not servers' words."""

ELSEWHERE = frozenset({"READONLY", "MASTERDOWN", "MAXCLIENTS", "UNFINDABLE"})
"""What another connection, perhaps to another server, may do away with."""

_IN_SCRIPT = re.compile(r"ERR Error running script .*?: -([A-Z]+ .*)", re.DOTALL)
"""How servers before 7.0 tell of an error that stopped a script; since then it is told like any other."""

_CLASSES: tuple[tuple[type[Exception], str], ...] = (
    (raised.BusyLoadingError, "LOADING"),
    (raised.NoPermissionError, "NOPERM"),
    (raised.AuthenticationError, "WRONGPASS"),
    (raised.ReadOnlyError, "READONLY"),
    (raised.MasterDownError, "MASTERDOWN"),
    (raised.ClusterDownError, "CLUSTERDOWN"),
    (raised.TryAgainError, "TRYAGAIN"),
    (raised.MovedError, "MOVED"),
    (raised.AskError, "ASK"),  # the base of the one before
    (raised.NoScriptError, "NOSCRIPT"),
    (raised.ExecAbortError, "EXECABORT"),
    (raised.ClusterCrossSlotError, "CROSSSLOT"),
    *(((raised.OutOfMemoryError, "OOM"),) if hasattr(raised, "OutOfMemoryError") else ()),
)
"""redis-py takes the code off the message of these."""


class Failure:
    """What a command gets instead of a reply; hiredis makes one of each error reply.

    ``code`` is the first word of the server's message, or one of ours; ``sent`` says whether the command may have
    run. ``since`` is the time of the loop at which it was written, where that is long ago; ``where`` is the server,
    where it is not the one that was to get the command.
    """

    __slots__ = ("code", "message", "sent", "since", "where")

    def __init__(
        self,
        message: str = "",
        code: str | None = None,
        *,
        sent: bool = False,
        since: float | None = None,
        where: str | None = None,
    ) -> None:
        script = _IN_SCRIPT.match(message)
        if script is not None:
            message = script[1]
        self.message = message
        self.code = code or _code(message)
        # A script that met a key which has moved away in the middle of its work has done half of it.
        self.sent = sent or "non local key" in message
        self.since = since
        self.where = where

    def __repr__(self) -> str:
        return f"Failure({self.message!r}, {self.code!r}, sent={self.sent})"

    def may_pass(self, *, repeatable: bool) -> bool:
        """Whether trying again can help and does no harm."""
        return self.code in TRANSIENT and (repeatable or not self.sent)


def _code(message: str) -> str:  # noqa: PLR0911 - a list of cases
    code = message.split(" ", 1)[0]
    if code in {"ERR", "Error"}:
        lowered = message.lower()
        if MAX_CLIENTS in lowered:
            return "MAXCLIENTS"
        if "non local key" in lowered:
            return "TRYAGAIN"
        if "unknown command" in lowered or "unknown redis command" in lowered:
            return "UNSUPPORTED"
        if "invalid password" in lowered or ("auth" in lowered and "password" in lowered):
            return "WRONGPASS"
        if "acl failure" in lowered or "can't run this command" in lowered or "can't access" in lowered:
            return "NOPERM"
        if "db index is out of range" in lowered or "select is not allowed" in lowered:
            return "DB"
    return code


def failure_of(error: BaseException, *, sent: bool) -> Failure:
    """What redis-py or the system raised. ``sent`` is for a connection that broke; error replies know better."""
    answer = _answer(error)
    return _broken(error, sent=sent) if answer is None else answer


def _answer(error: BaseException) -> Failure | None:
    """The error reply that redis-py has made an exception of."""
    if isinstance(error, raised.AuthenticationError) and "required" in str(error).lower():
        return Failure(f"NOAUTH {error}", "NOAUTH")
    for kind, code in _CLASSES:
        if isinstance(error, kind):
            return Failure(f"{code} {error}", code)
    if isinstance(error, raised.ResponseError):
        return Failure(str(error) if str(error).split(" ", 1)[0].isupper() else f"ERR {error}")
    return Failure(MAX_CLIENTS, "MAXCLIENTS") if MAX_CLIENTS in str(error) else None


def _broken(error: BaseException, *, sent: bool) -> Failure:
    """What happened to a connection."""
    cause = _cause(error)
    if isinstance(cause, ssl.SSLError):
        return Failure(getattr(cause, "verify_message", "") or cause.reason or "handshake failed", "TLS")
    if isinstance(cause, socket.gaierror):
        return Failure(cause.strerror or "unknown host", "UNRESOLVED")
    if isinstance(error, raised.TimeoutError) or isinstance(cause, TimeoutError):
        return Failure("", "LATE" if sent else "UNREACHABLE", sent=sent)
    if isinstance(cause, ConnectionRefusedError | FileNotFoundError) or "Connect call failed" in str(error):
        return Failure(getattr(cause, "strerror", None) or "refused", "REFUSED")
    if isinstance(error, raised.ConnectionError | OSError | EOFError):
        return Failure(getattr(cause, "strerror", None) or "closed by the other side", "LOST", sent=sent)
    # Of a credential provider, for instance; its text may hold a secret.
    return Failure(type(error).__name__, "OPENING", sent=sent)


def _cause(error: BaseException) -> BaseException:
    """The error of the system under one of redis-py."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and not isinstance(seen, raised.RedisError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
