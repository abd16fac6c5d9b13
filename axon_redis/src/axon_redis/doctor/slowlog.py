"""What took the server long."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any

from axon_redis import scripts
from axon_redis.commands import Script
from axon_redis.doctor.findings import counted, info, ok, span, warning
from axon_redis.doctor.server import REFUSED

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.doctor.server import Server

SLOW_US = 10_000
_ASKED_FOR = 128


async def of_slow_log(server: Server, bases: Sequence[bytes]) -> AsyncIterator[Finding]:
    """Commands above 10 ms; those with a key that begins like one of ``bases`` are ours."""
    threshold = await _threshold(server)
    if threshold is not None and not 0 <= threshold <= SLOW_US:
        how = "off" if threshold < 0 else f"set to {threshold / 1000:,.0f} ms"
        fix = server.cli("CONFIG", "SET", "slowlog-log-slower-than", str(SLOW_US))
        yield info("slow log", f"it is {how}: what holds up all clients goes unseen", fix)
        return
    entries = await server.wish("SLOWLOG", "GET", _ASKED_FOR, name="slowlog|get")
    if entries is REFUSED:
        return
    slow = [entry for entry in entries if entry[2] > SLOW_US]
    if not slow:
        yield ok("slow log", f"no command took more than {SLOW_US // 1000} ms lately")
        return
    ours = [entry for entry in slow if _is_ours(entry, bases)]
    longest = max(slow, key=lambda entry: int(entry[2]))
    now = server.number("server_time_usec")
    last = "" if now is None else f", the last one {span(max(0, now / 1e6 - max(entry[1] for entry in slow)))} ago"
    sentence = (
        f"{counted(len(slow), 'command')} took more than {SLOW_US // 1000} ms, and all clients waited{last}; "
        f"{len(ours)} of these {'was' if len(ours) == 1 else 'were'} of this tier; "
        f"the longest took {longest[2] / 1000:,.0f} ms: {_name(longest)}"
    )
    yield warning("slow log", sentence, f"{server.cli('SLOWLOG', 'GET', '10')} shows whose they are")


async def _threshold(server: Server) -> int | None:
    reply = await server.wish("CONFIG", "GET", "slowlog-log-slower-than", name="config|get")
    return int(reply[1]) if reply is not REFUSED and len(reply) > 1 else None


def _is_ours(entry: list[Any], bases: Sequence[bytes]) -> bool:
    return any(argument.startswith(base) for argument in entry[3][1:] for base in bases)


def _name(entry: list[Any]) -> str:
    """The command, without its arguments, which are a caller's data."""
    command, *arguments = entry[3]
    name: str = command.decode(errors="replace").upper()
    if name == "EVALSHA" and arguments:
        known = {script.sha: script.name for script in all_scripts()}
        script = known.get(arguments[0].decode(errors="replace"))
        return f"EVALSHA, a script{'' if script is None else f' of ours: {script}'}"
    return name


def all_scripts() -> list[Script]:
    """Every script of the adapter."""
    return [value for value in vars(scripts).values() if isinstance(value, Script)]
