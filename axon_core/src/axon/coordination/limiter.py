"""A rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from axon.coordination.names import keyed_name, keyed_prefix
from axon.core.lifetimes import Span, seconds_of
from axon.core.quantities import check_flag, check_span, check_weight

if TYPE_CHECKING:
    from axon.core.tier import Tier
    from axon.spi.coordination import Allowance


class KeyUse(NamedTuple):
    """How much of a limit a key has used up."""

    name: str
    key: str
    per: float
    used: int


class Limiter:
    """So many in so many seconds, of as many keys as there are: users, addresses, tenants."""

    def __init__(self, tier: Tier, name: str, limit: int, *, per: Span, exact: bool) -> None:
        self._prefix = keyed_prefix("limit", name)
        self.name = name
        self.limit = check_weight(limit, "limit")
        self.per = check_span(seconds_of(per), "per")
        self._exact = check_flag(exact, "exact")
        self._tier = tier

    async def acquire(self, key: str = "", *, weight: int = 1) -> Allowance:
        """Whether something that weighs ``weight`` may happen now for ``key``, which is noted where it may.

        A refusal never raises, and is not noted: ``retry_after`` of the answer says in how many seconds it may.
        """
        self._tier.check_open()
        allowance: Allowance = await self._tier.ask(
            "allow",
            name=keyed_name(self._prefix, key),
            limit=self.limit,
            per=self.per,
            weight=weight,
            exact=self._exact,
        )
        return allowance

    async def used(self, key: str = "") -> int:
        """How much of the limit is used up for ``key`` now."""
        self._tier.check_open()
        used: int = await self._tier.ask("used", name=keyed_name(self._prefix, key), per=self.per)
        return used
