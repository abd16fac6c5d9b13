"""Looking through a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from axon_redis.keys import Keys
    from axon_redis.link import Link

_LOOKED_AT = 1000


async def walk(link: Link, keys: Keys, pattern: bytes) -> AsyncIterator[list[bytes]]:
    """The keys that match ``pattern`` on the server of ``keys``, some at a time; one may come twice."""
    cursor = b"0"
    while True:
        cursor, found = await link.call(keys.base, ("SCAN", cursor, "MATCH", pattern, "COUNT", _LOOKED_AT))
        if found:
            yield found
        if cursor == b"0":
            return
