"""What Axon finds through the entry point ``redis``."""

from __future__ import annotations

from axon.spi import AdapterSpec, Capability, hookimpl


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    """The adapter ``redis``."""
    return [
        AdapterSpec(
            name="redis",
            target="axon_redis.adapter:RedisAdapter",
            options="axon_redis.options:RedisOptions",
            capabilities=frozenset({Capability.TTL, Capability.TEXT_SEARCH, Capability.SHARED}),
            summary="Redis or Valkey: standalone, Sentinel, Cluster; words, tags, TTL, eviction.",
        )
    ]
