"""What else counts beside the fit: how old an entry is, how much it matters, and how little it repeats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import attrs
from attrs import Attribute, field, frozen

from axon.core.errors import InvalidInput, WrongType, shown
from axon.spi.query import Factor, Hit

Placed: TypeAlias = tuple[Hit, str]
"""A hit and the name of its tier."""


def _share(_: Any, attribute: Attribute[Any], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(f"{attribute.name} must be a number from 0 to 1, got {shown(value)}")
    if not 0 <= value <= 1:
        raise InvalidInput(f"{attribute.name} must be from 0 to 1, got {shown(value)}")


def _half_life(_: Any, __: Attribute[Any], value: object) -> None:
    if not isinstance(value, timedelta):
        raise WrongType(f"half_life must be a timedelta, got {shown(value)}")
    if value <= timedelta(0):
        raise InvalidInput(f"half_life must be above zero, got {shown(value)}")


@frozen(kw_only=True)
class Ranking:
    """Factors beside the fit, all off by default.

    ``score = (1 - recency - importance) * fit + recency * 0.5 ** (age / half_life) + importance * entry.importance``

    ``diversity`` then chooses one entry after the other by the greatest ``(1 - diversity) * score - diversity *
    likeness``: score in shares of the best one, and likeness to the most similar entry that was chosen before
    (Carbonell and Goldstein, "The Use of MMR" (1998)). Likeness is the cosine where both entries have an embedding
    of one dimension, else the share of their words that they have in common. It changes the order, no score.
    """

    recency: float = field(default=0.0, validator=_share)
    """0 to 1."""
    half_life: timedelta = field(default=timedelta(days=7), validator=_half_life)
    """The age at which half of ``recency`` is left."""
    importance: float = field(default=0.0, validator=_share)
    """0 to 1; with ``recency`` at most 1."""
    diversity: float = field(default=0.0, validator=_share)
    """0 to 1."""

    def __attrs_post_init__(self) -> None:
        if self.recency + self.importance > 1:
            raise InvalidInput(
                f"recency and importance may be 1 together at the most, got {self.recency:g} and {self.importance:g}"
            )

    @property
    def is_off(self) -> bool:
        """Whether it leaves every ranking as it is."""
        return not (self.recency or self.importance or self.diversity)

    def scored(self, hit: Hit, now: datetime) -> Hit:
        """``hit`` with the score that recency and importance make of its own."""
        if not self.recency and not self.importance:
            return hit
        age = max(now - hit.entry.created_at, timedelta(0))
        factors = [
            Factor(name="recency", weight=self.recency, value=0.5 ** (age / self.half_life)),
            Factor(name="importance", weight=self.importance, value=hit.entry.importance),
        ]
        kept = 1 - self.recency - self.importance
        score = kept * hit.score + sum(factor.weight * factor.value for factor in factors)
        return rescored(hit, score, *(factor for factor in factors if factor.weight))

    def diversified(self, ranked: Sequence[Placed], k: int) -> list[Placed]:
        """The first ``k`` of ``ranked``, the best first, by marginal relevance."""
        if not self.diversity or not ranked:
            return list(ranked[:k])
        from axon.core.likeness import Likeness  # it wants numpy, which others need not pay for

        likeness = Likeness([hit.entry for hit, _ in ranked])
        best = max(hit.score for hit, _ in ranked)
        left = [_Candidate(i, hit.score / best if best > 0 else 0.0) for i, (hit, _) in enumerate(ranked)]
        chosen: list[_Candidate] = []
        while left and len(chosen) < k:
            # max() takes the first among equals, which is the better one by score.
            candidate = max(left, key=lambda c: (1 - self.diversity) * c.relevance - self.diversity * c.likeness)
            left.remove(candidate)
            chosen.append(candidate)
            alike = likeness.to(candidate.place)
            for other in left:
                if alike[other.place] > other.likeness:
                    other.likeness, other.like = alike[other.place], candidate.place
        return [self._explained(candidate, ranked) for candidate in chosen]

    def _explained(self, candidate: _Candidate, ranked: Sequence[Placed]) -> Placed:
        hit, tier = ranked[candidate.place]
        if candidate.like is None:
            return hit, tier
        other = ranked[candidate.like][0].entry.id
        factor = Factor(name="diversity", weight=-self.diversity, value=candidate.likeness, of=other)
        return rescored(hit, hit.score, factor), tier


class _Candidate:
    """A hit that is still to be chosen: its place in the ranking, and what it is most like among those chosen."""

    __slots__ = ("like", "likeness", "place", "relevance")

    def __init__(self, place: int, relevance: float) -> None:
        self.place = place
        self.relevance = relevance
        self.likeness = 0.0
        self.like: int | None = None


def rescored(hit: Hit, score: float, *factors: Factor) -> Hit:
    """``hit`` with another score, which ``factors`` explain if it is to be explained."""
    explanation = hit.explanation
    if explanation is not None:
        explanation = attrs.evolve(explanation, score=score, factors=(*explanation.factors, *factors))
    return Hit(hit.entry, score, explanation)
