"""Embeddings for Axon by sentence-transformers.

``from axon_sentence_transformers import SentenceTransformersEmbedder``
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon_sentence_transformers.embedder import SentenceTransformersEmbedder as SentenceTransformersEmbedder

__all__ = ["SentenceTransformersEmbedder"]


def __getattr__(name: str) -> Any:
    # Looked up when it is used: the entry point imports this package, and listing embedders imports no torch.
    if name in __all__:
        from axon_sentence_transformers import embedder

        return getattr(embedder, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
