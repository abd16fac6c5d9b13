"""Memory for LLM applications, in tiers.

Names are looked up when they are used: importing this package loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig as MemoryConfig
    from axon.core.entries import MemoryEntry as MemoryEntry
    from axon.core.entries import RecalledEntry as RecalledEntry
    from axon.core.errors import AxonError as AxonError
    from axon.core.errors import ComputationFailed as ComputationFailed
    from axon.core.errors import LockLost as LockLost
    from axon.core.errors import LockUnavailable as LockUnavailable
    from axon.core.errors import StoreError as StoreError
    from axon.core.filters import DateRange as DateRange
    from axon.core.filters import Filter as Filter
    from axon.core.policies import EphemeralPolicy as EphemeralPolicy
    from axon.core.policies import PersistentPolicy as PersistentPolicy
    from axon.core.policies import SessionPolicy as SessionPolicy
    from axon.core.ranking import Ranking as Ranking
    from axon.core.system import MemorySystem as MemorySystem

_HOMES = {
    "AxonError": "axon.core.errors",
    "ComputationFailed": "axon.core.errors",
    "DateRange": "axon.core.filters",
    "EphemeralPolicy": "axon.core.policies",
    "Filter": "axon.core.filters",
    "LockLost": "axon.core.errors",
    "LockUnavailable": "axon.core.errors",
    "MemoryConfig": "axon.core.config",
    "MemoryEntry": "axon.core.entries",
    "MemorySystem": "axon.core.system",
    "PersistentPolicy": "axon.core.policies",
    "Ranking": "axon.core.ranking",
    "RecalledEntry": "axon.core.entries",
    "SessionPolicy": "axon.core.policies",
    "StoreError": "axon.core.errors",
}

__all__ = [
    "AxonError",
    "ComputationFailed",
    "DateRange",
    "EphemeralPolicy",
    "Filter",
    "LockLost",
    "LockUnavailable",
    "MemoryConfig",
    "MemoryEntry",
    "MemorySystem",
    "PersistentPolicy",
    "Ranking",
    "RecalledEntry",
    "SessionPolicy",
    "StoreError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
