"""Distributions that are installed for one test: a folder on the path with metadata and a module."""

from __future__ import annotations

import importlib
import sys
from textwrap import dedent

import pytest

from axon.core.plugins import BLOCKED_VARIABLE


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with one module and its entry points in the group ``axon``."""
    monkeypatch.delenv(BLOCKED_VARIABLE, raising=False)
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(distribution, entry_points, module="", code="", version="1.0"):
        metadata = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        lines = [f"{name} = {target}" for name, target in entry_points.items()]
        (metadata / "entry_points.txt").write_text("\n".join(["[axon]", *lines, ""]))
        if module:
            (tmp_path / f"{module}.py").write_text(dedent(code))
        importlib.invalidate_caches()

    yield install
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


ADAPTER = """
    from axon.spi import Adapter, AdapterSpec, Page, hookimpl

    class Store(Adapter):
        async def save(self, entry): ...
        async def get(self, entry_id): ...
        async def delete(self, entry_id): return False
        async def query(self, query): return []
        async def scan(self, cursor=None, *, limit=100): return Page(entries=[], cursor=None)

    @hookimpl
    def axon_adapters():
        return [AdapterSpec(name="{name}", target="{module}:Store", capabilities=["ttl"])]
"""


@pytest.fixture
def install_adapter(install):
    """Install a distribution with one adapter of the given name."""

    def install_adapter(name, *, distribution=None, module=None):
        module = module or f"{name}_store_of_a_test"
        install(distribution or f"axon-{name}", {name: module}, module, ADAPTER.format(name=name, module=module))
        return module

    return install_adapter
