"""Counters by name."""

from __future__ import annotations

from axon.core.errors import InvalidInput
from axon_inmemory.expiring import Expiring

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


class Counters(Expiring[int]):
    """Whole numbers by name."""

    def increment(self, name: str, by: int, ttl: float | None) -> int:
        """Add ``by``; the new value. ``ttl`` counts for a counter that this makes."""
        found = self.get(name)
        value = (found or 0) + by
        if not _LOWEST <= value <= _HIGHEST:
            raise InvalidInput(
                f"the counter {name!r} would leave the range from -2**63 to 2**63 - 1; nothing was changed"
            )
        if found is None:
            self.put(name, value, ttl)
        else:
            self.replace(name, value)
        return value
