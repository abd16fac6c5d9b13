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
_ROUNDING = 1e-5
_NOISE = 1e-6


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

    def estimates(self, vector: Floats, count: int) -> Estimates:
        """Estimates of the cosines of the first ``count`` rows."""
        numbers, scales, errors = _quantized(vector[None])
        products = np.asarray(self._cdist(numbers, self._numbers[:count], "dot", out_dtype="float32")).ravel()
        products *= self._scales[:count] * scales[0]
        return Estimates(products, self._errors[:count], float(errors[0]))


class Estimates:
    """Estimates of cosines, of which each is off by its bound at the most."""

    def __init__(self, values: Floats, errors: Floats, error: float) -> None:
        self.values = values
        self._errors = errors
        self._error = error

    def __len__(self) -> int:
        return len(self.values)

    def of(self, rows: Any) -> Estimates:
        """Those of ``rows`` alone."""
        return Estimates(self.values[rows], self._errors[rows], self._error)

    def possible(self, count: int) -> Any:
        """Where the ``count`` best may be."""
        if len(self) <= count:
            return np.arange(len(self))
        # These many certainly come as high as `least`: no more than the best of them by estimate are looked at.
        best = np.argpartition(self.values, -count)[-count:]
        least = float((self.values[best] - self._bounds(best)).min()) - _NOISE
        # First by the greatest bound of all, in one pass, then by that of each row that is left.
        most = float(self._errors.max()) * (1 + self._error) + self._error + _ROUNDING
        near = np.flatnonzero(self.values >= least - most)
        return near[self.values[near] + self._bounds(near) >= least]

    def _bounds(self, rows: Any) -> Floats:
        """E + (1 + E) * f, and a little more for the float32 of the estimate itself."""
        bounds: Floats = self._errors[rows] * (1 + self._error) + (self._error + _ROUNDING)
        return bounds


def _quantized(rows: Floats) -> tuple[NDArray[np.int8], Floats, Floats]:
    scales: Floats = np.abs(rows).max(axis=1) / np.float32(_HIGHEST)
    scales[scales == 0] = 1
    numbers = np.rint(rows / scales[:, None]).astype(np.int8)
    errors: Floats = np.linalg.norm(rows - numbers * scales[:, None], axis=1).astype(np.float32)
    return numbers, scales, errors
