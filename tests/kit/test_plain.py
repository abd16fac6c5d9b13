"""A correct adapter of another design is treated fairly: all that applies to it passes."""

from __future__ import annotations

import plain

from axon.core.registry import Registry
from axon.testing import AdapterConformance

REGISTRY = Registry()
REGISTRY.register(plain, "plain")


class TestPlain(AdapterConformance):
    adapter = "plain"
    registry = REGISTRY
