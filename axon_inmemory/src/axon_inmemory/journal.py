"""The order in which ids were first saved: what makes a scan stable while others write."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

_SLACK = 64


class Journal:
    """Ids by a number that only grows; a page of a scan starts after a number. O(log n) an id."""

    def __init__(self) -> None:
        self._next = 1
        self._number: dict[str, int] = {}
        self._numbers: list[int] = []
        self._ids: list[str] = []

    @property
    def places(self) -> int:
        """How many places are taken, also by ids that were taken out."""
        return len(self._number) + len(self._ids)

    def add(self, entry_id: str) -> None:
        """Put a new id at the end."""
        number = self._next
        self._next = number + 1
        self._number[entry_id] = number
        self._numbers.append(number)
        self._ids.append(entry_id)

    def remove(self, entry_id: str) -> None:
        """Take an id out; its place is reused once half of the places are empty, or all are."""
        del self._number[entry_id]
        if not self._number or len(self._ids) > 2 * len(self._number) + _SLACK:
            self._ids = list(self._number)
            self._numbers = list(self._number.values())

    def mend(self, entry_ids: Iterable[str]) -> None:
        """Have exactly these ids, in their order as far as it is known: for when a call broke off in the middle."""
        wanted = dict.fromkeys(entry_ids)
        self._number = {entry_id: number for entry_id, number in self._number.items() if entry_id in wanted}
        for entry_id in wanted:
            if entry_id not in self._number:
                self._number[entry_id] = self._next
                self._next += 1
        self._ids, self._numbers = list(self._number), list(self._number.values())

    def after(self, number: int, limit: int) -> tuple[list[str], int | None]:
        """Up to ``limit`` ids whose numbers are above ``number``; the last number, or ``None`` at the end."""
        ids: list[str] = []
        position = bisect_right(self._numbers, number)
        while position < len(self._ids):
            if len(ids) == limit:
                return ids, self._numbers[position - 1]
            entry_id = self._ids[position]
            if self._number.get(entry_id) == self._numbers[position]:
                ids.append(entry_id)
            position += 1
        return ids, None

    def clear(self) -> None:
        """Forget all ids; numbers go on, so that an old cursor skips nothing new."""
        self._number.clear()
        self._numbers.clear()
        self._ids.clear()
