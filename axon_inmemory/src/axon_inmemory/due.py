"""When entries expire: a heap beside the entries, which say themselves what of it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from axon.spi import MemoryEntry

_SLACK = 64


class Due:
    """The ids of ``entries`` by the moment at which they expire, in seconds since the epoch: O(log n) to add.

    What was replaced or removed stays in the heap until it comes up, or until it is more than half of it, and the heap
    is made anew. Nothing stays where there are no entries.
    """

    def __init__(self, entries: Mapping[str, MemoryEntry]) -> None:
        self._entries = entries
        self._heap: list[tuple[float, str]] = []
        self._gone = 0

    @property
    def places(self) -> int:
        """How many places are taken, also by what was replaced or removed."""
        return len(self._heap)

    def add(self, entry_id: str, moment: float) -> None:
        """An entry that expires at ``moment``, which is what it says itself."""
        heappush(self._heap, (moment, entry_id))

    def removed(self) -> None:
        """One that was added is there no longer, or says another moment."""
        self._gone += 1
        if 2 * self._gone > len(self._heap) + _SLACK or not self._entries:
            self._make_anew()

    def first_until(self, now: float) -> str | None:
        """The id of an entry that has expired, the earliest; quick where there is none."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            moment, entry_id = heap[0]
            if (entry := self._entries.get(entry_id)) is not None and moment_of(entry) == moment:
                return entry_id
            heappop(heap)
            self._gone -= 1
        return None

    def clear(self) -> None:
        """Forget all."""
        self._heap.clear()
        self._gone = 0

    def _make_anew(self) -> None:
        moments = ((moment_of(entry), entry_id) for entry_id, entry in self._entries.items())
        self._heap = [(moment, entry_id) for moment, entry_id in moments if moment is not None]
        heapify(self._heap)
        self._gone = 0


def moment_of(entry: MemoryEntry) -> float | None:
    """When ``entry`` expires, in seconds since the epoch; ``None``: never."""
    return None if entry.expires_at is None else entry.expires_at.timestamp()
