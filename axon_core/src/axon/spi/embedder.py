"""Text to vectors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding


class Embedder(Protocol):
    """Makes one vector for each text; all of them of ``dimension`` numbers and of length 1."""

    dimension: int

    @abstractmethod
    async def embed(self, texts: Sequence[str]) -> Sequence[Embedding]:
        """The vectors of ``texts``, in their order."""
