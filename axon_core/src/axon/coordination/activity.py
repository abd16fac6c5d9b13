"""How much has happened lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon.coordination.names import keyed_name, keyed_prefix
from axon.core.lifetimes import Span, seconds_of
from axon.core.quantities import HEAVIEST, check_flag, check_span

if TYPE_CHECKING:
    from axon.core.tier import Tier
    from axon.spi.coordination import Allowance


class Activity:
    """Counts what happens within a window that slides, for as many keys as there are."""

    def __init__(self, tier: Tier, name: str, *, within: Span, exact: bool) -> None:
        self._prefix = keyed_prefix("activity", name)
        self.name = name
        self.within = check_span(seconds_of(within), "within")
        self._exact = check_flag(exact, "exact")
        self._tier = tier

    async def record(self, key: str = "", *, weight: int = 1) -> int:
        """Note that something happens now; how much has happened lately, with this."""
        self._tier.check_open()
        noted: Allowance = await self._tier.ask(
            "allow",
            name=keyed_name(self._prefix, key),
            limit=HEAVIEST,
            per=self.within,
            weight=weight,
            exact=self._exact,
        )
        return HEAVIEST - noted.remaining

    async def count(self, key: str = "") -> int:
        """How much has happened within the last ``within`` seconds."""
        self._tier.check_open()
        count: int = await self._tier.ask("used", name=keyed_name(self._prefix, key), per=self.within)
        return count
