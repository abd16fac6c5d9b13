"""Embeddings: a one-dimensional, read-only buffer of float32 from end to end."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from axon.core.errors import InvalidInput, WrongType

if TYPE_CHECKING:
    Embedding: TypeAlias = memoryview[float]
    """``len()`` is the dimension; ``numpy.asarray(embedding)`` costs no copy."""


def as_embedding(value: Any, at: str = "embedding") -> Embedding:
    """A float32 copy of ``value``: a numpy vector, an ``array``, a buffer of floats, or a sequence of numbers.

    Refused: no dimension at all or more than one, NaN and infinities (also what becomes
    infinite in float32), and whatever is not numbers.
    """
    if type(value) is memoryview and value.format == "f" and value.ndim == 1 and value.readonly:
        vector = cast("Embedding", value)
    else:
        vector = memoryview(_floats(value, at)).cast("f")
    if not vector:
        raise InvalidInput(f"{at} has no dimensions")
    if not math.isfinite(sum(vector)):
        raise InvalidInput(f"{at} holds NaN or an infinity")
    return vector


def _floats(value: Any, at: str) -> bytes:
    if isinstance(value, str | bytes | bytearray | AbstractSet | Mapping):
        raise WrongType(f"{at} must be a vector of numbers, got {type(value).__name__}")
    try:
        buffer = memoryview(value)
    except (TypeError, ValueError):  # no buffer, or one of a kind that Python does not know, such as dates
        return _converted(value, at)
    if buffer.ndim != 1:
        raise InvalidInput(f"{at} must have one dimension, got {buffer.ndim}")
    if buffer.format == "f":
        return buffer.tobytes()
    if "Z" in buffer.format:
        raise WrongType(f"{at} must be a vector of real numbers, got complex ones")
    try:
        return _converted(buffer.tolist(), at)
    except NotImplementedError:  # half precision, a foreign byte order
        return _converted(value, at)


def _converted(numbers: Any, at: str) -> bytes:
    try:
        return array("f", numbers).tobytes()
    except (TypeError, ValueError, OverflowError) as error:
        raise WrongType(f"{at} must be a vector of numbers: {error}") from None
