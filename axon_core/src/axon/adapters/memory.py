"""``InMemoryAdapter``, from the distribution axon-inmemory."""

from __future__ import annotations

from axon.adapters.missing import explained

try:
    from axon_inmemory.adapter import InMemoryAdapter
except ModuleNotFoundError as error:
    raise explained(error, package="axon_inmemory", distribution="axon-inmemory") from None

__all__ = ["InMemoryAdapter"]
