"""A priority queue of ids whose keys may change."""

from __future__ import annotations

from collections.abc import Container
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

Key = TypeVar("Key")

_SLACK = 64


class KeyedHeap(Generic[Key]):
    """Ids by key, the lowest first: O(log n) to set, O(1) to remove and to look at the lowest.

    What was replaced or removed stays in the heap until it comes up, or until there is more of it
    than of the living, and the heap is made anew. Nothing stays in an empty one.
    """

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._heap: list[tuple[Key, str]] = []
        self._most = _SLACK

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, entry_id: str) -> bool:
        return entry_id in self._keys

    @property
    def places(self) -> int:
        """How many places are taken, also by what was replaced or removed."""
        return len(self._keys) + len(self._heap)

    def set(self, entry_id: str, key: Key) -> None:
        """Give ``entry_id`` the place of ``key``."""
        heap = self._heap
        heappush(heap, (key, entry_id))  # first: in the heap alone it is as if it had been replaced
        self._keys[entry_id] = key
        if len(heap) > self._most:
            self._tidy()

    def remove(self, entry_id: str) -> None:
        """Take ``entry_id`` out, if it is in."""
        self._keys.pop(entry_id, None)
        self._tidy()

    def pop_until(self, key: Key) -> str | None:
        """Take out the id with the lowest key if that is ``key`` or lower; quick where there is none."""
        heap = self._heap
        while heap and not heap[0][0] > key:  # type: ignore[operator]  # keys are what can be compared
            lowest, entry_id = heappop(heap)
            if self._keys.get(entry_id) == lowest:
                self.remove(entry_id)
                return entry_id
        return None

    def lowest(self) -> tuple[Key, str] | None:
        """The lowest key with its id."""
        heap, keys = self._heap, self._keys
        while heap:
            key, entry_id = heap[0]
            if keys.get(entry_id) == key:
                return heap[0]
            heappop(heap)
        return None

    def keep(self, entry_ids: Container[str]) -> None:
        """Take out all but these: for when a call broke off in the middle."""
        self._keys = {entry_id: key for entry_id, key in self._keys.items() if entry_id in entry_ids}
        self._make_anew()

    def _tidy(self) -> None:
        if not self._keys:
            self.clear()
        elif len(self._heap) > 2 * len(self._keys) + _SLACK:
            self._make_anew()
        else:
            self._most = 2 * len(self._keys) + _SLACK

    def _make_anew(self) -> None:
        heap = [(key, entry_id) for entry_id, key in self._keys.items()]
        heapify(heap)
        self._heap, self._most = heap, 2 * len(heap) + _SLACK

    def clear(self) -> None:
        """Take everything out."""
        self._keys.clear()
        self._heap.clear()
        self._most = _SLACK
