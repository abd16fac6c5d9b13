"""Texts get their vectors here: before anything is stored or asked, and only where a tier searches by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from axon.core.batches import Batches
    from axon.core.embedding import CachingEmbedder
    from axon.core.tier import Tier
    from axon.spi.query import Query


class Vectorizer:
    """What a system asks of its embedder. A text that comes with an embedding is left alone."""

    def __init__(self, embedder: CachingEmbedder) -> None:
        self._embedder = embedder

    async def entries(self, batches: Batches) -> Batches:
        """``batches`` with an embedding for every entry that lacks one in a tier that searches by vector.

        All of them are asked for in one call; :class:`~axon.core.errors.EmbeddingFailed` if it fails.
        """
        lacking = {tier: [e for e in batch if e.embedding is None] for tier, batch in batches.items() if tier.embeds}
        texts = [entry.text for entries in lacking.values() for entry in entries]
        if not texts:
            return batches
        made = iter(await self._embedder.embed(texts))
        return {
            tier: [attrs.evolve(e, embedding=next(made)) if tier.embeds and e.embedding is None else e for e in batch]
            for tier, batch in batches.items()
        }

    async def changes(self, changes: Mapping[str, Any], tier: Tier) -> Mapping[str, Any]:
        """``changes`` of an entry in ``tier``, with the embedding of a new text that comes without one."""
        text = changes.get("text")
        if text is None or changes["embedding"] is not None or not tier.embeds:
            return changes
        (embedding,) = await self._embedder.embed([text])
        return {**changes, "embedding": embedding}

    async def query(self, query: Query, tiers: Sequence[Tier]) -> Query:
        """``query`` with the vector of its text, if it has none and any of ``tiers`` searches by vector."""
        if query.text is None or query.vector is not None:
            return query
        if not any(tier.embeds for tier in tiers):
            return query
        (vector,) = await self._embedder.embed_queries([query.text])
        # A vector of length 0 is near to nothing, and would only shuffle what the words find.
        return attrs.evolve(query, vector=vector) if any(vector) else query
