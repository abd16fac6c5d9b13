"""The embedder ``onnx``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from axon.core.worker import Worker
from axon_onnx.files import find_files
from axon_onnx.options import OnnxOptions
from axon_onnx.unit import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Encoding

    from axon_onnx.model import Model
    from axon_onnx.options import Pooling

    Floats: TypeAlias = NDArray[np.float32]


class OnnxEmbedder:
    """Embeddings from a model on this machine, made in one thread beside the event loop.

    The arguments are those of :class:`~axon_onnx.options.OnnxOptions`. Missing files are said at once;
    the model is loaded with the first text, or by reading ``version`` or ``dimension``.
    """

    name = "onnx"

    def __init__(
        self,
        *,
        path: str | None = None,
        max_tokens: int = 256,
        batch_size: int = 8,
        threads: int = 1,
        pooling: Pooling = "mean",
        text_prefix: str = "",
        query_prefix: str = "",
    ) -> None:
        self._options = OnnxOptions(
            path=path,
            max_tokens=max_tokens,
            batch_size=batch_size,
            threads=threads,
            pooling=pooling,
            text_prefix=text_prefix,
            query_prefix=query_prefix,
        )
        self._files = find_files(path)
        self._worker = Worker("axon-onnx")
        self._loaded: Model | None = None

    def __repr__(self) -> str:
        return f"<OnnxEmbedder {self._files.model}>"

    @property
    def version(self) -> str:
        """The beginning of the model's SHA-256, with the settings that change vectors."""
        options = self._options
        parts = [self._model_now().digest[:12], options.pooling, str(options.max_tokens)]
        if options.text_prefix:
            parts.append(hashlib.sha256(options.text_prefix.encode()).hexdigest()[:6])
        return "-".join(parts)

    @property
    def dimension(self) -> int:
        """That of the model."""
        return self._model_now().dimension

    async def embed(self, texts: Sequence[str]) -> Floats:
        """The vectors of ``texts``: float32 [n, d], of length 1."""
        return await self._embed([self._options.text_prefix + text for text in texts])

    async def embed_queries(self, texts: Sequence[str]) -> Floats:
        """The vectors of questions: float32 [n, d], of length 1."""
        return await self._embed([self._options.query_prefix + text for text in texts])

    async def aclose(self) -> None:
        """Let the thread and the model go; the next call loads it again."""
        self._worker.stop()
        self._loaded = None

    async def _embed(self, texts: Sequence[str]) -> Floats:
        model = await self._worker.run(self._model)
        tokens = await self._worker.run(partial(model.tokens, texts))
        pieces = [(row, piece) for row, pieces in enumerate(tokens) for piece in pieces]
        # By length, so that little is padded: padding costs as much as words do.
        pieces.sort(key=lambda item: len(item[1]))
        result = np.zeros((len(texts), model.dimension), dtype=np.float32)
        for start in range(0, len(pieces), self._options.batch_size):
            # Batch by batch, so that a question waits for one batch of a long import and not for all of it.
            await self._worker.run(partial(_add, result, model, pieces[start : start + self._options.batch_size]))
        return unit(result)

    def _model_now(self) -> Model:
        return self._loaded or self._worker.wait(self._model)

    def _model(self) -> Model:
        # Only ever called in the worker's thread, so that it is loaded once.
        if self._loaded is None:
            from axon_onnx.model import Model

            options = self._options
            self._loaded = Model(
                self._files, max_tokens=options.max_tokens, threads=options.threads, pooling=options.pooling
            )
        return self._loaded


def _add(result: Floats, model: Model, batch: Sequence[tuple[int, Encoding]]) -> None:
    vectors = model.vectors([piece for _, piece in batch])
    for (row, piece), vector in zip(batch, vectors, strict=True):
        result[row] += vector * len(piece)
