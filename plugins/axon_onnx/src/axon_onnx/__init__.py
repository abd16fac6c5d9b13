"""Embeddings for Axon from an ONNX model: ``from axon_onnx import OnnxEmbedder``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon_onnx.embedder import OnnxEmbedder as OnnxEmbedder

__all__ = ["OnnxEmbedder"]


def __getattr__(name: str) -> Any:
    # Looked up when it is used: the entry point imports this package, and listing embedders imports no runtime.
    if name in __all__:
        from axon_onnx import embedder

        return getattr(embedder, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
