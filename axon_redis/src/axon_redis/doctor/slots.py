"""The cluster: who serves which slots, and which nobody does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from axon_redis.cluster import SLOTS, slot_of
from axon_redis.doctor.findings import counted, error, named, ok, warning
from axon_redis.doctor.server import REFUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from axon.spi import Finding
    from axon_redis.doctor.server import Server
    from axon_redis.shard import Shard

SUBJECT = "cluster"


async def of_slots(server: Server, shards: Sequence[Shard]) -> AsyncIterator[Finding]:
    """The cluster as ``server`` sees it."""
    rows = await server.ask("CLUSTER", "SLOTS")
    if rows is REFUSED:
        return
    replies = await server.wish("CLUSTER", "INFO", name="cluster|info")
    state = "not told" if replies is REFUSED else _fields(replies).get("cluster_state", "not told")
    primaries: dict[tuple[Any, ...], int] = {}
    served: set[int] = set()
    for first, last, primary, *replicas in rows:
        primaries[tuple(primary[:2])] = len(replicas)
        served.update(range(first, last + 1))
    missing = [slot for slot in range(SLOTS) if slot not in served]
    sentence = (
        f"cluster_state is {state}: {counted(len(primaries), 'primary', 'primaries')} with "
        f"{counted(sum(primaries.values()), 'replica')}, {counted(len(served), 'slot')} of {SLOTS:,} served"
    )
    where = server.where
    if missing:
        ours = [slot for slot in (slot_of(shard.keys.base) for shard in shards) if slot in set(missing)]
        which = "ones of this namespace among them" if ours else "none of this namespace"
        sentence += f"; nobody serves {named(_ranges(missing))}, {which}"
        yield error(SUBJECT, sentence, f"redis-cli --cluster fix {where}")
    elif state == "fail":
        yield error(SUBJECT, f"{sentence}; a node that serves slots is down", f"redis-cli --cluster check {where}")
    elif any(not replicas for replicas in primaries.values()):
        alone = [f"{key[0].decode()}:{key[1]}" for key, replicas in primaries.items() if not replicas]
        sentence += f"; without a replica: {named(alone)}. If such a one fails, its slots are not served"
        yield warning(SUBJECT, sentence, f"redis-cli --cluster add-node HOST:PORT {where} --cluster-slave")
    else:
        yield ok(SUBJECT, sentence)


def _ranges(slots: list[int]) -> list[str]:
    """``0-99``, ``200``."""
    ranges: list[list[int]] = []
    for slot in slots:
        if ranges and slot == ranges[-1][1] + 1:
            ranges[-1][1] = slot
        else:
            ranges.append([slot, slot])
    return [f"{first}-{last}" if first < last else str(first) for first, last in ranges]


def _fields(reply: bytes) -> dict[str, str]:
    return dict(line.split(":", 1) for line in reply.decode().splitlines() if ":" in line)
