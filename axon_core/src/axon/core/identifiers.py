"""Identifiers of entries: made here, or chosen by the caller and checked here."""

from __future__ import annotations

import os
import time

from axon.core.errors import InvalidInput, WrongType
from axon.core.frozen import encodable

LONGEST = 1024
"""Characters in an id, a namespace, a tag, a user or a session."""


def new_id() -> str:
    """A UUID of version 7 (RFC 9562, method 3): ids made later sort later, to a quarter of a microsecond."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    moment = f"{milliseconds:012x}"
    random = os.urandom(8).hex()
    # 12 bits of the rest (x * 4096 / 1e6), then 2 bits of variant and 62 of chance.
    return f"{moment[:8]}-{moment[8:]}-7{rest * 4096 // 1_000_000:03x}-{_VARIANT[random[0]]}{random[1:4]}-{random[4:]}"


_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def check_name(value: object, at: str, *, longest: int = LONGEST) -> str:
    """``value`` if it can name something: 1 to ``longest`` characters of text without NUL.

    Everything else is an ordinary character: ``*``, ``:``, ``{}``, spaces, emoji.
    """
    if type(value) is str and 0 < len(value) <= longest and value.isascii() and "\0" not in value:
        return value
    if not isinstance(value, str):
        raise WrongType(f"{at} must be text, got {type(value).__name__}")
    if not value:
        raise InvalidInput(f"{at} is empty")
    if len(value) > longest:
        raise InvalidInput(f"{at} has {len(value):,} characters; at most {longest:,} are allowed")
    if "\0" in value:
        raise InvalidInput(f"{at} holds a NUL character")
    encodable(value, at)
    return str.__str__(value)  # of a subclass, as an enum is, what equals it: its own text may be another one
