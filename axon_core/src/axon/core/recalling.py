"""Asking several tiers one thing: their answers, as one ranking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import attrs

from axon.core.concurrency import concurrently
from axon.core.entries import RecalledEntry
from axon.core.neighbours import with_neighbours
from axon.spi.query import Explanation, Hit

if TYPE_CHECKING:
    from axon.core.ranking import Placed, Ranking
    from axon.core.tier import Tier
    from axon.spi.query import Query

FEWEST_CANDIDATES = 100
CANDIDATES = 4
"""So many times ``k``, but :data:`FEWEST_CANDIDATES` at least, are asked of a tier where they are to be ranked anew."""
FEWEST_WITH_NEIGHBOURS = 20
"""The neighbours of the first ``k`` hits of a tier are looked for, but of so many at least."""


async def recalled(tiers: Sequence[Tier], query: Query, *, context: int, ranking: Ranking) -> list[RecalledEntry]:
    """The ``query.limit`` best answers of ``tiers``."""
    placed = (
        await _as_they_rank(tiers, query)
        if not context and ranking.is_off
        else await _ranked_anew(tiers, query, context, ranking)
    )
    return [
        RecalledEntry.of(hit.entry, score=hit.score, tier=tier, explanation=hit.explanation) for hit, tier in placed
    ]


async def _as_they_rank(tiers: Sequence[Tier], query: Query) -> list[Placed]:
    answers = await _answers(tiers, query)
    placed = [(hit, tier.name) for tier, hits in zip(tiers, answers, strict=True) for hit in hits]
    return (sorted(placed, key=_order, reverse=True) if len(tiers) > 1 else placed)[: query.limit]


async def _ranked_anew(tiers: Sequence[Tier], query: Query, context: int, ranking: Ranking) -> list[Placed]:
    k = query.limit
    # A score below min_score may rise above it by what is added here.
    asked = attrs.evolve(query, limit=max(CANDIDATES * k, FEWEST_CANDIDATES), min_score=None)
    answers = await _answers(tiers, asked)
    if context:
        top = max(k, FEWEST_WITH_NEIGHBOURS)
        answers = await concurrently(
            [
                with_neighbours(tier, hits, query, context=context, top=top)
                for tier, hits in zip(tiers, answers, strict=True)
            ]
        )
    now = datetime.now(UTC)
    placed = [(ranking.scored(hit, now), tier.name) for tier, hits in zip(tiers, answers, strict=True) for hit in hits]
    if query.min_score is not None:
        placed = [(hit, tier) for hit, tier in placed if hit.score >= query.min_score]
    return ranking.diversified(sorted(placed, key=_order, reverse=True), k)


async def _answers(tiers: Sequence[Tier], query: Query) -> list[Sequence[Hit]]:
    fitted = [tier.fitted(query) for tier in tiers]
    answers = await concurrently([tier.query(each) for tier, each in zip(tiers, fitted, strict=True)])
    return [_explained(hits) for hits in answers] if query.explain else answers


def _explained(hits: Sequence[Hit]) -> list[Hit]:
    """``hits``, of which those of an adapter that does not explain say at least their score."""
    return [hit if hit.explanation else Hit(hit.entry, hit.score, Explanation(score=hit.score)) for hit in hits]


def _order(placed: Placed) -> tuple[float, datetime, str]:
    hit, _ = placed
    return hit.score, hit.entry.created_at, hit.entry.id
