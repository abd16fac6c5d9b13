"""What Axon finds through the entry point ``vector``."""

from __future__ import annotations

from axon.spi import AdapterSpec, Capability, hookimpl


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    """The adapter ``vector``."""
    return [
        AdapterSpec(
            name="vector",
            target="axon_vector.adapter:VectorAdapter",
            options="axon_vector.options:VectorOptions",
            capabilities=frozenset(
                {
                    Capability.TTL,
                    Capability.TEXT_SEARCH,
                    Capability.VECTOR_SEARCH,
                    Capability.PERSISTENCE,
                    Capability.SHARED,
                }
            ),
            summary="One SQLite file: durable, words and exact vectors, shared by the processes of a machine.",
        )
    ]
