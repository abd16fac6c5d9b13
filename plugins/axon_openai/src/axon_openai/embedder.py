"""The embedder ``openai``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from axon.core.embeddings import as_embedding
from axon.core.secrets import masked
from axon_openai.endpoint import Endpoint
from axon_openai.options import OpenAIOptions

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding
    from axon_openai.options import Encoding


class OpenAIEmbedder:
    """Embeddings from an endpoint that speaks OpenAI's embeddings API, batch after batch.

    The arguments are those of :class:`~axon_openai.options.OpenAIOptions`. Endpoints refuse blank
    texts, and with one all others of its batch: they get the zero vector and are not sent.
    """

    name = "openai"

    def __init__(
        self,
        *,
        model: str,
        base_url: str = "https://api.openai.com/v1",
        api_key: str | None = None,
        dimensions: int | None = None,
        shorten: bool = False,
        batch_size: int = 128,
        encoding: Encoding = "base64",
        timeout_seconds: float = 20.0,
        deadline_seconds: float = 60.0,
        retries: int = 4,
        text_prefix: str = "",
        query_prefix: str = "",
    ) -> None:
        self._options = OpenAIOptions(
            model=model,
            base_url=base_url,
            api_key=api_key,
            dimensions=dimensions,
            shorten=shorten,
            batch_size=batch_size,
            encoding=encoding,
            timeout_seconds=timeout_seconds,
            deadline_seconds=deadline_seconds,
            retries=retries,
            text_prefix=text_prefix,
            query_prefix=query_prefix,
        )
        self._endpoint = Endpoint(self._options)

    def __repr__(self) -> str:
        return f"<OpenAIEmbedder {self._options.model} at {masked(self._options.base_url)}>"

    @property
    def version(self) -> str:
        """The model, with a hash of the prefix of texts if there is one."""
        prefix = self._options.text_prefix
        return self._options.model + (f"-{hashlib.sha256(prefix.encode()).hexdigest()[:6]}" if prefix else "")

    @property
    def dimension(self) -> int:
        """That of the settings, or of the model if it is one of OpenAI's."""
        return self._options.dimension

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """The vectors of ``texts``, as the model makes them."""
        return await self._embed(texts, self._options.text_prefix)

    async def embed_queries(self, texts: Sequence[str]) -> list[Embedding]:
        """The vectors of questions, as the model makes them."""
        return await self._embed(texts, self._options.query_prefix)

    async def aclose(self) -> None:
        """Close the connections; the next call opens new ones."""
        await self._endpoint.aclose()

    async def _embed(self, texts: Sequence[str], prefix: str) -> list[Embedding]:
        result = [as_embedding([0.0] * self.dimension)] * len(texts)
        sent = [i for i, text in enumerate(texts) if text.strip()]
        for start in range(0, len(sent), self._options.batch_size):
            places = sent[start : start + self._options.batch_size]
            vectors = await self._endpoint.vectors([prefix + texts[i] for i in places])
            for place, vector in zip(places, vectors, strict=True):
                result[place] = vector
        return result
