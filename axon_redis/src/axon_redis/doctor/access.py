"""The least that a user of the server needs to be permitted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from axon_redis.doctor.findings import error, info, named
from axon_redis.doctor.server import REFUSED
from axon_redis.doctor.slowlog import all_scripts
from axon_redis.keys import Keys
from axon_redis.scripts import READ

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from axon.spi import Finding
    from axon_redis.doctor.server import Server
    from axon_redis.endpoint import Endpoint
    from axon_redis.rules import Rules

_IN_LUA = re.compile(r"(?:call|chunked)\('([A-Z]+)'")
_SENT = (
    *("ping", "info", "get", "mget", "set", "exists", "dbsize", "scan", "hscan", "hmget", "type", "zcard", "hlen"),
    *("zrange", "zrevrangebylex", "unlink", "eval", "evalsha", "pttl", "llen", "wait"),
)
"""What the adapter sends itself; what its scripts call is read out of them."""


def commands(rules: Rules, endpoint: Endpoint) -> list[str]:
    """The commands that the adapter runs with these settings, as an ACL names them."""
    needed = set(_SENT)
    for script in all_scripts():
        if script is not READ or rules.notes_reads:
            needed.update(name.lower() for name in _IN_LUA.findall(script.source))
    if not rules.refresh_on_read:
        needed.discard("setrange")
    if endpoint.settings.get("db"):
        needed.add("select")
    if endpoint.settings.get("client_name"):
        needed.add("client|setname")
    if endpoint.kind == "sentinel":
        needed.add("role")
    if endpoint.kind == "cluster":
        needed |= {"cluster|slots", "asking"}
    return sorted(needed)


def patterns(rules: Rules) -> list[str]:
    """What the keys of the namespace match, and no others."""
    found = [f"{_allowed(Keys.of(rules.namespace))}*"]
    if rules.shards > 1:  # {shop#0/3}, {shop#1/3} and so on, beside {shop}:n
        found.append(re.sub(r"#0(?=/\d+}$)", "#*", _allowed(Keys.of(rules.namespace, 0, rules.shards))) + "*")
    return found


def _allowed(keys: Keys) -> str:
    """A pattern for what they begin with; ACLs take no blanks and shells no control characters: "?" for these."""
    text = keys.pattern(b"").decode()
    return "".join(c if c.isprintable() and not c.isspace() else "?" for c in text)


def rule(rules: Rules, endpoint: Endpoint) -> list[str]:
    """The rules of ``ACL SETUSER`` for a user that may do what the tier needs and nothing else.

    They only add: another tier's can be given to the same user.
    """
    return [*(f"~{pattern}" for pattern in patterns(rules)), *(f"+{name}" for name in commands(rules, endpoint))]


async def of_access(server: Server, rules: Rules, endpoint: Endpoint) -> AsyncIterator[Finding]:
    """Who we are, and who it would be enough to be."""
    configured = endpoint.settings.get("username")
    asked = await server.wish("ACL", "WHOAMI", name="acl|whoami")
    user = configured or "default" if asked is REFUSED else asked.decode(errors="replace")
    for finding in _lacking(server, user):
        yield finding
    own = user != "default"
    who = ("ACL", "SETUSER", user if own else "axon", "on", *(() if own else (">PASSWORD", "resetchannels")))
    line = server.cli(*who, *rule(rules, endpoint))
    if await _may_everything(server, user):
        sentence = f"the user {user!r} may do everything; the tier needs one that may do this and no more"
    else:
        sentence = f"all that the user {user!r} needs for this tier"
    sentence += ": " + ", ".join(patterns(rules)) + " and " + f"{len(commands(rules, endpoint))} commands"
    if endpoint.kind != "standalone":
        sentence += "; servers do not tell each other their users: every one needs it, replicas too"
    yield info("ACL", sentence, line)


async def _may_everything(server: Server, user: str) -> bool:
    reply = await server.wish("ACL", "GETUSER", user, name="acl|getuser")
    if reply is REFUSED or reply is None:
        return False
    fields = dict(zip(reply[::2], reply[1::2], strict=False))
    keys = fields.get(b"keys", b"")
    return b"+@all" in fields.get(b"commands", b"") and (b"~*" in keys or b"*" in keys)


def _lacking(server: Server, user: str) -> Iterator[Finding]:
    denied = sorted(name for name, code in server.lacking.items() if code == "NOPERM")
    unknown = sorted(name for name, code in server.lacking.items() if code != "NOPERM")
    if denied:
        sentence = f"the user {user!r} may not run {named(denied)}, or not on our keys: calls that need it fail"
        yield error("permissions", sentence, server.cli("ACL", "SETUSER", user, *(f"+{name}" for name in denied)))
    if unknown:
        sentence = f"the server does not run {named(unknown)}: calls that need it fail"
        yield error("permissions", sentence, "undo rename-command in redis.conf, or use Redis 6.2 or newer, or Valkey")


def of_withheld(servers: Sequence[Server], user: str) -> Iterator[Finding]:
    """What the examination could not find out, because it may not ask."""
    withheld = {name: code for server in servers for name, code in server.withheld.items()}
    denied = sorted(name for name, code in withheld.items() if code == "NOPERM")
    unknown = sorted(name for name, code in withheld.items() if code != "NOPERM")
    if denied:
        sentence = f"may not ask {', '.join(map(_spoken, denied))}: this examination leaves out what these would tell"
        yield info("permissions", sentence, servers[0].cli("ACL", "SETUSER", user, *(f"+{name}" for name in denied)))
    if unknown:
        sentence = f"the server does not answer {', '.join(map(_spoken, unknown))}, as managed services often do"
        yield info("permissions", f"{sentence}: this examination leaves out what these would tell")


def _spoken(name: str) -> str:
    return name.upper().replace("|", " ")
