"""What is asked of an adapter, and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput
from axon.core.filters import Filter

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding


@frozen(kw_only=True)
class Query:
    """A filter selects and a query ranks; where there is no filter, the query selects too.

    With a ``filter``, every entry that it admits is a candidate, and ``text`` and ``vector`` only
    order them. Without one, an entry is a candidate if its text shares a word with ``text``, if one
    of its tags equals ``text`` or a word of it, or if ``vector`` brings it up.
    Better scores come first; among equals, what was created later.
    """

    text: str | None = None
    vector: Embedding | None = None
    filter: Filter | None = None
    limit: int = 100
    """How many hits at the most, at least 1."""
    min_score: float | None = None
    """Hits below this score are left out."""

    def __attrs_post_init__(self) -> None:
        if self.limit < 1:
            raise InvalidInput(f"limit must be at least 1, got {self.limit}")
        if self.text is None and self.vector is None and self.filter is None:
            raise InvalidInput("a query needs a text, a vector or a filter")


@frozen
class Hit:
    """An entry with its score: see :class:`~axon.RecalledEntry`."""

    entry: MemoryEntry
    score: float


@frozen(kw_only=True)
class Page:
    """Some entries of a scan."""

    entries: Sequence[MemoryEntry]
    """May be empty before the last page."""
    cursor: str | None
    """Where the next page starts; ``None`` after the last one."""


@frozen(kw_only=True)
class Health:
    """How a store is."""

    status: Literal["ok", "degraded", "down"]
    latency_ms: float
    detail: str = ""
    """One sentence, where there is something to say."""
