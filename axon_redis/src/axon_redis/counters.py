"""Counters: keys that the server adds to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from axon.core.errors import InvalidInput
from axon_redis import scripts

if TYPE_CHECKING:
    from axon_redis.keys import Keys
    from axon_redis.link import Link


class Counters:
    """The counters of a namespace."""

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._keys = keys

    async def increment(self, name: str, by: int, ttl: float | None) -> int:
        """Add ``by``; the new value. Nothing is tried again that may have been added."""
        milliseconds = "" if ttl is None else math.ceil(ttl * 1000)
        arguments = [str(by), milliseconds]
        if -(2**63) <= by < 2**63:
            value = await self._link.run(scripts.INCREMENT, self._keys.counter(name), arguments, repeatable=False)
            if value != b"out of range":
                return int(value)
        raise InvalidInput(f"the counter {name!r} would leave the range from -2**63 to 2**63 - 1; nothing was changed")

    async def value(self, name: str) -> int:
        """Its value, or 0."""
        key = self._keys.counter(name)
        return int(await self._link.call(key, ("GET", key)) or 0)

    async def reset(self, name: str) -> bool:
        """Delete it; whether there was one."""
        key = self._keys.counter(name)
        return bool(await self._link.call(key, ("DEL", key), repeatable=False))
