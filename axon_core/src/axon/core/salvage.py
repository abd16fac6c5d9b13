"""What can be used of a configuration that has problems, so that all that is wrong can be told at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from axon.core.conversion import structure
from axon.core.errors import ConfigError
from axon.core.loading import Source
from axon.core.policies import POLICIES, TierPolicy

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig


def readable(cls: type[MemoryConfig], source: Source) -> MemoryConfig | None:
    """The configuration without what cannot be read of it; ``None`` where no tier is left."""
    table, _ = source.resolved()
    tiers = {
        name: tier for name in POLICIES if (tier := _tier(POLICIES[name], source.table.get(name), table.get(name)))
    }
    if not tiers:
        return None
    usable: dict[str, Any] = dict(tiers)
    for key in attrs.fields_dict(cls).keys() & table.keys() - POLICIES.keys():
        value = table[key]
        if isinstance(value, Mapping):
            value = {name: settings for name, settings in value.items() if isinstance(settings, Mapping)}
        while isinstance(value, list) and value and not _fits({**tiers, key: value}, cls):
            value = value[:-1]  # the last to go, so that the others keep their places
        if _fits({**tiers, key: value}, cls):
            usable[key] = value
    return structure(usable, cls, at="")


def _tier(policy: type[TierPolicy], written: Any, resolved: Any) -> TierPolicy | None:
    """The tier without what cannot be used of it; none where that is its adapter, whose default would be a guess."""
    if not isinstance(resolved, Mapping):
        return None
    fine = {key: value for key, value in resolved.items() if _fits({key: value}, policy)}
    return None if "adapter_type" in {*written} - {*fine} else structure(fine, policy, at="")


def _fits(data: Any, into: type[Any]) -> bool:
    try:
        structure(data, into, at="")
    except ConfigError:
        return False
    return True
