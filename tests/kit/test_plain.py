"""Correct adapters of other designs are treated fairly: all that applies to them passes."""

from __future__ import annotations

from typing import ClassVar

import plain

from axon.core.registry import Registry
from axon.testing import AdapterConformance, xfail

REGISTRY = Registry()
REGISTRY.register(plain, "plain")


class TestPlain(AdapterConformance):
    adapter = "plain"
    registry = REGISTRY


class TestNoVectors(AdapterConformance):
    adapter = "no_vectors"
    registry = REGISTRY
    settings: ClassVar = {"folder": "{tmp_path}", "called": "x"}
    reason = "the store keeps no embeddings"
    test_fields_come_back_embedding = xfail(reason=reason)
    test_fields_come_back_everything = xfail(reason=reason)
    test_fields_come_back_from_a_batch_embedding = xfail(reason=reason)
    test_fields_come_back_from_a_batch_everything = xfail(reason=reason)


class TestFixedDimension(AdapterConformance):
    adapter = "fixed"
    registry = REGISTRY
    dimension = 32
