"""``axon lock ls`` and ``axon limit show``."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest

from axon.adapters.memory import InMemoryAdapter
from axon.core import registry
from axon.spi import AdapterSpec, Capability, hookimpl
from axon.sync import MemorySystem

CONFIG = """
[ephemeral]
adapter_type = "shelf"
[adapters.shelf]
folder = "shelf"
[session]
adapter_type = "shared"
"""


@pytest.fixture
def memory(folder, monkeypatch):
    """What the commands work on: an adapter that all systems of this process share, in the session tier."""
    adapters = {}
    plugin = ModuleType("adapters_of_this_test")
    plugin.Shared = lambda namespace="axon": adapters.setdefault(namespace, InMemoryAdapter(clock=lambda: 1000.0))
    capabilities = frozenset({Capability.TTL, Capability.LOCKS, Capability.LIMITS})
    spec = AdapterSpec(name="shared", target="adapters_of_this_test:Shared", capabilities=capabilities)
    plugin.axon_adapters = hookimpl(lambda: [spec])
    monkeypatch.setitem(sys.modules, plugin.__name__, plugin)
    registry.default_registry().register(plugin)
    (folder / "axon.toml").write_text(CONFIG)
    with MemorySystem.from_file("axon.toml") as system:
        yield system


def test_the_locks_that_are_held(axon, memory):
    with memory.lock("nightly report", ttl=90) as report, memory.lock("door: a", ttl=5.25):
        done = axon("lock", "ls")
        assert (done.exit_code, done.stderr) == (0, "")
        assert [line.split() for line in done.stdout.splitlines()] == [
            ["name", "fence", "seconds", "left"],
            ["door:", "a", str(report.fence + 1), "5.2"],
            ["nightly", "report", str(report.fence), "90.0"],
        ]
        done = axon("lock", "ls", "--tier", "session", "--format", "json")
        assert json.loads(done.stdout) == {
            "locks": [
                {"name": "door: a", "fence": report.fence + 1, "expires_in": 5.25},
                {"name": "nightly report", "fence": report.fence, "expires_in": 90},
            ]
        }
    done = axon("lock", "ls")
    assert (done.exit_code, done.stdout.split(), done.stderr) == (
        0,
        ["name", "fence", "seconds", "left"],
        "axon: note: no lock is held\n",
    )
    assert json.loads(axon("lock", "ls", "--format", "json").stdout) == {"locks": []}


def test_how_much_of_limits_is_used(axon, memory):
    memory.limit("mail", 10, per=60).acquire("ada", weight=3)
    memory.limit("mail", 10, per=3600).acquire("ada")
    memory.limit("calls", 10, per=0.5).acquire()
    memory.activity("mail", within=60).record()
    done = axon("limit", "show")
    assert (done.exit_code, done.stderr) == (0, "")
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == [
        "name key per used",
        "calls - 0.5 s 1",
        "mail ada 60 s 3",
        "mail ada 3600 s 1",
    ]
    done = axon("limit", "show", "calls", "--format", "json")
    assert json.loads(done.stdout) == {"limits": [{"name": "calls", "key": "", "per": 0.5, "used": 1}]}
    done = axon("limit", "show", "none", "--tier", "session")
    assert (done.exit_code, done.stderr) == (0, "axon: note: nothing counts now\n")


@pytest.mark.parametrize(("command", "capability"), [(("lock", "ls"), "locks"), (("limit", "show"), "limits")])
def test_a_tier_that_cannot(axon, memory, command, capability):
    done = axon(*command, "--tier", "ephemeral")
    assert done.exit_code == 2
    assert f"ephemeral: adapter 'shelf' has no {capability}: name another tier" in done.stderr
    assert axon(*command, "--tier", "nowhere").exit_code == 2


@pytest.mark.parametrize("group", ["lock", "limit"])
def test_a_group_alone_shows_its_help(axon, group):
    done = axon(group)
    assert (done.exit_code, "Usage: axon" in done.stdout) == (0, True)
