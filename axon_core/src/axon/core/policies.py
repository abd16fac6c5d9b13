"""What each tier asks of the adapter beneath it: how long, how much, what goes first."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

from attrs import Attribute, field, frozen

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.identifiers import LONGEST

Eviction = Literal["oldest", "lru", "importance", "ttl"]
"""What goes first when ``max_entries`` is reached: the entry that was created first, that was used
least recently, that matters least, or that would expire next. Ties go to the older one."""

_EVICTIONS: tuple[Eviction, ...] = get_args(Eviction)
_DAY = 86_400
_LONGEST = 1000 * 365 * _DAY  # what the calendar of datetime holds from now on, and to spare


def _adapter_type(_: Any, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not value:
        raise WrongType(f"{attribute.name} must name an adapter, got {shown(value)}")


def check_max_entries(value: object, at: str = "max_entries") -> int | None:
    """``value`` if it is a number of entries, or ``None`` for as many as come."""
    if value is None:
        return None
    if type(value) is not int:
        raise WrongType(f"{at} must be a whole number, got {shown(value)}")
    if value < 1:
        raise InvalidInput(f"{at} must be at least 1, got {shown(value)}")
    return value


def check_eviction(value: object, at: str = "eviction") -> Eviction:
    """``value`` if it says what goes first."""
    for known in _EVICTIONS:
        if value == known:
            return known
    raise InvalidInput(f"{at} must be one of {', '.join(_EVICTIONS)}, got {shown(value)}")


def check_flag(value: object, at: str) -> bool:
    """``value`` if it is a boolean."""
    if not isinstance(value, bool):
        raise WrongType(f"{at} must be true or false, got {shown(value)}")
    return value


def _max_entries(_: Any, attribute: Attribute[Any], value: object) -> None:
    check_max_entries(value, attribute.name)


def _eviction(_: Any, attribute: Attribute[Any], value: object) -> None:
    check_eviction(value, attribute.name)


def _flag(_: Any, attribute: Attribute[Any], value: object) -> None:
    check_flag(value, attribute.name)


def _ttl_seconds(policy: TierPolicy, attribute: Attribute[Any], value: object) -> None:
    shortest, longest = policy.ttl_bounds
    if value is None:
        if longest is not None or policy.ttl_required:
            raise InvalidInput(f"{attribute.name} must be given: {policy.tier} memory does not last for ever")
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124  # NaN
        raise WrongType(f"{attribute.name} must be a number of seconds, got {shown(value)}")
    if not shortest <= value <= (longest or _LONGEST):
        bounds = f"from {shortest} to {longest}" if longest is not None else f"at least {shortest}"
        never = ", or None for ever" if value > _LONGEST and not policy.ttl_required else ""
        raise InvalidInput(
            f"{attribute.name} of {policy.tier} memory must be {bounds} seconds"
            f"{' and at most 1000 years' if value > _LONGEST else ''}{never}, got {shown(value)}"
        )


@frozen(kw_only=True)
class TierPolicy:
    """What all tiers share."""

    tier: ClassVar[str]
    requires: ClassVar[frozenset[Capability]] = frozenset()
    """What the adapter must be capable of."""
    ttl_bounds: ClassVar[tuple[int, int | None]]
    """The shortest and the longest ``ttl_seconds``; no longest one: ``None``."""
    ttl_required: ClassVar[bool] = True

    adapter_type: str = field(default="memory", validator=_adapter_type)
    """The name of an installed adapter: ``axon adapters`` lists them."""
    ttl_seconds: float | None = field(default=None, validator=_ttl_seconds)
    """How long an entry lives if :meth:`~axon.MemorySystem.store` does not say; fractions count."""
    max_entries: int | None = field(default=None, validator=_max_entries)
    """How many entries the tier holds at the most; ``None``: as many as come."""
    eviction: Eviction = field(default="oldest", validator=_eviction)
    """What goes first when ``max_entries`` is reached."""
    refresh_on_read: bool = field(default=False, validator=_flag)
    """Whether an entry that is read lives for its own TTL again."""


@frozen(kw_only=True)
class EphemeralPolicy(TierPolicy):
    """Seconds to an hour: 5 to 3600, a minute by default."""

    tier = "ephemeral"
    requires = frozenset({Capability.TTL})
    ttl_bounds = (5, 3600)

    ttl_seconds: float | None = field(default=60, validator=_ttl_seconds)


@frozen(kw_only=True)
class SessionPolicy(TierPolicy):
    """Minutes to hours: a minute at least, half an hour by default."""

    tier = "session"
    requires = frozenset({Capability.TTL})
    ttl_bounds = (60, None)

    ttl_seconds: float | None = field(default=1800, validator=_ttl_seconds)


@frozen(kw_only=True)
class PersistentPolicy(TierPolicy):
    """For good, or at least for a day, and found by meaning."""

    tier = "persistent"
    requires = frozenset({Capability.VECTOR_SEARCH})
    ttl_bounds = (_DAY, None)
    ttl_required = False

    adapter_type: str = field(default="vector", validator=_adapter_type)


POLICIES: dict[str, type[TierPolicy]] = {
    policy.tier: policy for policy in (EphemeralPolicy, SessionPolicy, PersistentPolicy)
}
"""Every tier that there is, the shortest-lived first."""

LONGEST_NAMESPACE = LONGEST - max(len(f":{tier}") for tier in POLICIES)
"""Characters in the namespace of a configuration, to which every tier adds its name."""
