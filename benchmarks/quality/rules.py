"""Rules to make one ranking of two, by name: that of Axon, and those that it was measured against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import fmean, pstdev
from typing import TypeAlias

from axon.ranking.fusion import fuse_scores

Scores: TypeAlias = Mapping[str, float]
Rule: TypeAlias = Callable[[Scores, Scores], Scores]
"""From the scores by words, of what shares one, and the cosines of everything, to one score each."""


def axon(by_text: Scores, by_vector: Scores) -> Scores:
    """What the adapters do."""
    cosines = by_vector.values()
    return fuse_scores(by_text, by_vector, mean=fmean(cosines), deviation=pstdev(cosines), rows=len(cosines))


def ranks(k: int) -> Rule:
    """Reciprocal rank fusion (Cormack, Clarke and Buettcher (2009), who have ``k`` = 60)."""

    def fuse(by_text: Scores, by_vector: Scores) -> Scores:
        fused = dict.fromkeys(by_vector, 0.0)
        for scores in (by_text, by_vector):
            for rank, entry_id in enumerate(sorted(scores, key=scores.__getitem__, reverse=True), start=1):
                fused[entry_id] += 1 / (k + rank)
        return fused

    return fuse


def standard_scores(weight: float) -> Rule:
    """The standard score of the cosine, and ``weight`` times that of the words."""

    def fuse(by_text: Scores, by_vector: Scores) -> Scores:
        texts = _standard({entry_id: by_text.get(entry_id, 0.0) for entry_id in by_vector})
        vectors = _standard(by_vector)
        return {entry_id: vectors[entry_id] + weight * texts[entry_id] for entry_id in by_vector}

    return fuse


def convex(share: float) -> Rule:
    """Both scaled to 0..1 by the least and the greatest, ``share`` of the vectors'."""

    def fuse(by_text: Scores, by_vector: Scores) -> Scores:
        texts = _scaled({entry_id: by_text.get(entry_id, 0.0) for entry_id in by_vector})
        vectors = _scaled(by_vector)
        return {entry_id: share * vectors[entry_id] + (1 - share) * texts[entry_id] for entry_id in by_vector}

    return fuse


RULES: Mapping[str, Rule] = {
    "words alone": lambda by_text, _: by_text,
    "vectors alone": lambda _, by_vector: by_vector,
    "RRF, k = 60": ranks(60),
    "RRF, k = 10": ranks(10),
    "z(cosine) + 0.35 z(words)": standard_scores(0.35),
    "convex, half each": convex(0.5),
    "Axon": axon,
}


def _standard(scores: Scores) -> Scores:
    middle, deviation = fmean(scores.values()), pstdev(scores.values())
    return {key: (score - middle) / deviation if deviation else 0.0 for key, score in scores.items()}


def _scaled(scores: Scores) -> Scores:
    least, greatest = min(scores.values()), max(scores.values())
    return {key: (score - least) / ((greatest - least) or 1.0) for key, score in scores.items()}
