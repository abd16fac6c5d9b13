"""Advice of the core's own on a configuration: what is allowed and unwise whatever the adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from axon.core.secrets import masked

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig

_HOUR = 3600


def findings(config: MemoryConfig) -> Iterator[str]:
    """TTLs against what the tiers are for, limits that contradict each other, secrets in the open."""
    ephemeral, session, persistent = config.ephemeral, config.session, config.persistent
    if ephemeral is not None and (ephemeral.ttl_seconds or 0) > 300:
        yield (
            f"ephemeral.ttl_seconds is {ephemeral.ttl_seconds:g}: 30 to 300 seconds is usual, "
            "and what should live longer belongs to the session tier"
        )
    if session is not None and not 600 <= (session.ttl_seconds or 0) <= _HOUR:
        yield f"session.ttl_seconds is {session.ttl_seconds:g}: 600 to 3600 seconds is usual"
    if ephemeral is not None and session is not None and (ephemeral.ttl_seconds or 0) >= (session.ttl_seconds or 0):
        yield "ephemeral memory lives as long as session memory or longer: let its ttl_seconds be the shorter"
    if persistent is not None and persistent.eviction == "ttl" and persistent.ttl_seconds is None:
        yield 'persistent.eviction is "ttl", but its entries have none: say "oldest" or "importance"'
    if config.namespace == "axon":
        yield 'namespace is the default "axon": applications that share a store each need their own'
    for adapter in config.adapters:
        if adapter not in {policy.adapter_type for policy in config.tiers.values()}:
            yield f"adapters.{adapter} has settings, but no tier uses {adapter!r}"
    settings = {"adapters": config.adapters, "embedders": config.embedders}
    middleware = {f"middleware[{i}]": table for i, table in enumerate(config.middleware)}
    for path in _open_secrets({**settings, **middleware}):
        yield f'{path} holds a secret in the open: write {{ env = "NAME" }} and set that variable'


def _open_secrets(value: Mapping[str, Any], below: str = "") -> Iterator[str]:
    shown = masked(value)
    for key, item in value.items():
        if isinstance(item, Mapping):
            yield from _open_secrets(item, f"{below}{key}.") if shown[key] != item else ()
        elif shown[key] != (list(item) if isinstance(item, tuple) else item):
            yield f"{below}{key}"
