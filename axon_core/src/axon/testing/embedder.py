"""An embedder for tests: the same vector for the same text, everywhere and at once."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from hashlib import blake2b
from struct import unpack
from typing import TYPE_CHECKING

from axon.core.embeddings import as_embedding
from axon.core.errors import InvalidInput

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding

_WORD = re.compile(r"\w+")
_PLACES = 4  # numbers of the vector that a word changes, so that two words rarely change the same


class HashEmbedder:
    """A test double, and no semantic search: it knows which words two texts share, and nothing of what they mean.

    "car" is as far from "automobile" as from "banana", and recall by words, which every adapter has,
    ranks better. It needs no model, no network and no package, and its vectors never change. A text
    without a word gets the zero vector.
    """

    name = "hash"
    version = "1"

    def __init__(self, dimension: int = 384) -> None:
        if dimension < 1:
            raise InvalidInput(f"dimension must be at least 1, got {dimension}")
        self.dimension = dimension

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """The vectors of ``texts``, of length 1."""
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Embedding:
        numbers = [0.0] * self.dimension
        for word in _WORD.findall(text.casefold()):
            digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4 * _PLACES).digest()
            for place in unpack(f"<{_PLACES}I", digest):
                numbers[(place >> 1) % self.dimension] += 1.0 if place & 1 else -1.0
        length = math.hypot(*numbers) or 1.0
        return as_embedding(array("f", [number / length for number in numbers]))
