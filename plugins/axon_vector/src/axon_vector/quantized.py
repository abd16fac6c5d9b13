"""Rows in eight bits, with a proven bound on what that costs.

A row ``x`` of length 1 is kept as whole numbers ``n`` and a scale ``s``, so that ``x = s * n + e``; the length of
``e`` is computed and the greatest one, ``E``, remembered. With the query ``q = t * m + f`` in the same form,

    |x . q - s * t * (n . m)|  =  |e . q + (s * n) . f|  <=  E + (1 + E) * |f|

by the inequality of Cauchy and Schwarz, since ``|q| = 1`` and ``|s * n| <= 1 + E``. Every row whose estimate is
less than twice that bound below the k-th best one is scored exactly, so that the answer is the exact one.
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
        self._error = 0.0

    def set(self, start: int, rows: Floats, capacity: int) -> None:
        """Take in ``rows`` from ``start`` on; there is to be room for ``capacity``."""
        if capacity > len(self._numbers):
            numbers = np.empty((capacity, rows.shape[1]), np.int8)
            scales = np.empty(capacity, np.float32)
            numbers[:start], scales[:start] = self._numbers[:start], self._scales[:start]
            self._numbers, self._scales = numbers, scales
        for first in range(0, len(rows), _CHUNK):
            numbers, scales, error = _quantized(rows[first : first + _CHUNK])
            end = start + first + len(numbers)
            self._numbers[start + first : end], self._scales[start + first : end] = numbers, scales
            self._error = max(self._error, error)

    def keep(self, rows: Any) -> None:
        """Only ``rows`` remain, in their order."""
        self._numbers, self._scales = self._numbers[rows], self._scales[rows]

    def estimates(self, vector: Floats, count: int) -> tuple[Floats, float]:
        """Estimates of the cosines of the first ``count`` rows, and how far each is from its cosine at the most."""
        numbers, scales, error = _quantized(vector[None])
        products = np.asarray(self._cdist(numbers, self._numbers[:count], "dot", out_dtype="float32")).ravel()
        estimates: Floats = products * (self._scales[:count] * scales[0])
        # A little more than the bound, for the float32 of the estimate itself.
        return estimates, self._error + (1 + self._error) * error + 1e-5


def _quantized(rows: Floats) -> tuple[NDArray[np.int8], Floats, float]:
    scales: Floats = np.abs(rows).max(axis=1) / np.float32(_HIGHEST)
    scales[scales == 0] = 1
    numbers = np.rint(rows / scales[:, None]).astype(np.int8)
    errors = np.linalg.norm(rows - numbers * scales[:, None], axis=1)
    return numbers, scales, float(errors.max(initial=0.0))
