"""The embedded persistent store of Axon: ``from axon.adapters.vector import VectorAdapter``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon_vector.adapter import VectorAdapter as VectorAdapter

__all__ = ["VectorAdapter"]


def __getattr__(name: str) -> Any:
    # Looked up when it is used: the entry point imports this package, and listing adapters imports no numpy.
    if name in __all__:
        from axon_vector import adapter

        return getattr(adapter, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
