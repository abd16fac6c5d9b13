"""Settings as they may be shown: whatever might be a secret is masked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
_SECRET_KEY = re.compile(
    r"pass|pwd|pw(?:_|$)|secret|credential|private|dsn|jwt|bearer|cookie|conn(?:ection)?_?str"
    r"|auth(?!or(?!i[sz]))"  # authorization, but no author
    r"|(?<!max_)(?<!min_)(?<!num_)token(?!i[sz]|_?(?:count|limit)|s_per)"  # no tokenizer, and no number of tokens
    r"|(?:api|access)_?key|(?:^|_)keys?$"
)
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|-")
# Up to the last "@": a password that is not percent-encoded may hold one, or a slash.
_USERINFO = re.compile(r"(?<=://)\S*@|(?<![^\s,;])[^\s,;:/@]*:(?!//)\S*@(?=\S)")
_URL_ARGUMENT = re.compile(r"([?&]([^=&#\s]*)=)[^&#\s]+")


def masked(value: Any, key: str = "") -> Any:
    """``value`` with ``***`` for what lies under a secret-sounding key, and for the user part of an address.

    A reference ``{env = "NAME"}`` stays: it names a secret and holds none. Its default does not stay.
    """
    if isinstance(value, Mapping):
        if is_reference(value):
            return {name: item if name == "env" and isinstance(item, str) else MASK for name, item in value.items()}
        secret = _tells(key)
        return {name: masked(item, key if secret else str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(item, key) for item in value]
    if value is not None and _tells(key):
        return MASK
    if isinstance(value, bytes):
        return masked(value.decode(errors="replace"))
    return _URL_ARGUMENT.sub(_argument, _USERINFO.sub(f"{MASK}@", value)) if isinstance(value, str) else value


def _tells(key: str) -> bool:
    """Whether a key sounds as if a secret lay under it."""
    return bool(_SECRET_KEY.search(_WORD_BREAK.sub("_", key).lower()))


def _argument(match: re.Match[str]) -> str:
    return f"{match[1]}{MASK}" if _tells(match[2]) else match[0]


def is_reference(value: object) -> bool:
    """Whether ``value`` is ``{env = "NAME"}``, with or without a ``default``."""
    return isinstance(value, Mapping) and "env" in value and set(value) <= {"env", "default"}
