"""Values of JSON as the bytes that a store keeps."""

from __future__ import annotations

import json
from typing import Any

from axon.core.frozen import check_json


def encoded(value: Any, at: str, *, sort_keys: bool = False) -> bytes:
    """``value`` as bytes, if it is JSON; ``at`` names it in the error. A tuple becomes a list."""
    check_json(value, at)
    # What is JSON and not known to json.dumps is a mapping of another type.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys, default=dict).encode()


def decoded(blob: bytes) -> Any:
    """The value of :func:`encoded`, which is the caller's to change."""
    return json.loads(blob)
