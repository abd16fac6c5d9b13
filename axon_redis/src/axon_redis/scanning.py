"""Going through all entries of a namespace, whatever else is written meanwhile.

A page is one step of HSCAN over the records, which gives everything that is there from the first step to the last,
whether entries are replaced or moved meanwhile. Its cursor means something to one run of one server only; it is kept
with the id of that run, and after a restart or a failover the scan of the shard begins anew rather than miss entries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from axon.core.errors import InvalidInput, shown
from axon.spi import Page

if TYPE_CHECKING:
    from axon_redis.shard import Shard

_CURSOR = re.compile(r"(\d{1,4})\.([0-9a-f]{40}|)\.(\d{1,20})", re.ASCII)
_AT_ONCE = 1000


async def scan_page(shards: Sequence[Shard], cursor: str | None, limit: int) -> Page:
    """About ``limit`` entries, and where to go on."""
    number, run, position = _parsed(cursor, len(shards))
    shard = shards[number]
    count = min(limit, _AT_ONCE)
    answering, after, ids = await shard.scan(position, count)
    running = answering.decode()
    if run and running != run:
        return Page(entries=(), cursor=f"{number}.{running}.0")
    now = shard.rules.now()
    values = await shard.values(ids)
    entries = [shard.entry(i, value) for i, value in zip(ids, values, strict=True) if value is not None]
    entries = [entry for entry in entries if entry.expires_at is None or entry.expires_at > now]
    if after != b"0":
        return Page(entries=entries, cursor=f"{number}.{running}.{int(after)}")
    return Page(entries=entries, cursor=f"{number + 1}..0" if number + 1 < len(shards) else None)


def _parsed(cursor: object, shards: int) -> tuple[int, str, int]:
    if cursor is None:
        return 0, "", 0
    parts = _CURSOR.fullmatch(cursor) if isinstance(cursor, str) else None
    if parts is None or int(parts[1]) >= shards or int(parts[3]) >= 2**64:
        raise InvalidInput(f"{shown(cursor)} is no cursor of a scan")
    return int(parts[1]), parts[2], int(parts[3])
