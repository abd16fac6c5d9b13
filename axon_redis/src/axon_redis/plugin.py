"""What Axon finds through the entry point ``redis``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from axon.spi import AdapterSpec, Capability, hookimpl

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig

_SPEC = AdapterSpec(
    name="redis",
    target="axon_redis.adapter:RedisAdapter",
    options="axon_redis.options:RedisOptions",
    capabilities=frozenset(
        {
            Capability.TTL,
            Capability.TEXT_SEARCH,
            Capability.SHARED,
            Capability.LOCKS,
            Capability.COUNTERS,
            Capability.LIMITS,
            Capability.VALUES,
        }
    ),
    summary="Redis or Valkey: standalone, Sentinel, Cluster; words, tags, TTL, eviction, locks, counters, limits.",
)


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    """The adapter ``redis``."""
    return [_SPEC]


@hookimpl
def axon_check_config(config: MemoryConfig) -> Iterable[str]:
    """What is unwise about its settings."""
    if "redis" not in {policy.adapter_type for policy in config.tiers.values()}:
        return []  # before anything is imported that needs a driver
    from axon_redis.advice import findings

    return list(findings(config, _SPEC))
