"""The reference keeps the contract."""

from __future__ import annotations

from axon.testing import AdapterConformance


class TestMemory(AdapterConformance):
    adapter = "memory"
