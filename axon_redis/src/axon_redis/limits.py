"""Rate limits: windows that the server slides by its own clock."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from axon.core.concurrency import concurrently
from axon.spi import Allowance, Window
from axon_redis import scripts
from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon_redis.keys import Keys
    from axon_redis.link import Link

_PARTS = 32
"""Into how many parts a window is divided that is not exact."""


class Limits:
    """The windows of a namespace. A request whose answer is lost is made again: it counts twice rather than not."""

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._keys = keys

    async def allow(self, name: str, *, limit: int, per: float, weight: int, exact: bool) -> Allowance:
        """Whether ``weight`` may happen now, which is noted where it may."""
        text, length, part = _measured(per)
        allowed, remaining, wait = await self._link.run(
            scripts.ALLOW, self._keys.window(name, text), (length, limit, weight, 1 if exact else part)
        )
        if allowed:
            return Allowance(allowed=True, remaining=remaining, retry_after=0.0)
        return Allowance(allowed=False, remaining=remaining, retry_after=math.inf if wait < 0 else wait / 1e6)

    async def used(self, name: str, per: float) -> int:
        """How much weight counts now."""
        text, length, _ = _measured(per)
        used: int = await self._link.run(scripts.USED, self._keys.window(name, text), (length,))
        return used

    async def windows(self) -> list[Window]:
        """Those in which something counts, by name."""
        found = set[tuple[str, float]]()
        async for some in walk(self._link, self._keys, self._keys.pattern(b"!w*")):
            for key in some:
                per, _, name = self._keys.names(key).partition(":")
                found.add((name, float(per)))
        used = await concurrently([self.used(name, per) for name, per in sorted(found)])
        return [
            Window(name=name, per=per, used=count)
            for (name, per), count in zip(sorted(found), used, strict=True)
            if count
        ]


@lru_cache(maxsize=1000)
def _measured(per: float) -> tuple[bytes, int, int]:
    """A length as it stands in keys; and in microseconds, of the whole and of the parts of a window of sums."""
    length = max(1, round(per * 1e6))
    return repr(per).encode(), length, max(1, length // _PARTS)
