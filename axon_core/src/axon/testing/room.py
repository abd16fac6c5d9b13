"""Who has to go by definition, where there may be only so many entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry

_NEVER = datetime.max.replace(tzinfo=UTC)


class Room:
    """Knows the limit, the kind of eviction and what was used when."""

    def __init__(self, most: int | None, eviction: str) -> None:
        self._most = most
        self._eviction = eviction
        self._uses: dict[str, int] = {}
        self._moments = 0

    def used(self, entry_ids: Iterable[str]) -> None:
        """These were written or read just now; which of several was the last is nobody's promise."""
        self._moments += 1
        self._uses.update(dict.fromkeys(entry_ids, self._moments))

    def too_many(self, entries: Mapping[str, MemoryEntry]) -> tuple[set[str], set[str], int]:
        """Who goes for certain, who ranks alike after them, and how many of those go too."""
        over = 0 if self._most is None else len(entries) - self._most
        if over <= 0:
            return set(), set(), 0
        ranks = {entry.id: self._rank(entry) for entry in entries.values()}
        last = sorted(ranks.values())[over - 1]
        certain = {i for i, rank in ranks.items() if rank < last}
        return certain, {i for i, rank in ranks.items() if rank == last}, over - len(certain)

    def _rank(self, entry: MemoryEntry) -> Any:
        match self._eviction:
            case "lru":
                return self._uses[entry.id]
            case "importance":
                return entry.importance, entry.created_at
            case "ttl":
                return entry.expires_at or _NEVER, entry.created_at
            case _:
                return entry.created_at
