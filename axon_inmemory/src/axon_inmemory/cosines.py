"""How near entries are to a vector."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Cosines:
    """The cosines of ``ids``, computed exactly; ``place_of`` says where in ``scores`` that of an id is."""

    def __init__(self, ids: list[str], place_of: Mapping[str, int], scores: NDArray[np.float32]) -> None:
        self._ids = ids
        self._place_of = place_of
        self._scores = scores

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def mean(self) -> float:
        """That of all of them; 0 if there are none."""
        return float(self._scores.mean()) if len(self._scores) else 0.0

    @property
    def deviation(self) -> float:
        """The standard deviation of all of them; 0 if there are none."""
        return float(self._scores.std()) if len(self._scores) else 0.0

    def nearest(self, limit: int) -> dict[str, float]:
        """The ``limit`` nearest ids and what is as near as the last of them, the nearest first."""
        scores = self._scores
        # Also those that are equal to the last one: the caller knows which of them is newer.
        least = np.partition(scores, -limit)[-limit] if len(scores) > limit else -np.inf
        places = np.flatnonzero(scores >= least)
        places = places[np.argsort(-scores[places], kind="stable")]
        return {self._ids[place]: float(scores[place]) for place in places.tolist()}

    def of(self, ids: Iterable[str]) -> dict[str, float]:
        """The cosine of each of ``ids`` that has one."""
        return {i: float(self._scores[self._place_of[i]]) for i in ids if i in self._place_of}
