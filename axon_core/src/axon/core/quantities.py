"""What a caller gives, checked: spans in seconds, whole numbers, weights, flags and bytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.lifetimes import SHORTEST_S

if TYPE_CHECKING:
    from attrs import Attribute

LONGEST_S = 1000 * 365 * 86_400
"""What the calendar of a datetime holds from now on, and to spare."""

HEAVIEST = 2**50
"""The most that a limit may allow: stores that count in floats count so far exactly."""


def check_span(value: object, at: str) -> float:
    """``value`` if it is a span in seconds, from a microsecond to 1000 years; ``at`` names it in the error."""
    if (type(value) is float or type(value) is int) and SHORTEST_S <= value <= LONGEST_S:
        return float(value)
    seconds = check_seconds(value, at)
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise InvalidInput(f"{at} must be from a microsecond to 1000 years, got {shown(value)}")
    return seconds


def check_patience(value: object, at: str) -> float:
    """``value`` if it is how many seconds to wait: 0 or more, also without end (``math.inf``)."""
    if type(value) is float and value >= 0:
        return value
    seconds = check_seconds(value, at)
    if not seconds >= 0:
        raise InvalidInput(f"{at} must be at least 0, got {shown(value)}")
    return seconds


def check_seconds(value: object, at: str) -> float:
    """``value`` if it is a number, whichever: the bounds are the caller's, and NaN is within none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(f"{at} must be a number of seconds, got {shown(value)}")
    try:
        return float(value)
    except OverflowError:  # of an integer that no float is near to
        return math.inf if value > 0 else -math.inf


def check_whole(value: object, at: str, *, least: int | None = None, most: int | None = None) -> int:
    """``value`` if it is a whole number, not below ``least`` and, where there is a least one, not above ``most``."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(f"{at} must be a whole number, got {shown(value)}")
    if least is not None and (value < least or (most is not None and value > most)):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise InvalidInput(f"{at} must be {bounds}, got {shown(value)}")
    return int(value)


def check_weight(value: object, at: str) -> int:
    """``value`` if it is what a limit may allow or a request may weigh: 1 to 2**50."""
    if type(value) is int and 0 < value <= HEAVIEST:
        return value
    weight = check_whole(value, at, least=1)
    if weight > HEAVIEST:
        raise InvalidInput(f"{at} must be at most 2**50, got {shown(value)}")
    return weight


def check_flag(value: object, at: str) -> bool:
    """``value`` if it is ``True`` or ``False``."""
    if not isinstance(value, bool):
        raise WrongType(f"{at} must be true or false, got {shown(value)}")
    return value


def check_value(value: object, at: str) -> bytes:
    """``value`` if it is bytes."""
    if not isinstance(value, bytes):
        raise WrongType(f"{at} must be bytes, got {shown(value)}")
    return value


def checked_by(check: Callable[..., object], **bounds: int) -> Callable[[Any, Attribute[Any], Any], None]:
    """A validator of attrs that is one of these checks; the name of its field is what the error names."""

    def validate(_: Any, attribute: Attribute[Any], value: object) -> None:
        check(value, attribute.name, **bounds)

    return validate
