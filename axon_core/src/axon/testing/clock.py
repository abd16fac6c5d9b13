"""The time of a check: turned by hand where the adapter takes a clock, and the real one elsewhere."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

_START = datetime(2040, 1, 1, tzinfo=UTC)
# Checks let it become moments that are sixty-fourths of a second after this one. A float holds such a moment exactly,
# so that "at the end itself" is the same for adapters that count in floats, microseconds or milliseconds.
_ROUNDED_S = 0.002


class Clock(Protocol):
    """Tells the time and lets it pass."""

    is_turned: bool
    """Whether time stands still between the steps of a check."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    async def wait_until(self, moment: datetime, *, late: float) -> None:
        """Let it become ``moment``, for a store that a call reached up to ``late`` seconds after it was made."""


class TurnedClock:
    """Stands still until it is turned; called, it gives seconds since the epoch, as an adapter's ``clock`` does."""

    is_turned = True

    def __init__(self) -> None:
        self._now = _START

    def __call__(self) -> float:
        """The moment, in seconds."""
        return self._now.timestamp()

    def now(self) -> datetime:
        """The moment to which the clock was turned."""
        return self._now

    async def wait_until(self, moment: datetime, *, late: float) -> None:  # noqa: ARG002  # it is never late
        """Turn it."""
        self._now = max(self._now, moment)


class RealClock:
    """The machine's."""

    is_turned = False

    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC)

    async def wait_until(self, moment: datetime, *, late: float) -> None:
        """Sleep until then, and a little longer: a store may count milliseconds, and from when a call came to it."""
        await asyncio.sleep(moment.timestamp() - time.time() + late + _ROUNDED_S)
        if datetime.now(UTC) < moment:  # sleep goes by another clock, which this one may be slower than
            await self.wait_until(moment, late=late)
