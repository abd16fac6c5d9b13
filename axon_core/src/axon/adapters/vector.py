"""``VectorAdapter``, from the distribution axon-vector."""

from __future__ import annotations

from axon.adapters.missing import explained

try:
    from axon_vector.adapter import VectorAdapter
except ModuleNotFoundError as error:
    raise explained(error, package="axon_vector", distribution="axon-vector") from None

__all__ = ["VectorAdapter"]
