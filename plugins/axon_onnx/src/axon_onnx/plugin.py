"""What Axon finds through the entry point ``onnx``."""

from __future__ import annotations

from axon.spi import EmbedderSpec, hookimpl


@hookimpl
def axon_embedders() -> list[EmbedderSpec]:
    """The embedder ``onnx``."""
    return [
        EmbedderSpec(
            name="onnx",
            target="axon_onnx.embedder:OnnxEmbedder",
            options="axon_onnx.options:OnnxOptions",
            summary="An ONNX model on this machine; all-MiniLM-L6-v2 with the extra [minilm].",
        )
    ]
