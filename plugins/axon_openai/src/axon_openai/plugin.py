"""What Axon finds through the entry point ``openai``."""

from __future__ import annotations

from axon.spi import EmbedderSpec, hookimpl


@hookimpl
def axon_embedders() -> list[EmbedderSpec]:
    """The embedder ``openai``."""
    return [
        EmbedderSpec(
            name="openai",
            target="axon_openai.embedder:OpenAIEmbedder",
            options="axon_openai.options:OpenAIOptions",
            summary="Any endpoint that speaks the OpenAI embeddings API.",
        )
    ]
