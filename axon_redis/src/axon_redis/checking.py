"""Where a server is and how long it may take: arguments of the wrong type, or out of range, refused by name."""

from __future__ import annotations

from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.quantities import check_seconds


def check_text(value: object, at: str) -> None:
    """Text, and some of it where it names a place; it may be a secret, and is not quoted."""
    if not isinstance(value, str):
        raise WrongType(f"{at} must be text, got a {type(value).__name__}")
    if not value and at in {"url", "host", "service"}:
        raise InvalidInput(f"{at} is empty")


def check_timeout(value: object, at: str) -> None:
    """Seconds above 0, and not without end."""
    if not 0 < check_seconds(value, at) < float("inf"):
        raise InvalidInput(f"{at} must be a number of seconds above 0, got {shown(value)}")
