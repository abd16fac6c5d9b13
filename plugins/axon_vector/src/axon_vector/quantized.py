"""Rows in eight bits, with a proven bound on what that costs.

A row ``x`` of length 1 is kept as whole numbers ``n``, a scale ``s`` and the length ``E`` of the rest ``e``, so that
``x = s * n + e``. With the query ``q = t * m + f`` in the same form,

    |x . q - s * t * (n . m)|  =  |e . q + (s * n) . f|  <=  E + (1 + E) * |f|

by the inequality of Cauchy and Schwarz, since ``|q| = 1`` and ``|s * n| <= 1 + E``. Every row that may lie, by its own
bound, above the k-th best lower bound is scored exactly, so that the answer is the exact one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from axon.core.errors import StoreUnsupported

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_HIGHEST = 127
_CHUNK = 65_536


class Quantized:
    """Eight bits a number beside the float32 of a matrix; a product with them reads a quarter of the memory."""

    def __init__(self, dimension: int) -> None:
        try:
            import numkong
        except ImportError:
            raise StoreUnsupported('scan = "int8" needs numkong: pip install "axon-vector[int8]"') from None
        self._cdist = numkong.cdist
        self._numbers: NDArray[np.int8] = np.empty((0, dimension), np.int8)
        self._scales: Floats = np.empty(0, np.float32)
        self._errors: Floats = np.empty(0, np.float32)

    def set(self, start: int, rows: Floats, capacity: int) -> None:
        """Take in ``rows`` from ``start`` on; there is to be room for ``capacity``."""
        if capacity > len(self._numbers):
            numbers = np.empty((capacity, rows.shape[1]), np.int8)
            scales, errors = np.empty(capacity, np.float32), np.empty(capacity, np.float32)
            numbers[:start], scales[:start] = self._numbers[:start], self._scales[:start]
            errors[:start] = self._errors[:start]
            self._numbers, self._scales, self._errors = numbers, scales, errors
        for first in range(0, len(rows), _CHUNK):
            numbers, scales, errors = _quantized(rows[first : first + _CHUNK])
            chunk = slice(start + first, start + first + len(numbers))
            self._numbers[chunk], self._scales[chunk], self._errors[chunk] = numbers, scales, errors

    def keep(self, rows: Any) -> None:
        """Only ``rows`` remain, in their order."""
        self._numbers, self._scales, self._errors = self._numbers[rows], self._scales[rows], self._errors[rows]

    def estimates(self, vector: Floats, count: int) -> tuple[Floats, Floats]:
        """Estimates of the cosines of the first ``count`` rows, and how far each is from its cosine at the most."""
        numbers, scales, errors = _quantized(vector[None])
        products = np.asarray(self._cdist(numbers, self._numbers[:count], "dot", out_dtype="float32")).ravel()
        estimates: Floats = products * (self._scales[:count] * scales[0])
        # E + (1 + E) * f, and a little more for the float32 of the estimate itself.
        bounds: Floats = self._errors[:count] * (1 + errors[0]) + (errors[0] + np.float32(1e-5))
        return estimates, bounds


def _quantized(rows: Floats) -> tuple[NDArray[np.int8], Floats, Floats]:
    scales: Floats = np.abs(rows).max(axis=1) / np.float32(_HIGHEST)
    scales[scales == 0] = 1
    numbers = np.rint(rows / scales[:, None]).astype(np.int8)
    errors: Floats = np.linalg.norm(rows - numbers * scales[:, None], axis=1).astype(np.float32)
    return numbers, scales, errors
