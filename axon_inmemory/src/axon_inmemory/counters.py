"""Counters by name."""

from __future__ import annotations

from collections.abc import Callable

from axon.core.errors import InvalidInput
from axon_inmemory.heap import KeyedHeap

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


class Counters:
    """Whole numbers by name. Each call lets go of what has expired; ``clock`` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._values: dict[str, int] = {}
        self._due: KeyedHeap[float] = KeyedHeap()

    @property
    def places(self) -> int:
        """How many places are taken: 0 where there is no counter."""
        return len(self._values) + self._due.places

    def expire(self) -> float:
        """Take out what has expired; the time, in seconds."""
        now = self._clock()
        while (name := self._due.pop_until(now)) is not None:
            del self._values[name]
        return now

    def increment(self, name: str, by: int, ttl: float | None) -> int:
        """Add ``by``; the new value. ``ttl`` counts for a counter that this makes."""
        now = self.expire()
        value = self._values.get(name, 0) + by
        if not _LOWEST <= value <= _HIGHEST:
            raise InvalidInput(
                f"the counter {name!r} would leave the range from -2**63 to 2**63 - 1; nothing was changed"
            )
        if ttl is not None and name not in self._values:
            self._due.set(name, now + ttl)
        self._values[name] = value
        return value

    def value(self, name: str) -> int:
        """Its value, or 0."""
        self.expire()
        return self._values.get(name, 0)

    def remove(self, name: str) -> bool:
        """Take the counter out; whether it was there."""
        self.expire()
        self._due.remove(name)
        return self._values.pop(name, None) is not None
