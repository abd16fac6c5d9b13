"""The time of a check: turned by hand where the adapter takes a clock, and the real one elsewhere."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_START = datetime(2040, 1, 1, tzinfo=UTC)
# Checks let it become moments that are sixty-fourths of a second after this one. A float holds such a moment exactly, so
# that "at the end itself" is the same for adapters that count in floats, microseconds or milliseconds.


class Clock(Protocol):
    """Tells the time and lets it pass."""

    is_turned: bool
    """Whether time stands still between the steps of a check."""

    def now(self) -> datetime:
        """The moment, in UTC."""

    async def wait_until(self, moment: datetime) -> None:
        """Let it become ``moment``."""


class TurnedClock:
    """Stands still until it is turned; called, it gives seconds since the epoch, as an adapter's ``clock`` does."""

    is_turned = True

    def __init__(self) -> None:
        self._now = _START

    def __call__(self) -> float:
        return self._now.timestamp()

    def now(self) -> datetime:
        """The moment to which the clock was turned."""
        return self._now

    async def wait_until(self, moment: datetime) -> None:
        """Turn it."""
        self._now = max(self._now, moment)


class RealClock:
    """The machine's."""

    is_turned = False

    def now(self) -> datetime:
        """The moment."""
        return datetime.now(UTC)

    async def wait_until(self, moment: datetime) -> None:
        """Sleep until then."""
        while (left := moment.timestamp() - time.time()) > 0:
            await asyncio.sleep(left)
        # A store may count in milliseconds, and round up.
        await asyncio.sleep(0.002)


MICROSECOND = timedelta(microseconds=1)
