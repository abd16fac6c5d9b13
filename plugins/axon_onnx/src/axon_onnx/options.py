"""The settings of the ONNX embedder, as a configuration file gives them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import field, frozen
from attrs.validators import ge

Pooling: TypeAlias = Literal["mean", "cls"]


@frozen(kw_only=True)
class OnnxOptions:
    """The arguments of :class:`~axon_onnx.OnnxEmbedder`."""

    path: str | None = None
    """A directory with ``model.onnx`` and ``tokenizer.json``; ``None``: MiniLM of the extra ``[minilm]``."""
    max_tokens: int = field(default=256, validator=ge(8))
    """Tokens the model reads at once; a longer text is read in pieces, and its vector is their mean."""
    batch_size: int = field(default=8, validator=ge(1))
    """Texts a run of the model; more than 8 is slower on most machines."""
    threads: int = field(default=1, validator=ge(1))
    """Processor cores a run may use."""
    pooling: Pooling = "mean"
    """How the vectors of tokens become one: their mean, or that of the first token. The model's card says which."""
    text_prefix: str = ""
    """What the model wants before a stored text, such as ``"passage: "`` for e5."""
    query_prefix: str = ""
    """What the model wants before a question, such as ``"query: "`` for e5."""
