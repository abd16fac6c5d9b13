"""Connections: how many there are, how many there may be, and how many we take."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from axon_redis.doctor.findings import counted, ok, warning
from axon_redis.doctor.server import REFUSED
from axon_redis.multiplexer import Multiplexer
from axon_redis.pooled import DEFAULT_CONNECTIONS

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.doctor.server import Server
    from axon_redis.endpoint import Endpoint

_MANY = 0.8


async def of_connections(server: Server, endpoint: Endpoint) -> AsyncIterator[Finding]:
    """Clients against maxclients, and those that were turned away."""
    now = server.number("connected_clients")
    if now is None:
        return
    most = server.number("maxclients")
    if most is None:
        reply = await server.wish("CONFIG", "GET", "maxclients", name="config|get")
        most = int(reply[1]) if reply is not REFUSED and len(reply) > 1 else None
    if isinstance(server.node.carrier, Multiplexer):
        ours = "multiplexed: each process has one connection"
    else:
        ours = f"pooled: each process has up to {endpoint.max_connections or DEFAULT_CONNECTIONS} connections"
    of = "" if most is None else f" of at most {most:,}"
    sentence = f"{counted(now, 'client')}{of}; {ours}"
    refused = server.number("rejected_connections") or 0
    if refused:
        sentence += f"; {counted(refused, 'connection')} {'was' if refused == 1 else 'were'} refused since its start"
    if most is not None and (refused or now >= _MANY * most):
        fix = server.cli("CONFIG", "SET", "maxclients", str(2 * most))
        yield warning("connections", sentence, f"{fix}, or connect from fewer processes")
    else:
        yield ok("connections", sentence)
