"""Embeddings for Axon from an OpenAI-compatible endpoint: ``from axon_openai import OpenAIEmbedder``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon_openai.embedder import OpenAIEmbedder as OpenAIEmbedder

__all__ = ["OpenAIEmbedder"]


def __getattr__(name: str) -> Any:
    # Looked up when it is used: the entry point imports this package, and listing embedders imports no HTTP client.
    if name in __all__:
        from axon_openai import embedder

        return getattr(embedder, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
