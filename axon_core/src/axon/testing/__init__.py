"""What tests of applications and of plugins use; nothing here is found by a configuration.

The kit needs hypothesis: ``pip install "axon-core[testing]"``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from axon.testing.conformance import AdapterConformance as AdapterConformance
    from axon.testing.conformance import xfail as xfail
    from axon.testing.embedder import HashEmbedder as HashEmbedder
    from axon.testing.failure import NotDeclaredWarning as NotDeclaredWarning

_HOMES = {
    "AdapterConformance": "axon.testing.conformance",
    "HashEmbedder": "axon.testing.embedder",
    "NotDeclaredWarning": "axon.testing.failure",
    "xfail": "axon.testing.conformance",
}

__all__ = ["AdapterConformance", "HashEmbedder", "NotDeclaredWarning", "xfail"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "hypothesis":
            raise
        raise ImportError(f'axon.testing.{name} needs hypothesis: pip install "axon-core[testing]"') from error
    globals()[name] = value
    return value
