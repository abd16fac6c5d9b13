"""How a namespace is kept, whatever the server."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import attrs
from attrs import field, frozen

if TYPE_CHECKING:
    from axon.core.policies import Eviction
    from axon.ranking.analysis import Analyzer
    from axon.spi import MemoryEntry


@frozen(kw_only=True)
class Rules:
    """What the arguments of an adapter come to, apart from where the servers are."""

    namespace: str
    shards: int
    max_entries: int | None
    eviction: Eviction
    refresh_on_read: bool
    default_lifetime: timedelta | None
    """How long an entry lives that does not expire."""
    analyzer: Analyzer
    text_index: bool
    clock: Callable[[], float]
    """Seconds since the epoch."""
    now: Callable[[], datetime] = field(init=False)
    """The time."""
    notes_reads: bool = field(init=False)
    """Whether reading an entry changes something."""

    def __attrs_post_init__(self) -> None:
        # Read for every entry: computed once, and without a detour over seconds where nobody turns the clock.
        now = partial(datetime.now, UTC) if self.clock is time.time else self._turned
        object.__setattr__(self, "now", now)
        notes = self.refresh_on_read or (self.max_entries is not None and self.eviction == "lru")
        object.__setattr__(self, "notes_reads", notes)

    def _turned(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    @property
    def most(self) -> int:
        """How many entries there may be; 0: any number."""
        return self.max_entries or 0

    @property
    def complete(self) -> bytes:
        """How begins what the key ``complete`` says of an index that has what these rules ask; a token may follow.

        Other rules make an index of their own.
        """
        words = "w" if self.text_index else "-"
        ranks = "r" if self.max_entries else "-"
        return f"{words}{ranks}1 {self.analyzer.language} {self.eviction if self.max_entries else 'any'} ".encode()

    def limited(self, entry: MemoryEntry, now: datetime) -> MemoryEntry:
        """``entry``, or where it would live for ever, one that lives for the default."""
        if entry.expires_at is not None or self.default_lifetime is None:
            return entry
        return attrs.evolve(entry, expires_at=now + self.default_lifetime, ttl=self.default_lifetime)

    def rank(self, entry: MemoryEntry) -> str | float:
        """What decides, before the time when it was created, which entry goes first: the lowest."""
        match self.eviction:
            case "importance":
                return entry.importance
            case "ttl":
                return "+inf" if entry.expires_at is None else entry.expires_at.timestamp() * 1_000_000
        return 0
