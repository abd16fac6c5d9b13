"""Rate limits by name: a log of what was allowed, so that a window slides."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from axon.spi import Allowance
from axon.spi import Window as SeenWindow
from axon_inmemory.heap import KeyedHeap


class Limits:
    """Windows by name and length. Each call lets go of the empty ones; ``clock`` gives seconds and is never set."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._windows: dict[str, Window] = {}
        self._due: KeyedHeap[float] = KeyedHeap()

    @property
    def places(self) -> int:
        """How many places are taken: 0 where every window is empty."""
        return len(self._windows) + sum(map(len, self._windows.values())) + self._due.places

    def expire(self) -> float:
        """Take out the windows that are empty by now; the time, in seconds."""
        now = self._clock()
        while (key := self._due.pop_until(now)) is not None:
            window = self._windows[key]
            window.slide(now)
            # Asked for when its first part was to leave; what came later stays longer.
            if window:
                self._due.set(key, window.end)
            else:
                del self._windows[key]
        return now

    def allow(self, name: str, *, limit: int, per: float, weight: int, exact: bool) -> Allowance:
        """Whether ``weight`` may happen now, which is noted where it may."""
        now = self.expire()
        key = _key(name, per)
        window = self._windows.get(key, _NOTHING)
        window.slide(now)
        left = limit - window.weight
        if weight > left:
            retry_after = math.inf if weight > limit else window.frees(weight - left) - now
            return Allowance(allowed=False, remaining=max(0, left), retry_after=retry_after)
        end = now + per if exact else _rounded_up(now, per / _PARTS) + per
        if window is _NOTHING:
            window = self._windows[key] = Window(name, per)
            self._due.set(key, end)
        window.add(weight, end)
        return Allowance(allowed=True, remaining=left - weight, retry_after=0.0)

    def used(self, name: str, per: float) -> int:
        """How much weight counts."""
        now = self.expire()
        window = self._windows.get(_key(name, per), _NOTHING)
        window.slide(now)
        return window.weight

    def windows(self) -> list[SeenWindow]:
        """Those in which something counts, by name."""
        self.expire()
        seen = [SeenWindow(name=w.name, per=w.per, used=self.used(w.name, w.per)) for w in self._windows.values()]
        return sorted(seen, key=lambda window: (window.name, window.per))


class Window:
    """What was allowed, each with the moment from which it no longer counts."""

    def __init__(self, name: str, per: float) -> None:
        self.name = name
        self.per = per
        self.weight = 0
        self._parts: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def end(self) -> float:
        """When the last part leaves."""
        return self._parts[-1][0]

    def slide(self, now: float) -> None:
        """Forget what no longer counts."""
        while self._parts and self._parts[0][0] <= now:
            self.weight -= self._parts.popleft()[1]

    def add(self, weight: int, end: float) -> None:
        """Note something that counts until ``end``."""
        self.weight += weight
        if self._parts and end <= self._parts[-1][0]:
            # At the same moment; or the clock was set back, and it counts longer, never too short.
            end, others = self._parts.pop()
            weight += others
        self._parts.append((end, weight))

    def frees(self, weight: int) -> float:
        """When so much weight will have left, which is no more than there is."""
        for end, part in self._parts:
            weight -= part
            if weight <= 0:
                return end
        raise AssertionError


def _rounded_up(moment: float, step: float) -> float:
    return math.ceil(moment / step) * step


def _key(name: str, per: float) -> str:
    return f"{per!r} {name}"


_PARTS = 32
"""Into how many parts a window is divided that is not exact."""
_NOTHING = Window("", 0.0)
"""What there is under a name that nobody has used."""
