"""What an endpoint answers: vectors, or what is wrong."""

from __future__ import annotations

import base64
import sys
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from axon.core.embeddings import as_embedding
from axon.core.errors import InvalidInput

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding


def vectors_of(body: Any, *, texts: int, dimension: int) -> list[Embedding]:
    """The vectors in ``body``, in the order of the texts. :class:`InvalidInput` says why there are none."""
    rows = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(rows, Sequence) or not all(isinstance(row, Mapping) for row in rows):
        raise InvalidInput('it answered without a list of vectors under "data"')
    if len(rows) != texts:
        raise InvalidInput(f"it answered with {len(rows)} vectors for {texts} texts")
    by_index = {row.get("index", place): row for place, row in enumerate(rows)}
    if by_index.keys() != set(range(texts)):
        raise InvalidInput('it answered with an "index" that is missing, twice there or beyond the texts')
    return [_vector(by_index[i].get("embedding"), dimension) for i in range(texts)]


def _vector(value: Any, dimension: int) -> Embedding:
    vector = as_embedding(_decoded(value) if isinstance(value, str) else value, "the vector it answered with")
    if len(vector) != dimension:
        raise InvalidInput(
            f"it answered with vectors of {len(vector)} dimensions instead of {dimension}: "
            f"set dimensions = {len(vector)}, or shorten = true if the model can make shorter ones"
        )
    return vector


def _decoded(value: str) -> array[float]:
    numbers = array("f")
    try:
        numbers.frombytes(base64.b64decode(value, validate=True))
    except ValueError:
        raise InvalidInput("it answered with a vector that is not the base64 of float32 numbers") from None
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def complaint_of(body: Any) -> tuple[str, str]:
    """The message and the code of an error, as far as there are any."""
    error = body.get("error", body) if isinstance(body, Mapping) else None
    if isinstance(error, str):
        return error, ""
    if not isinstance(error, Mapping):
        return "", ""
    message = error.get("message") or error.get("detail") or ""
    return str(message), str(error.get("code") or "")


def wait_of(header: str | None) -> float | None:
    """The seconds of a ``Retry-After``, which is a number or a date; ``None``: there is none that makes sense."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
