"""A loaded model: tokens in, vectors out. Everything here blocks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import onnxruntime as ort
from tokenizers import Encoding, Tokenizer

from axon.core.errors import EmbeddingFailed
from axon_onnx.unit import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from axon_onnx.files import ModelFiles
    from axon_onnx.options import Pooling

    Floats: TypeAlias = NDArray[np.float32]

_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_FATAL = 4


class Model:
    """The session of the runtime and the tokenizer. :class:`EmbeddingFailed` says what cannot be loaded or run."""

    def __init__(self, files: ModelFiles, *, max_tokens: int, threads: int, pooling: Pooling) -> None:
        self._path = files.model
        self._pooling = pooling
        self.digest = files.digest()
        self._tokenizer = _tokenizer(files.tokenizer, max_tokens)
        self._padding: int = (json.loads(self._tokenizer.to_str()).get("padding") or {}).get("pad_id", 0)
        self._tokenizer.no_padding()
        self._session = _session(files.model, threads)
        self._inputs = {node.name for node in self._session.get_inputs()}
        if "input_ids" not in self._inputs or not self._inputs <= _INPUTS:
            raise EmbeddingFailed(
                "onnx",
                f"{files.model} reads {', '.join(sorted(self._inputs))}, "
                f"and an embedding model reads {', '.join(sorted(_INPUTS))}",
            )
        self.dimension = self._try(max_tokens)

    def tokens(self, texts: Sequence[str]) -> list[list[Encoding]]:
        """Each of ``texts`` in pieces of ``max_tokens`` at the most."""
        return [[whole, *whole.overflowing] for whole in self._tokenizer.encode_batch(list(texts))]

    def vectors(self, pieces: Sequence[Encoding]) -> Floats:
        """A vector of length 1 for each piece: float32 [n, d]."""
        longest = max(len(piece) for piece in pieces)
        ids = np.full((len(pieces), longest), self._padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, piece in enumerate(pieces):
            ids[row, : len(piece)] = piece.ids
            mask[row, : len(piece)] = 1
        return self._run(ids, mask)

    def _run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Floats:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output: Any = self._session.run(None, {name: given[name] for name in self._inputs})[0]
        if output.ndim == 3:  # a vector a token
            output = output[:, 0] if self._pooling == "cls" else _mean(output, mask)
        if output.ndim != 2:
            raise EmbeddingFailed("onnx", f"the first output of {self._path} has {output.ndim} dimensions, not 2 or 3")
        return unit(output)

    def _try(self, max_tokens: int) -> int:
        """The dimension, learnt from the longest input there may be, which not every model can take."""
        ids = np.full((1, max_tokens), self._padding, dtype=np.int64)
        try:
            return int(self._run(ids, np.ones_like(ids)).shape[1])
        except EmbeddingFailed:
            raise
        except Exception as error:
            raise EmbeddingFailed(
                "onnx",
                f"{self._path} cannot read max_tokens = {max_tokens} tokens at once (often 512 is the limit): "
                f"{_first_line(error)}",
            ) from error


def _mean(output: NDArray[Any], mask: NDArray[np.int64]) -> NDArray[Any]:
    weights = mask[:, :, None].astype(output.dtype)
    mean: NDArray[Any] = (output * weights).sum(axis=1) / weights.sum(axis=1)
    return mean


def _tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises Exception itself
        raise EmbeddingFailed("onnx", f"{path} is no tokenizer: {_first_line(error)}") from error
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _session(path: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL  # what fails is raised, and need not be printed too
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise EmbeddingFailed("onnx", f"{path} is no model that this machine can run: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:300]
