"""What each tier asks of the adapter beneath it: how long, how much, what goes first."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

from attrs import Attribute, field, frozen

from axon.core.capabilities import Capability
from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.identifiers import LONGEST
from axon.core.quantities import LONGEST_S, check_flag, check_seconds, check_whole, checked_by

Eviction = Literal["oldest", "lru", "importance", "ttl"]
"""What goes first when ``max_entries`` is reached: the entry that was created first, that was used
least recently, that matters least, or that would expire next. Ties go to the older one."""

_EVICTIONS: tuple[Eviction, ...] = get_args(Eviction)
_DAY = 86_400


def _adapter_type(_: Any, attribute: Attribute[Any], value: object) -> None:
    if not isinstance(value, str) or not value:
        kind = InvalidInput if value == "" else WrongType
        raise kind(f"{attribute.name} must name an adapter, got {shown(value)}")


def check_max_entries(value: object, at: str = "max_entries") -> int | None:
    """``value`` if it is a number of entries, or ``None`` for as many as come."""
    return None if value is None else check_whole(value, at, least=1)


def check_eviction(value: object, at: str = "eviction") -> Eviction:
    """``value`` if it says what goes first."""
    for known in _EVICTIONS:
        if value == known:
            return known
    raise InvalidInput(f"{at} must be one of {', '.join(_EVICTIONS)}, got {shown(value)}")


def _ttl_seconds(policy: TierPolicy, attribute: Attribute[Any], value: object) -> None:
    shortest, longest = policy.ttl_bounds
    if value is None:
        if longest is not None or policy.ttl_required:
            raise InvalidInput(f"{attribute.name} must be given: {policy.tier} memory does not last for ever")
        return
    seconds = check_seconds(value, attribute.name)
    if not shortest <= seconds <= (longest or LONGEST_S):
        bounds = f"from {shortest} to {longest}" if longest is not None else f"at least {shortest}"
        never = ", or None for ever" if seconds > LONGEST_S and not policy.ttl_required else ""
        raise InvalidInput(
            f"{attribute.name} of {policy.tier} memory must be {bounds} seconds"
            f"{' and at most 1000 years' if seconds > LONGEST_S else ''}{never}, got {shown(value)}"
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
    max_entries: int | None = field(default=None, validator=checked_by(check_max_entries))
    """How many entries the tier holds at the most; ``None``: as many as come."""
    eviction: Eviction = field(default="oldest", validator=checked_by(check_eviction))
    """What goes first when ``max_entries`` is reached."""
    refresh_on_read: bool = field(default=False, validator=checked_by(check_flag))
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
