"""How long an entry lives: what the caller says, else what the policy of its tier says."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from axon.core.errors import InvalidInput, WrongType, shown


class ByPolicy(Enum):
    """The type of :data:`BY_POLICY`."""

    BY_POLICY = "by policy"


BY_POLICY: Final = ByPolicy.BY_POLICY
"""The TTL of the tier's policy. ``None`` would mean: never expires."""

TTL = float | timedelta | None
"""Seconds, fractions count; or a timedelta; or ``None`` for an entry that never expires."""

Span = float | timedelta
"""Seconds, fractions count; or a timedelta."""

SHORTEST_S = 1e-6
"""What a datetime can tell apart."""


def expiry(ttl: TTL | ByPolicy, by_policy: timedelta | None, now: datetime) -> datetime | None:
    """The moment at which an entry stored ``now`` expires, or ``None`` for never."""
    if ttl is BY_POLICY:
        return None if by_policy is None else now + by_policy
    return None if ttl is None else after(now, ttl)


def after(now: datetime, ttl: float | timedelta) -> datetime:
    """``now`` plus ``ttl``, if that is a span above zero that the calendar can hold."""
    try:
        return now + lifetime(ttl)
    except OverflowError:
        raise InvalidInput(f"ttl is too long, got {_told(ttl)}; None means never") from None


def lifetime(ttl: float | timedelta, at: str = "ttl") -> timedelta:
    """``ttl`` as a timedelta, if it is above zero; ``at`` names it in the error."""
    if isinstance(ttl, timedelta):
        seconds = ttl.total_seconds()
    elif isinstance(ttl, bool) or not isinstance(ttl, int | float):
        raise WrongType(f"{at} must be seconds, a timedelta, or None for never; got {shown(ttl)}")
    else:
        seconds = float(ttl)
    if math.isnan(seconds) or seconds <= 0:
        raise InvalidInput(f"{at} must be above zero, got {_told(ttl)}; None means never")
    if seconds < SHORTEST_S:
        raise InvalidInput(f"{at} must be a microsecond at least, got {_told(ttl)}; None means never")
    return ttl if isinstance(ttl, timedelta) else timedelta(seconds=seconds)


def seconds_of(span: Span) -> float:
    """A timedelta in seconds; whatever else it is stays as it is."""
    return span.total_seconds() if isinstance(span, timedelta) else span


def _told(ttl: float | timedelta) -> str:
    return f"{ttl.total_seconds():g} seconds" if isinstance(ttl, timedelta) else shown(ttl)
