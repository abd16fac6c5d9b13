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
    explain: bool = False
    """Whether every hit tells how it got its score; when it does not, explaining must cost nothing."""

    def __attrs_post_init__(self) -> None:
        if self.limit < 1:
            raise InvalidInput(f"limit must be at least 1, got {self.limit}")
        if self.text is None and self.vector is None and self.filter is None:
            raise InvalidInput("a query needs a text, a vector or a filter")


@frozen(kw_only=True)
class Factor:
    """What moved a score after words and vectors had given it: ``weight * value`` was added.

    The score had been multiplied by 1 less the weights of the step before: one step is the ``context``, the next one
    ``recency`` and ``importance`` together. ``diversity`` moves the place of an entry and not its score.
    """

    name: str
    weight: float
    value: float
    of: str | None = None
    """The id of the other entry that ``value`` comes from: a neighbour's score, or a likeness."""

    def __str__(self) -> str:
        return f"{self.name} {self.weight:g} * {self.value:.2f}" + (f" of {self.of}" if self.of else "")


@frozen(kw_only=True)
class Explanation:
    """How an entry got its score. ``str()`` is one line for people."""

    score: float
    """The score in the end."""
    words: tuple[str, ...] = ()
    """The terms of the query, as the analyzer gives them, that the text holds."""
    tags: tuple[str, ...] = ()
    """The entry's tags that equal the query or a word of it."""
    word_score: float | None = None
    """What words and tags alone give; ``None`` where they give nothing or the query has no text."""
    word_rank: int | None = None
    """The place by words and tags, from 1 on, among the entries that were compared: the best by words or by vector."""
    cosine: float | None = None
    """The nearness of the vectors; ``None`` where one is missing or the entry is not among the nearest."""
    vector_rank: int | None = None
    """The place by vectors, from 1 on, among the same entries."""
    factors: tuple[Factor, ...] = ()
    """What was applied then, in order."""

    def __str__(self) -> str:
        parts: list[str] = []
        if self.word_score is not None:
            found = ", ".join([*self.words, *(f"#{tag}" for tag in self.tags)])
            parts.append(f"words {self.word_score:.2f}, rank {self.word_rank} ({found})")
        if self.cosine is not None:
            parts.append(f"cosine {self.cosine:.2f}, rank {self.vector_rank}")
        parts += map(str, self.factors)
        if not parts:
            parts.append("the store does not explain" if self.score else "nothing matches")
        return f"{self.score:.2f}: {'; '.join(parts)}"


@frozen
class Hit:
    """An entry with its score: see :class:`~axon.RecalledEntry`."""

    entry: MemoryEntry
    score: float
    explanation: Explanation | None = None
    """Given where the query asks for it."""


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
