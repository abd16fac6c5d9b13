"""The service provider interface: everything that the author of a plugin imports.

Names are looked up when they are used, so that a plugin's hook module can describe what it
provides without importing more than :mod:`attrs` and :mod:`pluggy`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from axon.core.capabilities import Capability as Capability
from axon.spi.markers import hookimpl as hookimpl
from axon.spi.spec import API as API
from axon.spi.spec import AdapterSpec as AdapterSpec
from axon.spi.spec import EmbedderSpec as EmbedderSpec
from axon.spi.spec import MiddlewareSpec as MiddlewareSpec

if TYPE_CHECKING:
    from axon.core.embeddings import as_embedding as as_embedding
    from axon.core.entries import MemoryEntry as MemoryEntry
    from axon.core.filters import DateRange as DateRange
    from axon.core.filters import Filter as Filter
    from axon.core.policies import Eviction as Eviction
    from axon.spi.adapter import Adapter as Adapter
    from axon.spi.adapter import iterate as iterate
    from axon.spi.embedder import Embedder as Embedder
    from axon.spi.middleware import Call as Call
    from axon.spi.middleware import Middleware as Middleware
    from axon.spi.middleware import Proceed as Proceed
    from axon.spi.protocols import Finding as Finding
    from axon.spi.protocols import Progress as Progress
    from axon.spi.protocols import Severity as Severity
    from axon.spi.protocols import SupportsBackup as SupportsBackup
    from axon.spi.protocols import SupportsCompaction as SupportsCompaction
    from axon.spi.protocols import SupportsDoctor as SupportsDoctor
    from axon.spi.protocols import SupportsReindex as SupportsReindex
    from axon.spi.query import Explanation as Explanation
    from axon.spi.query import Factor as Factor
    from axon.spi.query import Health as Health
    from axon.spi.query import Hit as Hit
    from axon.spi.query import Page as Page
    from axon.spi.query import Query as Query

_HOMES = {
    "Adapter": "axon.spi.adapter",
    "Call": "axon.spi.middleware",
    "DateRange": "axon.core.filters",
    "Embedder": "axon.spi.embedder",
    "Eviction": "axon.core.policies",
    "Explanation": "axon.spi.query",
    "Factor": "axon.spi.query",
    "Filter": "axon.core.filters",
    "Finding": "axon.spi.protocols",
    "Health": "axon.spi.query",
    "Hit": "axon.spi.query",
    "MemoryEntry": "axon.core.entries",
    "Middleware": "axon.spi.middleware",
    "Page": "axon.spi.query",
    "Proceed": "axon.spi.middleware",
    "Progress": "axon.spi.protocols",
    "Query": "axon.spi.query",
    "Severity": "axon.spi.protocols",
    "SupportsBackup": "axon.spi.protocols",
    "SupportsCompaction": "axon.spi.protocols",
    "SupportsDoctor": "axon.spi.protocols",
    "SupportsReindex": "axon.spi.protocols",
    "as_embedding": "axon.core.embeddings",
    "iterate": "axon.spi.adapter",
}

__all__ = [
    "API",
    "Adapter",
    "AdapterSpec",
    "Call",
    "Capability",
    "DateRange",
    "Embedder",
    "EmbedderSpec",
    "Eviction",
    "Explanation",
    "Factor",
    "Filter",
    "Finding",
    "Health",
    "Hit",
    "MemoryEntry",
    "Middleware",
    "MiddlewareSpec",
    "Page",
    "Proceed",
    "Progress",
    "Query",
    "Severity",
    "SupportsBackup",
    "SupportsCompaction",
    "SupportsDoctor",
    "SupportsReindex",
    "as_embedding",
    "hookimpl",
    "iterate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
