"""Text to vectors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Protocol


class Vectors(Protocol):
    """Rows of numbers, one for each text: a numpy array [n, d], or a list of vectors."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...


class Embedder(Protocol):
    """Makes one vector for each text.

    It is constructed anywhere and does its work off the thread of the event loop. Vectors of two
    embedders can be compared only if ``name``, ``version`` and ``dimension`` are the same: whatever
    changes the vector of a text has to change the version.

    Two more methods are used where they exist: ``async embed_queries(texts)`` for questions, if the
    model wants these in another form than what is stored, and ``async aclose()``, which gives back what
    the embedder opened.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """What a configuration calls it."""

    @property
    @abstractmethod
    def version(self) -> str:
        """The model, and what else decides on the vectors. Reading it may load the model, as may ``dimension``."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """How many numbers a vector has."""

    @abstractmethod
    async def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of ``texts`` in their order, each as :func:`~axon.core.embeddings.as_embedding` takes it.

        As a rule a numpy array, float32 [n, d]. Raises :class:`~axon.core.errors.EmbeddingFailed`.
        """
