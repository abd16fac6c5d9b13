"""The settings of the sentence-transformers embedder, as a configuration file gives them."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, field, frozen

from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.quantities import check_whole, checked_by


def _model(_: Any, __: Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not value:
        kind = InvalidInput if value == "" else WrongType
        raise kind(f"model must be the name or the directory of a model, got {shown(value)}")


@frozen(kw_only=True)
class SentenceTransformersOptions:
    """The arguments of :class:`~axon_sentence_transformers.SentenceTransformersEmbedder`."""

    model: str = field(validator=_model)
    """A name on the Hugging Face Hub, from where it is downloaded unless it was before, or a directory."""
    revision: str | None = None
    """The branch, tag or commit on the Hub; a commit makes sure that the model stays what it is."""
    device: str | None = None
    """Such as ``"cpu"`` or ``"cuda"``; ``None``: the library chooses."""
    batch_size: int = field(default=32, validator=checked_by(check_whole, least=1))
    """Texts a run of the model."""
    offline: bool = False
    """Whether the model must be on this machine already; nothing is downloaded then."""
