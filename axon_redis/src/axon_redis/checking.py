"""Arguments of the wrong type, or out of range, refused by name."""

from __future__ import annotations

from axon.core.errors import InvalidInput, WrongType, shown


def check_text(name: str, value: object) -> None:
    """Text or nothing; and some of it, where it names a place."""
    if value is not None and not isinstance(value, str):
        raise WrongType(f"{name} must be text, got a {type(value).__name__}")
    if value == "" and name in {"url", "host", "service"}:
        raise InvalidInput(f"{name} is empty")


def check_integer(name: str, value: object, least: int, most: int | None) -> None:
    """An integer from ``least`` to ``most``, or nothing."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(f"{name} must be an integer, got {shown(value)}")
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"{least} to {most}"
        raise InvalidInput(f"{name} must be {bounds}, got {shown(value)}")


def check_seconds(name: str, value: object) -> None:
    """A time that ends, or nothing."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(f"{name} must be a number of seconds, got {shown(value)}")
    if not 0 < value < float("inf"):
        raise InvalidInput(f"{name} must be a number of seconds above 0, got {shown(value)}")


def check_flag(name: str, value: object) -> None:
    """``True``, ``False`` or nothing."""
    if value is not None and not isinstance(value, bool):
        raise WrongType(f"{name} must be True or False, got {shown(value)}")
