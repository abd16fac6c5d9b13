"""``axon doctor``, ``axon backup``, ``axon reindex`` and ``axon compact``."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import attrs
import pytest

from axon.core import registry
from axon.core.embedding import identity
from axon.spi import EmbedderSpec, hookimpl
from axon.sync import MemorySystem
from axon.testing import HashEmbedder

CONFIG = """
[session]
adapter_type = "memory"
[persistent]
adapter_type = "vector"
[adapters.vector]
path = "store"
"""
EMBEDDER = """
embedder = "hash"
[embedders.hash]
dimension = {}
"""


@attrs.frozen(kw_only=True)
class HashOptions:
    dimension: int


class Broken(HashEmbedder):
    @property
    def version(self):
        raise OSError("the model is gone")


@pytest.fixture
def configured(folder, monkeypatch):
    """Write an axon.toml with the test embedder in so many dimensions, or without one."""
    plugin = ModuleType("embedders_of_this_test")
    plugin.HashEmbedder, plugin.HashOptions, plugin.Broken = HashEmbedder, HashOptions, Broken
    plugin.axon_embedders = hookimpl(
        lambda: [
            EmbedderSpec(
                name="hash",
                target="embedders_of_this_test:HashEmbedder",
                options="embedders_of_this_test:HashOptions",
            ),
            EmbedderSpec(name="broken", target="embedders_of_this_test:Broken"),
        ]
    )
    monkeypatch.setitem(sys.modules, plugin.__name__, plugin)
    registry.default_registry().register(plugin)

    def write(dimension=None, text=CONFIG):
        (folder / "axon.toml").write_text((EMBEDDER.format(dimension) if dimension else "") + text)
        return MemorySystem.from_file("axon.toml")

    with write(16) as memory:
        memory.store_many([{"text": f"entry number{i}", "id": str(i)} for i in range(200)], tier="persistent")
    return write


def findings(done):
    return {(one["tier"], one["subject"]): one for one in json.loads(done.stdout)["findings"]}


def test_after_a_change_of_the_embedder_reindex_makes_the_tier_usable(axon, configured):
    configured(32).close()
    refused = axon("recall", "number7", "--tier", "persistent")
    assert (refused.exit_code, "axon reindex" in refused.stderr) == (1, True)
    done = axon("reindex", "--format", "json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"tiers": {"persistent": 200}}
    assert axon("recall", "number7", "--tier", "persistent", "-k", "1").exit_code == 0
    assert axon("reindex").stdout.split() == ["tier", "embedded", "persistent", "0"]


def test_reindex_needs_an_embedder_and_a_tier_that_has_vectors(axon, configured):
    configured().close()
    done = axon("reindex")
    assert (done.exit_code, "no embedder is configured" in done.stderr) == (2, True)
    configured(16).close()
    done = axon("reindex", "--tier", "session")
    assert (done.exit_code, done.stderr) == (
        1,
        "axon: error: embedding anew is nothing that the adapter can do of: session (memory)\n",
    )


def test_a_backup_takes_the_place_of_the_store(axon, configured, folder):
    (folder / "copy").mkdir()
    done = axon("backup", "copy")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "wrote copy\n", "")
    refused = axon("backup", "copy")
    assert (refused.exit_code, "is there already" in refused.stderr, "--force" in refused.stderr) == (2, True, True)
    assert axon("backup", "copy", "--force").exit_code == 0
    assert axon("backup", "copy.sqlite3").exit_code == 0
    with configured(16, CONFIG.replace('"store"', '"copy"')) as memory:
        assert memory.count(tier="persistent") == 200


def test_a_backup_of_several_tiers_needs_the_one(axon, configured):
    configured(16, CONFIG.replace('"memory"', '"vector"')).close()
    done = axon("backup", "copy")
    assert (done.exit_code, "--tier is one of session, persistent" in done.stderr) == (2, True)
    assert axon("backup", "copy", "--tier", "persistent").exit_code == 0


def test_compact_says_what_it_gave_back(axon, configured):
    with configured(16) as memory:
        memory.clear("persistent")
    done = json.loads(axon("compact", "--format", "json").stdout)
    assert done["tiers"]["persistent"] > 0
    assert axon("compact").stdout.split()[-2:] == ["persistent", "0"]


def test_neither_a_copy_nor_compaction_asks_which_embedder_made_the_vectors(axon, configured, folder):
    configured(16).close()
    (folder / "axon.toml").write_text(f'{CONFIG}embedder = "another:1:2"\n')
    assert axon("recall", "number7", "--tier", "persistent").exit_code == 1
    assert (axon("compact").exit_code, axon("backup", "copy").exit_code) == (0, 0)


def test_doctor_examines_every_tier(axon, configured):
    configured(16).close()
    done = axon("doctor", "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)["ok"]) == (0, True)
    found = findings(done)
    assert found["session", "health"]["severity"] == "ok"
    assert found["persistent", "health"]["severity"] == "ok"
    assert found["persistent", "entries"]["sentence"].startswith("200 entries")
    lines = axon("doctor", "axon.toml").stdout.splitlines()
    assert len(lines) == len(found) + 1
    assert any(line.startswith("ok") and "persistent" in line and "200 entries" in line for line in lines)


def test_doctor_exits_with_1_for_errors_and_says_what_to_do(axon, configured, folder):
    configured(32).close()
    done = axon("doctor", "--format", "json")
    assert (done.exit_code, json.loads(done.stdout)["ok"]) == (1, False)
    found = findings(done)["persistent", "embedder"]
    assert (found["severity"], found["fix"]) == (
        "error",
        f"axon reindex, or configure {identity(HashEmbedder(16))} again",
    )
    (folder / "store" / "memory.sqlite3").write_bytes(b"no database at all " * 1000)
    done = axon("doctor")
    assert (done.exit_code, done.stderr) == (1, "")
    assert "What to do: stop what uses it, and put a copy made by `axon backup` in its place" in done.stdout


def test_an_embedder_that_fails_is_a_finding_and_hides_nothing(axon, configured, folder):
    (folder / "axon.toml").write_text('embedder = "broken"\n' + CONFIG)
    done = axon("doctor", "--format", "json")
    found = findings(done)
    assert done.exit_code == 1
    assert "the model is gone" in found[None, "embedder"]["sentence"]
    assert found["persistent", "entries"]["severity"] == "ok"


def test_a_configuration_that_cannot_be_used_is_wrong_usage(axon, folder):
    (folder / "axon.toml").write_text("[nothing]\n")
    assert axon("doctor").exit_code == 2
    assert axon("doctor", "missing.toml").exit_code == 2
