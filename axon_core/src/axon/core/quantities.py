"""Quantities that a caller gives: spans in seconds, whole numbers, weights, and bytes."""

from __future__ import annotations

import math

from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.lifetimes import SHORTEST_S

_LONGEST_S = 1000 * 365 * 86_400
"""What the calendar of a datetime holds from now on, and to spare."""

HEAVIEST = 2**50
"""The most that a limit may allow: stores that count in floats count so far exactly."""


def check_span(value: object, at: str) -> float:
    """``value`` if it is a span in seconds, from a microsecond to 1000 years; ``at`` names it in the error."""
    if (type(value) is float or type(value) is int) and SHORTEST_S <= value <= _LONGEST_S:
        return float(value)
    seconds = _seconds(value, at)
    if not SHORTEST_S <= seconds <= _LONGEST_S:
        raise InvalidInput(f"{at} must be from a microsecond to 1000 years, got {shown(value)}")
    return seconds


def check_patience(value: object, at: str) -> float:
    """``value`` if it is how many seconds to wait: 0 or more, also without end (``math.inf``)."""
    if type(value) is float and value >= 0:
        return value
    seconds = _seconds(value, at)
    if not seconds >= 0:
        raise InvalidInput(f"{at} must be 0 or more, got {shown(value)}")
    return seconds


def check_whole(value: object, at: str, *, least: int | None = None) -> int:
    """``value`` if it is a whole number, not below ``least``."""
    if type(value) is not int:
        raise WrongType(f"{at} must be a whole number, got {shown(value)}")
    if least is not None and value < least:
        raise InvalidInput(f"{at} must be at least {least}, got {shown(value)}")
    return value


def check_weight(value: object, at: str) -> int:
    """``value`` if it is what a limit may allow or a request may weigh: 1 to 2**50."""
    if type(value) is int and 0 < value <= HEAVIEST:
        return value
    weight = check_whole(value, at, least=1)
    if weight > HEAVIEST:
        raise InvalidInput(f"{at} must be at most 2**50, got {shown(value)}")
    return weight


def check_value(value: object, at: str) -> bytes:
    """``value`` if it is bytes."""
    if not isinstance(value, bytes):
        raise WrongType(f"{at} must be bytes, got {shown(value)}")
    return value


def _seconds(value: object, at: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongType(f"{at} must be a number of seconds, got {shown(value)}")
    try:
        return float(value)
    except OverflowError:  # of an integer that no float is near to
        return math.inf if value > 0 else -math.inf
