"""Settings as they may be shown: whatever might be a secret is masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
_SECRET_KEY = re.compile(r"pass|secret|token|credential|api_?key|private|auth|dsn", re.IGNORECASE)
_URL_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")


def masked(value: Any, key: str = "") -> Any:
    """``value`` with ``***`` for what lies under a secret-sounding key, and for the user part of URLs.

    A reference ``{env = "NAME"}`` stays: it names a secret and holds none. Its default does not stay.
    """
    if isinstance(value, Mapping):
        if is_reference(value):
            return {name: item if name == "env" else masked(item, key) for name, item in value.items()}
        return {name: masked(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, key) for item in value]
    if value is not None and _SECRET_KEY.search(key):
        return MASK
    return _URL_USERINFO.sub(f"{MASK}@", value) if isinstance(value, str) else value


def is_reference(value: object) -> bool:
    """Whether ``value`` is ``{env = "NAME"}``, with or without a ``default``."""
    return isinstance(value, Mapping) and "env" in value and set(value) <= {"env", "default"}
