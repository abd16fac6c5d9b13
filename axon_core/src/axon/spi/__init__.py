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
    from axon.core.identifiers import check_name as check_name
    from axon.core.policies import Eviction as Eviction
    from axon.core.quantities import check_flag as check_flag
    from axon.core.quantities import check_patience as check_patience
    from axon.core.quantities import check_span as check_span
    from axon.core.quantities import check_value as check_value
    from axon.core.quantities import check_weight as check_weight
    from axon.core.quantities import check_whole as check_whole
    from axon.spi.adapter import Adapter as Adapter
    from axon.spi.adapter import iterate as iterate
    from axon.spi.coordination import Allowance as Allowance
    from axon.spi.coordination import HeldLock as HeldLock
    from axon.spi.coordination import Lock as Lock
    from axon.spi.coordination import SupportsCounters as SupportsCounters
    from axon.spi.coordination import SupportsLimits as SupportsLimits
    from axon.spi.coordination import SupportsLocks as SupportsLocks
    from axon.spi.coordination import SupportsValues as SupportsValues
    from axon.spi.coordination import Window as Window
    from axon.spi.coordination import check_lock as check_lock
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
    from axon.spi.protocols import SupportsResidue as SupportsResidue
    from axon.spi.query import Explanation as Explanation
    from axon.spi.query import Factor as Factor
    from axon.spi.query import Health as Health
    from axon.spi.query import Hit as Hit
    from axon.spi.query import Page as Page
    from axon.spi.query import Query as Query

_HOMES = {
    "Adapter": "axon.spi.adapter",
    "Allowance": "axon.spi.coordination",
    "Call": "axon.spi.middleware",
    "DateRange": "axon.core.filters",
    "Embedder": "axon.spi.embedder",
    "Eviction": "axon.core.policies",
    "Explanation": "axon.spi.query",
    "Factor": "axon.spi.query",
    "Filter": "axon.core.filters",
    "Finding": "axon.spi.protocols",
    "Health": "axon.spi.query",
    "HeldLock": "axon.spi.coordination",
    "Hit": "axon.spi.query",
    "Lock": "axon.spi.coordination",
    "MemoryEntry": "axon.core.entries",
    "Middleware": "axon.spi.middleware",
    "Page": "axon.spi.query",
    "Proceed": "axon.spi.middleware",
    "Progress": "axon.spi.protocols",
    "Query": "axon.spi.query",
    "Severity": "axon.spi.protocols",
    "SupportsBackup": "axon.spi.protocols",
    "SupportsCompaction": "axon.spi.protocols",
    "SupportsCounters": "axon.spi.coordination",
    "SupportsDoctor": "axon.spi.protocols",
    "SupportsLimits": "axon.spi.coordination",
    "SupportsLocks": "axon.spi.coordination",
    "SupportsReindex": "axon.spi.protocols",
    "SupportsResidue": "axon.spi.protocols",
    "SupportsValues": "axon.spi.coordination",
    "Window": "axon.spi.coordination",
    "as_embedding": "axon.core.embeddings",
    "check_flag": "axon.core.quantities",
    "check_lock": "axon.spi.coordination",
    "check_name": "axon.core.identifiers",
    "check_patience": "axon.core.quantities",
    "check_span": "axon.core.quantities",
    "check_value": "axon.core.quantities",
    "check_weight": "axon.core.quantities",
    "check_whole": "axon.core.quantities",
    "iterate": "axon.spi.adapter",
}

__all__ = [
    "API",
    "Adapter",
    "AdapterSpec",
    "Allowance",
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
    "HeldLock",
    "Hit",
    "Lock",
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
    "SupportsCounters",
    "SupportsDoctor",
    "SupportsLimits",
    "SupportsLocks",
    "SupportsReindex",
    "SupportsResidue",
    "SupportsValues",
    "Window",
    "as_embedding",
    "check_flag",
    "check_lock",
    "check_name",
    "check_patience",
    "check_span",
    "check_value",
    "check_weight",
    "check_whole",
    "hookimpl",
    "iterate",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
