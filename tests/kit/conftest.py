"""Servers that the adapters of this folder keep their entries on, and adapters that a test writes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from redis_fixtures import running
from redis_servers.cluster import ClusterSetup
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

from axon.core.registry import Registry
from axon.spi import AdapterSpec, hookimpl
from axon.testing.subject import Subject

server = running(Server, "module")
sentinel = running(SentinelSetup, "module")
cluster = running(ClusterSetup, "module")

_IN_ONE_SLOT = (
    "test_agreement_", "test_arguments_", "test_counters_", "test_endurance_", "test_limits_", "test_locks_",
    "test_names_", "test_spans_", "test_values_", "test_waiting_",
)  # fmt: skip
"""Topics of what lies in one slot however many shards there are: they run with one shard, and not again with three."""


def pytest_collection_modifyitems(config, items):
    again = [item for item in items if "TestShards" in item.nodeid and item.name.startswith(_IN_ONE_SLOT)]
    config.hook.pytest_deselected(items=again)
    left_out = set(again)
    items[:] = [item for item in items if item not in left_out]


_HEAD = (
    "import asyncio, sys, threading, time\nfrom axon.spi import Adapter\nfrom axon_inmemory import InMemoryAdapter\n"
)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """The subject whose class ``Odd`` has this source; its plugin is installed for other processes, too."""
    modules = []

    def write(source, *, capabilities=("ttl", "text_search")):
        name = f"odd_{abs(hash(str(tmp_path)))}"
        modules.append(name)
        (tmp_path / f"{name}.py").write_text(_HEAD + textwrap.dedent(source))
        (tmp_path / "odd_plugin.py").write_text(
            textwrap.dedent(f"""
            from axon.spi import AdapterSpec, hookimpl

            @hookimpl
            def axon_adapters():
                return [AdapterSpec(name="odd", target="{name}:Odd", summary="odd", capabilities={list(capabilities)})]
            """)
        )
        info = tmp_path / "odd-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[axon]\nodd = odd_plugin\n")
        monkeypatch.syspath_prepend(str(tmp_path))

        class Plugin:
            @hookimpl
            def axon_adapters(self):
                return [AdapterSpec(name="odd", target=f"{name}:Odd", capabilities=capabilities)]

        registry = Registry(entry_points=[])
        registry.register(Plugin(), "odd")
        return Subject.named("odd", registry=registry)

    yield write
    for name in modules:
        sys.modules.pop(name, None)


@pytest.fixture
def command(tmp_path):
    """The command on what was written, in a process of its own."""

    def run(*arguments, timeout=100, module="axon"):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AXON_")}
        environment |= {"PYTHONPATH": str(tmp_path), "PYTHONUTF8": "1"}
        return subprocess.run(
            [sys.executable, "-m", module, "conformance", "odd", *arguments],
            env=environment,
            cwd=Path(tmp_path),
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


_SOON = """
import axon.cli, axon.testing.blocking as blocking
blocking.BLOCKED_S, blocking.LOOK_S = 0.5, 0.1
axon.cli.main()
"""


@pytest.fixture
def soon(tmp_path, command):
    """The command that has less patience with calls that block."""
    (tmp_path / "soon.py").write_text(_SOON)
    return lambda *arguments, timeout=30: command(*arguments, module="soon", timeout=timeout)
