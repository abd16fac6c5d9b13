"""Counters: whole numbers that the server changes in one step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from axon.core.errors import InvalidInput
from axon.core.identifiers import check_name
from axon.core.quantities import check_span, check_whole
from axon_redis import scripts

if TYPE_CHECKING:
    from axon_redis.keys import Keys
    from axon_redis.link import Link


class Counters:
    """The part of the adapter that is counters."""

    _link: Link
    _keys: Keys

    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        """Add ``by``; the new value. ``ttl`` is how many seconds a counter lives that this makes.

        Nothing is tried again that may have been added.
        """
        key = self._keys.counter(check_name(name, "name"))
        milliseconds = "" if ttl is None else math.ceil(check_span(ttl, "ttl") * 1000)
        if -(2**63) <= check_whole(by, "by") < 2**63:
            value = await self._link.run(scripts.INCREMENT, key, [str(by), milliseconds], repeatable=False)
            if value != b"out of range":
                return int(value)
        raise InvalidInput(f"the counter {name!r} would leave the range from -2**63 to 2**63 - 1; nothing was changed")

    async def counter(self, name: str) -> int:
        """Its value; 0 where there is none."""
        key = self._keys.counter(check_name(name, "name"))
        return int(await self._link.call(key, ("GET", key)) or 0)

    async def reset(self, name: str) -> bool:
        """Delete it; whether there was one."""
        key = self._keys.counter(check_name(name, "name"))
        return bool(await self._link.call(key, ("DEL", key), repeatable=False))
