"""Rate limits: windows that the server slides by its own clock."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from axon.core.concurrency import concurrently
from axon.core.identifiers import check_name
from axon.core.quantities import check_flag, check_span, check_weight
from axon.spi import Allowance, Window
from axon_redis import scripts
from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon_redis.keys import Keys
    from axon_redis.link import Link

_PARTS = 32
"""Into how many parts a window is divided that is not exact."""


class Limits:
    """The part of the adapter that is limits.

    A request whose answer is lost is made again: it counts twice rather than not.
    """

    _link: Link
    _keys: Keys

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        """Whether something that weighs ``weight`` may happen now; the window slides by the server's clock."""
        text, length, part = _measured(check_span(per, "per"))
        key = self._keys.window(check_name(name, "name"), text)
        check_weight(limit, "limit")
        check_weight(weight, "weight")
        step = 1 if check_flag(exact, "exact") else part
        left = await self._link.run(scripts.ALLOW, key, (length, limit, weight, step))
        if type(left) is int:
            return Allowance(allowed=True, remaining=left, retry_after=0.0)
        remaining, wait = left
        return Allowance(allowed=False, remaining=remaining, retry_after=math.inf if wait < 0 else wait / 1e6)

    async def used(self, name: str, *, per: float) -> int:
        """How much weight counts in the window now."""
        text, length, _ = _measured(check_span(per, "per"))
        used: int = await self._link.run(scripts.USED, self._keys.window(check_name(name, "name"), text), (length,))
        return used

    async def windows(self) -> Sequence[Window]:
        """The windows in which something counts, by name; it looks through the server."""
        found = set[tuple[str, float]]()
        async for some in walk(self._link, self._keys, self._keys.pattern(b"!w*")):
            for key in some:
                per, _, name = self._keys.names(key).partition(":")
                found.add((name, float(per)))
        used = await concurrently([self.used(name, per=per) for name, per in sorted(found)])
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
