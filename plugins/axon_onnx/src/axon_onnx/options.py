"""The settings of the ONNX embedder, as a configuration file gives them."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

from attrs import Attribute, field, frozen

from axon.core.errors import InvalidInput, shown
from axon.core.quantities import check_whole, checked_by

Pooling: TypeAlias = Literal["mean", "cls"]

_FEWEST_TOKENS = 8  # with fewer, the marks at both ends would leave hardly any for words


def _pooling(_: Any, __: Attribute[Any], value: object) -> None:
    if value not in get_args(Pooling):
        raise InvalidInput(f"pooling must be one of {', '.join(get_args(Pooling))}, got {shown(value)}")


@frozen(kw_only=True)
class OnnxOptions:
    """The arguments of :class:`~axon_onnx.OnnxEmbedder`."""

    path: str | None = None
    """A directory with ``model.onnx`` and ``tokenizer.json``; ``None``: MiniLM of the extra ``[minilm]``."""
    max_tokens: int = field(default=256, validator=checked_by(check_whole, least=_FEWEST_TOKENS))
    """Tokens the model reads at once; a longer text is read in pieces, and its vector is their mean."""
    batch_size: int = field(default=8, validator=checked_by(check_whole, least=1))
    """Texts a run of the model; more than 8 is slower on most machines."""
    threads: int = field(default=1, validator=checked_by(check_whole, least=1))
    """Processor cores a run may use."""
    pooling: Pooling = field(default="mean", validator=_pooling)
    """How the vectors of tokens become one: their mean, or that of the first token. The model's card says which."""
    text_prefix: str = ""
    """What the model wants before a stored text, such as ``"passage: "`` for e5."""
    query_prefix: str = ""
    """What the model wants before a question, such as ``"query: "`` for e5."""
