"""Which server it is: its version, its role, and whether it is the kind that was configured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from axon_redis.doctor.findings import counted, error, info, named, ok, warning

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.doctor.server import Server
    from axon_redis.endpoint import Kind

OLDEST = (6, 2)
_MUCH_LAG_S = 10


def of_identity(server: Server, kind: Kind) -> Iterator[Finding]:
    """What INFO says about who the server is."""
    yield from _version(server)
    yield from _role(server, kind)


def _version(server: Server) -> Iterator[Finding]:
    text = server.information.get("redis_version")
    if text is None:
        return
    other = server.information.get("valkey_version")
    name = f"Redis {text}" if other is None else f"Valkey {other}"
    if _numbers(text) < OLDEST:
        yield error("version", f"{name}: it lacks commands that are needed", "install Redis 6.2 or newer, or Valkey")
    else:
        yield ok("version", name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdecimal() else 0 for part in version.split(".")[:2])


def _role(server: Server, kind: Kind) -> Iterator[Finding]:
    about = server.information
    if kind != "cluster" and about.get("cluster_enabled") == "1":
        sentence = f"{server.where} is a node of a cluster and serves only some of the keys"
        yield error("role", sentence, f'url = "redis+cluster://{server.where}" in the configuration')
    role = about.get("role")
    if role == "master":
        yield from _replicas(server, kind)
    elif role is not None:
        of = f"{about.get('master_host', '?')}:{about.get('master_port', '?')}"
        link = about.get("master_link_status")
        state = "" if link in {"up", None} else f", to which its connection is {link}"
        sentence = f"{server.where} is a replica of {of}{state}: what is saved is refused"
        yield error("role", sentence, f"name {of} in the configuration, or redis+sentinel:// that finds the primary")


def _replicas(server: Server, kind: Kind) -> Iterator[Finding]:
    number = server.number("connected_slaves") or 0
    late: list[str] = []
    for place in range(number):
        fields = dict(
            part.split("=", 1) for part in server.information.get(f"slave{place}", "").split(",") if "=" in part
        )
        if fields and (fields.get("state") != "online" or int(fields.get("lag", 0)) > _MUCH_LAG_S):
            late.append(f"{fields.get('ip')}:{fields.get('port')} ({fields.get('state')}, lag {fields.get('lag')} s)")
    sentence = f"a primary with {counted(number, 'replica')}" if number else "a primary without replicas"
    if late:
        yield warning("role", f"{sentence}, of which some are behind: {named(late)}", server.cli("INFO", "replication"))
    elif number == 0 and kind != "standalone":
        sentence += ": if it fails, nothing can take its place, and all its entries are lost"
        yield warning("role", sentence, f"start another server with: --replicaof {' '.join(_place(server))}")
    elif number == 0:
        yield info("role", sentence)
    else:
        yield ok("role", sentence)


def _place(server: Server) -> tuple[str, str]:
    settings = server.node.opening.settings
    return str(settings.get("host", "HOST")), str(settings.get("port", "PORT"))
