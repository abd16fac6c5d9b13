"""A rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon.sync.running import wait

if TYPE_CHECKING:
    from axon.coordination.limiter import Limiter as AsyncLimiter
    from axon.spi.coordination import Allowance


class Limiter:
    """So many in so many seconds, of as many keys as there are: users, addresses, tenants."""

    def __init__(self, limiter: AsyncLimiter) -> None:
        self._limiter = limiter
        self.name, self.limit, self.per = limiter.name, limiter.limit, limiter.per

    def acquire(self, key: str = "", *, weight: int = 1) -> Allowance:
        """Whether something that weighs ``weight`` may happen now for ``key``, which is noted where it may."""
        return wait(self._limiter.acquire(key, weight=weight))

    def used(self, key: str = "") -> int:
        """How much of the limit is used up for ``key`` now."""
        return wait(self._limiter.used(key))
