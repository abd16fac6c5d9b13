"""A configuration whose entries outlive a command, and two ways to run one: in this process and in another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from axon.cli.application import application
from axon.core import registry
from axon.sync import MemorySystem

PLUGIN = Path(__file__).parent / "plugin"

CONFIG = """
namespace = "tests"
[ephemeral]
adapter_type = "shelf"
[session]
adapter_type = "shelf"
[persistent]
adapter_type = "shelf"
[adapters.shelf]
folder = "shelf"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder: an axon.toml, and a shelf for its entries; no variable of ours is set."""
    for variable in [name for name in os.environ if name.startswith("AXON_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(PLUGIN))
    registry.default_registry.cache_clear()
    (tmp_path / "axon.toml").write_text(CONFIG)
    (tmp_path / "shelf").mkdir()
    yield tmp_path
    registry.default_registry.cache_clear()


@pytest.fixture
def axon(folder):
    """Run a command in this process: ``axon("count").stdout``."""
    return lambda *arguments, **more: CliRunner().invoke(application, arguments, prog_name="axon", **more)


@pytest.fixture
def process(folder):
    """Run a command in a process of its own."""

    def run(*arguments, command=(sys.executable, "-m", "axon"), env=None, **more):
        environment = {**os.environ, "PYTHONPATH": str(PLUGIN), "PYTHONUTF8": "1", **(env or {})}
        more = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 60} | more
        return subprocess.run([*command, *arguments], env=environment, check=False, **more)

    return run


@pytest.fixture
def memory(folder):
    """What the commands work on."""
    with MemorySystem.from_file("axon.toml") as system:
        yield system


@pytest.fixture
def lines():
    """The objects in JSON lines."""
    return lambda text: [json.loads(line) for line in text.splitlines()]
