"""What Axon finds through the entry point ``sentence_transformers``."""

from __future__ import annotations

from axon.spi import EmbedderSpec, hookimpl


@hookimpl
def axon_embedders() -> list[EmbedderSpec]:
    """The embedder ``sentence_transformers``."""
    return [
        EmbedderSpec(
            name="sentence_transformers",
            target="axon_sentence_transformers.embedder:SentenceTransformersEmbedder",
            options="axon_sentence_transformers.options:SentenceTransformersOptions",
            summary="A sentence-transformers model, with torch.",
        )
    ]
