"""What Axon finds through the entry point ``shelf``. The adapter is named as text, so that no driver is imported."""

from __future__ import annotations

from axon.spi import AdapterSpec, Capability, hookimpl


@hookimpl
def axon_adapters() -> list[AdapterSpec]:
    """The adapter ``shelf``."""
    return [
        AdapterSpec(
            name="shelf",
            target="axon_shelf.adapter:ShelfAdapter",
            options="axon_shelf.options:ShelfOptions",
            capabilities=frozenset({Capability.TTL, Capability.TEXT_SEARCH, Capability.PERSISTENCE, Capability.SHARED}),
            summary="In an SQLite file.",
            api=1,
        )
    ]
