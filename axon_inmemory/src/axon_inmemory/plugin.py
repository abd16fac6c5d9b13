"""What Axon finds through the entry point ``memory``."""

from __future__ import annotations

from axon.spi import AdapterSpec, Capability, hookimpl


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    """The adapter ``memory``."""
    return [
        AdapterSpec(
            name="memory",
            target="axon_inmemory.adapter:InMemoryAdapter",
            options="axon_inmemory.options:InMemoryOptions",
            capabilities=frozenset(
                {
                    Capability.TTL,
                    Capability.TEXT_SEARCH,
                    Capability.VECTOR_SEARCH,
                    Capability.LOCKS,
                    Capability.COUNTERS,
                    Capability.LIMITS,
                    Capability.VALUES,
                }
            ),
            summary="In this process: words, tags, vectors, TTL, eviction, locks, counters, limits, values.",
        )
    ]
