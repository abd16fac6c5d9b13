"""How alike entries are: by their vectors where both have one, else by their words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from operator import mul
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry

Vectors = list[tuple[int, Any]]


class Likeness:
    """Likeness, 0 to 1, among ``entries``: what an entry has in common with each of the others.

    The cosine of two embeddings of one dimension, where it is above 0; else the words of both texts as a share of the
    words of either (Jaccard), stemmed and without stop words.
    """

    def __init__(self, entries: Sequence[MemoryEntry]) -> None:
        self._entries = entries
        self._units: dict[int, Vectors] = {}

    def to(self, chosen: int) -> list[float]:
        """The likeness of the entry at ``chosen`` to every entry, in order."""
        cosines = self._cosines(chosen)
        return [cosines[i] if i in cosines else self._common(chosen, i) for i in range(len(self._entries))]

    def _cosines(self, chosen: int) -> dict[int, float]:
        embedding = self._entries[chosen].embedding
        if embedding is None:
            return {}
        dimension = len(embedding)
        if dimension not in self._units:
            self._units[dimension] = _unit_vectors(self._entries, dimension)
        units = self._units[dimension]
        own = next(vector for i, vector in units if i == chosen)
        return {i: max(0.0, float(_dot(vector, own))) for i, vector in units}

    def _common(self, a: int, b: int) -> float:
        common = len(self._terms[a] & self._terms[b])
        return common / len(self._terms[a] | self._terms[b]) if common else 0.0

    @cached_property
    def _terms(self) -> list[frozenset[str]]:
        from axon.ranking.analysis import Analyzer

        analyzer = Analyzer()
        return [frozenset(analyzer.query(entry.text).words) for entry in self._entries]


def _unit_vectors(entries: Sequence[MemoryEntry], dimension: int) -> Vectors:
    units: Vectors = []
    for i, entry in enumerate(entries):
        if entry.embedding is not None and len(entry.embedding) == dimension:
            vector = _array(entry.embedding)
            length = math.sqrt(_dot(vector, vector)) or 1.0
            units.append((i, _scaled(vector, 1 / length)))
    return units


try:  # ten times faster; whoever stores vectors has it as a rule, but the core does not need it
    import numpy as np
except ModuleNotFoundError:

    def _array(embedding: memoryview[float]) -> Any:
        return embedding.tolist()

    def _scaled(vector: Any, factor: float) -> Any:
        return [number * factor for number in vector]

    def _dot(a: Any, b: Any) -> float:
        return float(sum(map(mul, a, b)))

else:

    def _array(embedding: memoryview[float]) -> Any:
        return np.asarray(embedding, np.float64)

    def _scaled(vector: Any, factor: float) -> Any:
        return vector * factor

    def _dot(a: Any, b: Any) -> float:
        return float(a @ b)
