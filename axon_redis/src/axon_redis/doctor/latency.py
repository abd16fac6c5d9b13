"""How long a command takes, and whose clock is right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import perf_counter
from typing import TYPE_CHECKING

from axon_redis.doctor.findings import ok, warning
from axon_redis.doctor.server import REFUSED

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.doctor.server import Server
    from axon_redis.rules import Rules

_PINGS = 50
_LONGEST_S = 1.0
_SLOW_MS = 5.0
_SKEWED_S = 1.0


async def of_latency(server: Server) -> AsyncIterator[Finding]:
    """Half a hundred PINGs, one after the other, or as many as go into a second."""
    times: list[float] = []
    began = perf_counter()
    while len(times) < _PINGS and (not times or perf_counter() - began < _LONGEST_S):
        start = perf_counter()
        if await server.ask("PING") is REFUSED:
            return
        times.append((perf_counter() - start) * 1000)
    times.sort()
    middle, high = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
    sentence = f"{server.where} answers PING in {middle:.2f} ms (p50), {high:.2f} ms (p99 of {len(times)})"
    if middle > _SLOW_MS:
        fix = f"run the application near the server; {server.cli('--latency')} shows what the network takes"
        yield warning("latency", f"{sentence}: a call takes one or two of these", fix)
    else:
        yield ok("latency", sentence)


async def of_clock(server: Server, rules: Rules) -> AsyncIterator[Finding]:
    """Whether the clocks agree: entries expire by both."""
    start = perf_counter()
    reply = await server.ask("TIME")
    if reply is REFUSED:
        return
    trip = perf_counter() - start
    seconds = int(reply[0]) + int(reply[1]) / 1_000_000
    ahead = seconds + trip / 2 - rules.now().timestamp()
    if abs(ahead) > _SKEWED_S + trip:
        which = "ahead of" if ahead > 0 else "behind"
        sentence = (
            f"the server's clock is {abs(ahead):.1f} s {which} this machine's: entries expire by both, so too early"
        )
        yield warning("clock", sentence, "set both by NTP: timedatectl set-ntp true")
