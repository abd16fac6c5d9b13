"""Things by name, each for a limited time or for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from axon_inmemory.heap import KeyedHeap

Thing = TypeVar("Thing")


class Expiring(Generic[Thing]):
    """Values and counters. Each call lets go of what has expired; ``clock`` gives seconds and is never set."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._things: dict[str, Thing] = {}
        self._due: KeyedHeap[float] = KeyedHeap()

    @property
    def places(self) -> int:
        """How many places are taken: 0 where there is nothing."""
        return len(self._things) + self._due.places

    def expire(self) -> float:
        """Take out what has expired; the time, in seconds."""
        now = self._clock()
        while (name := self._due.pop_until(now)) is not None:
            del self._things[name]
        return now

    def get(self, name: str) -> Thing | None:
        """What there is, or ``None``."""
        self.expire()
        return self._things.get(name)

    def put(self, name: str, thing: Thing, ttl: float | None) -> None:
        """Let ``name`` have ``thing`` for ``ttl`` seconds, or for ever."""
        now = self.expire()
        self._things[name] = thing
        if ttl is None:
            self._due.remove(name)
        else:
            self._due.set(name, now + ttl)

    def replace(self, name: str, thing: Thing) -> None:
        """Let ``name``, which has something, have ``thing`` for as long as that."""
        self._things[name] = thing

    def remove(self, name: str) -> bool:
        """Take out what there is; whether there was something."""
        self.expire()
        self._due.remove(name)
        return self._things.pop(name, None) is not None
