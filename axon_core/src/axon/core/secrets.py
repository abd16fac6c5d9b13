"""Settings as they may be shown: whatever might be a secret is masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
_TELLING = "pass|pwd|secret|token|credential|api_?key|access_?key|private|auth|dsn"
_SECRET_KEY = re.compile(_TELLING, re.IGNORECASE)
# Up to the last "@": a password that is not percent-encoded may hold one, or a slash.
_URL_USERINFO = re.compile(r"(?<=://)\S*@")
_URL_ARGUMENT = re.compile(rf"([?&][^=&#\s]*(?:{_TELLING})[^=&#\s]*=)[^&#\s]+", re.IGNORECASE)


def masked(value: Any, key: str = "") -> Any:
    """``value`` with ``***`` for what lies under a secret-sounding key, and for the user part of URLs.

    A reference ``{env = "NAME"}`` stays: it names a secret and holds none. Its default does not stay.
    """
    if isinstance(value, Mapping):
        if is_reference(value):
            return {name: item if name == "env" and isinstance(item, str) else MASK for name, item in value.items()}
        secret = bool(_SECRET_KEY.search(key))
        return {name: masked(item, key if secret else str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item, key) for item in value]
    if value is not None and _SECRET_KEY.search(key):
        return MASK
    if isinstance(value, bytes):
        return masked(value.decode(errors="replace"))
    return _URL_ARGUMENT.sub(rf"\1{MASK}", _URL_USERINFO.sub(f"{MASK}@", value)) if isinstance(value, str) else value


def is_reference(value: object) -> bool:
    """Whether ``value`` is ``{env = "NAME"}``, with or without a ``default``."""
    return isinstance(value, Mapping) and "env" in value and set(value) <= {"env", "default"}
