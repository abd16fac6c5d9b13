"""The embedder ``sentence_transformers``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from axon.core.errors import EmbeddingFailed, InvalidInput
from axon.core.worker import Worker
from axon_sentence_transformers.options import SentenceTransformersOptions

_LIBRARY = "sentence_transformers"


class SentenceTransformersEmbedder:
    """Embeddings by the library sentence-transformers, made in one thread beside the event loop.

    The arguments are those of :class:`~axon_sentence_transformers.options.SentenceTransformersOptions`.
    That the library is missing is said at once; it is imported, and the model is loaded, with the first text or
    by reading ``dimension``. Texts and questions go to ``encode_document`` and ``encode_query``, which know
    the prompts of the model. The library cuts texts off at its model's ``max_seq_length``.
    """

    name = "sentence_transformers"

    def __init__(
        self,
        *,
        model: str,
        revision: str | None = None,
        device: str | None = None,
        batch_size: int = 32,
        offline: bool = False,
    ) -> None:
        self._options = SentenceTransformersOptions(
            model=model, revision=revision, device=device, batch_size=batch_size, offline=offline
        )
        if find_spec(_LIBRARY) is None:
            raise InvalidInput(
                "sentence-transformers is not installed: pip install 'axon-sentence-transformers[torch]' "
                "(some gigabytes; axon-onnx needs far less)"
            )
        self._worker = Worker("axon-sentence-transformers")
        self._loaded: Any = None

    def __repr__(self) -> str:
        return f"<SentenceTransformersEmbedder {self.version}>"

    @property
    def version(self) -> str:
        """The model, with its revision if one is set."""
        revision = self._options.revision
        return self._options.model + (f"@{revision}" if revision else "")

    @property
    def dimension(self) -> int:
        """That of the model."""
        model = self._loaded or self._worker.wait(self._model)
        # Named anew in a later version of the library.
        read = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
        return int(read())

    async def embed(self, texts: Sequence[str]) -> Any:
        """The vectors of ``texts``: a numpy array, float32 [n, d], of length 1."""
        return await self._worker.run(lambda: self._encoded(self._model().encode_document, texts))

    async def embed_queries(self, texts: Sequence[str]) -> Any:
        """The vectors of questions: a numpy array, float32 [n, d], of length 1."""
        return await self._worker.run(lambda: self._encoded(self._model().encode_query, texts))

    async def aclose(self) -> None:
        """Let the thread and the model go; the next call loads it again."""
        self._worker.stop()
        self._loaded = None

    def _encoded(self, encode: Callable[..., Any], texts: Sequence[str]) -> Any:
        return encode(
            list(texts),
            batch_size=self._options.batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )

    def _model(self) -> Any:
        # Only ever called in the worker's thread, so that it is loaded once.
        if self._loaded is None:
            options = self._options
            try:
                self._loaded = import_module(_LIBRARY).SentenceTransformer(
                    options.model, revision=options.revision, device=options.device, local_files_only=options.offline
                )
            except Exception as error:
                first = next(iter(str(error).splitlines()), "")
                raise EmbeddingFailed(
                    self.name, f"cannot load the model {options.model!r}: {type(error).__name__}: {first}"
                ) from error
        return self._loaded
