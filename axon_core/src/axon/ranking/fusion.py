"""Words and vectors into one score, 0 to 1: the words as they are, and the vectors for how much they stand out.

A cosine means nothing by itself: for one model 0.8 is far apart, for another 0.4 is the same thing. What can be
compared is by how many standard deviations it exceeds the mean of all rows (Bruch, Gai and Ingber, "An Analysis
of Fusion Functions for Hybrid Retrieval" (2023), who find that scores fuse better than ranks). And how many of these
are remarkable depends on the rows: of ``n`` random ones the best is near ``sqrt(2 * ln(n))``. In shares of that,
the first 0.4 counts for next to nothing, and what comes after takes from the part that the words leave open. So a
vector that stands out lifts an entry that shares no word with the query, and an embedder of which the best rows
stand out no more than random ones would leaves the order to the words, in a store of any size.

The constants were chosen by measurement, with embedders good and bad: see docs/explanation/quality.md.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)

WEIGHT = 0.4
"""How much a row gains for standing out: 1 above the threshold takes 0.4 / 1.4 of what the words leave open."""
THRESHOLD = 0.4
"""From where on, in shares of what the best of as many random rows would reach."""
_BEND = 0.03
"""How softly: with none a row below the threshold would gain nothing, and the nearer of two would not come first."""


def fused_score(by_text: Any, cosine: Any, *, mean: float, deviation: float, rows: int) -> Any:
    """The score of entries with a vector, 0 to 1: for numbers, or for numpy arrays of one shape.

    ``by_text`` is the share of the query's weight that an entry holds, as :mod:`axon.ranking.bm25` gives it, 0 to 1;
    ``mean`` and ``deviation`` are those of the cosines of all ``rows`` that the query could have found, not only of
    the best. The score grows with both, so that among entries of one ``by_text`` the best are those with the greatest
    cosines. It is never below ``by_text``, which is what an entry without a vector has for a score: with one row, or
    with no spread in the cosines, the two are the same.
    """
    if rows < 2 or deviation <= 0:
        return by_text + 0 * cosine
    above = (cosine - mean) / (deviation * math.sqrt(2 * math.log(rows))) - THRESHOLD
    outstanding = (above + (above * above + _BEND) ** 0.5) / 2
    return 1 - (1 - by_text) / (1 + WEIGHT * outstanding)


def fuse_scores(
    by_text: Mapping[Key, float], by_vector: Mapping[Key, float], *, mean: float, deviation: float, rows: int
) -> dict[Key, float]:
    """The score, 0 to 1, of every key in ``by_text`` (shares of the query's weight) or ``by_vector`` (cosines).

    ``by_vector`` needs the cosines of all keys of ``by_text`` that have a vector and of the best others; a key that
    it does not have counts as an entry without one. :func:`fused_score` tells what the score is made of.
    """
    scores = dict(by_text)
    for key, cosine in by_vector.items():
        scores[key] = fused_score(scores.get(key, 0.0), cosine, mean=mean, deviation=deviation, rows=rows)
    return scores
