"""The contract of adapters, put to the test."""

from __future__ import annotations

from axon.testing import AdapterConformance


class TestShelf(AdapterConformance):
    adapter = "shelf"
    settings = {"path": "{tmp_path}/shelf.db"}
    unreachable = {"path": "{tmp_path}/no such folder/shelf.db"}
