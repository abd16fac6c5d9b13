"""Two rankings into one: reciprocal rank fusion, scaled to 0..1.

Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
Methods" (2009), with k = 10: their k = 60 was measured for lists of thousands, and on short lists of
memories it ranks worse than words alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)

K = 10


def fuse(rankings: Sequence[Iterable[Key]]) -> dict[Key, float]:
    """A score for every key in any of ``rankings`` (each the best first): 1 for the first in all of them."""
    scores: dict[Key, float] = {}
    share = (K + 1) / len(rankings)
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + share / (K + rank)
    return scores
