"""Memory: how much there is, and what happens when it is full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from axon_redis.doctor.findings import counted, error, info, ok, percent, size, span, warning
from axon_redis.keys import Keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from axon.spi import Finding
    from axon_redis.doctor.server import Server
    from axon_redis.rules import Rules

_NEARLY_FULL = 0.9
_POLICY = ("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
_DOUBLED = "CONFIG", "SET", "maxmemory"


def of_memory(server: Server, *, undying: bool | None) -> Iterator[Finding]:
    """What INFO says; ``undying``: whether this namespace has entries without a TTL, ``None`` if that is not known."""
    used, most = server.number("used_memory"), server.number("maxmemory")
    if used is None or most is None:
        return
    policy = server.information.get("maxmemory_policy", "")
    # What replicas and the log of writes wait for does not count when the server decides what to evict.
    used -= server.number("mem_not_counted_for_evict") or 0
    if not most:
        yield _unlimited(server, used)
        return
    yield from _fullness(server, used, most, policy)
    yield from _policy(server, policy, undying=undying)
    yield from _evictions(server, most)


def _unlimited(server: Server, used: int) -> Finding:
    machine = server.number("total_system_memory")
    of = "" if not machine else f" of the {size(machine)} of its machine"
    sentence = f"{size(used)}{of} are used and maxmemory is not set: the server takes more until the system kills it"
    enough = f"{max(1, round((machine or 4e9) / 2e9))}gb"
    fix = f"{server.cli(*_DOUBLED, enough)} (or what this machine can spare), then {server.cli(*_POLICY)}"
    return warning("memory", sentence, f"{fix}; write both into redis.conf too")


def _fullness(server: Server, used: int, most: int, policy: str) -> Iterator[Finding]:
    sentence = f"{size(used)} of the maxmemory of {size(most)} are used ({percent(used, most)})"
    more = server.cli(*_DOUBLED, str(2 * most))
    if policy != "noeviction" or used < _NEARLY_FULL * most:
        yield ok("memory", sentence)
    elif used >= most:
        yield error("memory", f"{sentence}, and maxmemory-policy is noeviction: saves fail with StoreFull", more)
    else:
        yield warning("memory", f"{sentence}, and maxmemory-policy is noeviction: saves will fail soon", more)


def _policy(server: Server, policy: str, *, undying: bool | None) -> Iterator[Finding]:
    better = server.cli(*_POLICY)
    match policy:
        case "noeviction":
            sentence = "noeviction: nothing goes before its time, and saves fail with StoreFull when memory is full"
            yield info("eviction policy", sentence, f"{better}, if saves must go on and old entries may go")
        case "allkeys-random" | "volatile-random":
            sentence = (
                f"{policy}: when memory is full it evicts the index as soon as any entry; each time the index is made "
                f"anew, by going through all {counted(_keys(server), 'key')} of the server, while readers wait"
            )
            yield warning("eviction policy", sentence, better)
        case "volatile-lru" | "volatile-lfu" | "volatile-ttl" if undying:
            sentence = (
                f"{policy}: entries without a TTL are never evicted, and this namespace has some; "
                "when only such are left, saves fail with StoreFull"
            )
            yield warning("eviction policy", sentence, f"{better}, or give every entry a TTL (default_ttl)")
        case "volatile-lru" | "volatile-lfu":
            sentence = (
                f"{policy}: what was not used for long goes first; the index stays, entries without a TTL stay too"
            )
            yield ok("eviction policy", sentence)
        case "volatile-ttl":
            sentence = f"{policy}: what would expire next goes first; the index stays, entries without a TTL stay too"
            yield ok("eviction policy", sentence)
        case "allkeys-lru" | "allkeys-lfu":
            used = "what was not used for long" if policy.endswith("lru") else "what is used least often"
            yield ok("eviction policy", f"{policy}: {used} goes first, and the index stays, for every call uses it")
        case _:
            yield info("eviction policy", f"{policy or 'not told'}: not one that is known here")


async def of_locks(server: Server, rules: Rules) -> AsyncIterator[Finding]:
    """Whether the server may evict locks of this namespace, if it has ever given one."""
    policy = server.information.get("maxmemory_policy", "noeviction")
    if policy == "noeviction" or not server.number("maxmemory"):
        return
    if await server.ask("EXISTS", Keys.of(rules.namespace).fence) == 1:
        sentence = (
            f"{policy}: locks of this namespace have a TTL as entries have, so when memory is full one that is held "
            "may be evicted, and then two hold it; what limits and once remember may go too"
        )
        keeping = server.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
        yield warning("locks", sentence, f"{keeping}, or keep the tier of the locks on a server with that policy")


def _evictions(server: Server, most: int) -> Iterator[Finding]:
    evicted = server.number("evicted_keys")
    if evicted is None:
        return
    if evicted:
        since = server.number("uptime_in_seconds")
        when = "since its start" if since is None else f"since its start {span(since)} ago"
        fix = f"{server.cli(*_DOUBLED, str(2 * most))}, if entries go before their time"
        yield info("evictions", f"the server evicted {counted(evicted, 'key')} {when}, ours or others'", fix)
    else:
        # Without the time: what several servers have in common is said once, and they hardly started in one second.
        yield ok("evictions", "nothing was evicted since its start")


def _keys(server: Server) -> int:
    total = 0
    for field, value in server.information.items():
        if field.startswith("db") and value.startswith("keys="):
            total += int(value[5:].split(",", 1)[0])
    return total
