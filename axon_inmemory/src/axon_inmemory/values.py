"""Values by name, each for a limited time."""

from __future__ import annotations

from collections.abc import Callable

from axon_inmemory.heap import KeyedHeap


class Values:
    """Bytes by name. Each call lets go of what has expired; ``clock`` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._values: dict[str, bytes] = {}
        self._due: KeyedHeap[float] = KeyedHeap()

    @property
    def places(self) -> int:
        """How many places are taken: 0 where there is no value."""
        return len(self._values) + self._due.places

    def expire(self) -> float:
        """Take out what has expired; the time, in seconds."""
        now = self._clock()
        while (name := self._due.pop_until(now)) is not None:
            del self._values[name]
        return now

    def get(self, name: str) -> bytes | None:
        """The value, or ``None``."""
        self.expire()
        return self._values.get(name)

    def put(self, name: str, value: bytes, ttl: float) -> None:
        """Let ``name`` have ``value`` for ``ttl`` seconds."""
        now = self.expire()
        self._values[name] = value
        self._due.set(name, now + ttl)

    def remove(self, name: str) -> bool:
        """Take the value out; whether there was one."""
        self.expire()
        self._due.remove(name)
        return self._values.pop(name, None) is not None
