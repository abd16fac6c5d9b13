"""``axon new-adapter``: a plugin project that keeps the contract as it is written."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from editable import installed

from axon.core import registry
from axon.core.config import MemoryConfig
from axon.core.policies import SessionPolicy
from axon.scaffold.project import Project
from axon.sync import MemorySystem


@pytest.fixture
def project(axon, folder):
    """The project ``axon-crate``, written into the current folder."""
    done = axon("new-adapter", "crate")
    assert (done.exit_code, done.stderr) == (0, "")
    return folder / "axon-crate"


@pytest.fixture
def on_the_path(project, folder, monkeypatch):
    """The same as if it was installed."""
    before = set(sys.modules)
    for path in reversed(installed(project, folder / "site")):
        monkeypatch.syspath_prepend(str(path))
    registry.default_registry.cache_clear()
    yield project
    for name in set(sys.modules) - before:
        if name.startswith("axon_crate"):
            del sys.modules[name]


def test_what_is_written(project):
    written = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()}
    assert written == {
        ".github/workflows/ci.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/axon_crate/__init__.py",
        "src/axon_crate/adapter.py",
        "src/axon_crate/options.py",
        "src/axon_crate/plugin.py",
        "src/axon_crate/py.typed",
        "tests/test_crate_conformance.py",
    }
    for path in project.rglob("*.*"):
        text = path.read_text() if path.is_file() else ""
        assert "$" not in text.replace("${{ matrix.python }}", "").replace("$ ", ""), path
        assert text == "" or text.endswith("\n"), path


class Described:
    """A distribution that was installed as its ``direct_url.json`` says."""

    def __init__(self, text):
        self.read_text = {"direct_url.json": text}.get


EDITABLE = Described('{"dir_info": {"editable": true}, "url": "file:///some%20where/axon_core"}')
INDEX = Described(None)
WHEEL = Described('{"archive_info": {}, "url": "file:///wheels/axon_core-0.1.0-py3-none-any.whl"}')


@pytest.mark.parametrize(
    ("core", "first"), [(INDEX, []), (WHEEL, []), (EDITABLE, ["pip install -e '/some where/axon_core'"])]
)
def test_the_next_commands_are_told(axon, folder, monkeypatch, core, first):
    monkeypatch.setattr("axon.cli.new_adapter.distribution", {"axon-core": core}.__getitem__)
    said = axon("new-adapter", "my-store").stdout
    assert [line.strip() for line in said.splitlines() if line.startswith("  ")] == [
        *first,
        "pip install -e './axon-my-store[test]'",
        "pytest axon-my-store",
        "axon adapters",
    ]
    assert "Configurations call it my_store." in said
    somewhere = folder / "some where"
    said = axon("new-adapter", "other", "--into", str(somewhere)).stdout
    assert f"pytest '{somewhere}/axon-other'" in said
    assert (somewhere / "axon-other" / "pyproject.toml").is_file()


def test_the_core_that_it_asks_for_is_this_one(project):
    table = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    major, minor, *_ = map(int, metadata.version("axon-core").split("."))
    assert table["dependencies"] == [f"axon-core>={major}.{minor},<{major}.{minor + 1}"]
    extras = tomllib.loads((Path(__file__).parents[2] / "axon_core" / "pyproject.toml").read_text())["project"]
    assert {"cli", "testing"} <= extras["optional-dependencies"].keys()
    assert table["optional-dependencies"]["test"][0] == "axon-core[cli,testing]"


def test_what_lets_the_errors_be_looked_at_is_named(project):
    lines = (project / "tests" / "test_crate_conformance.py").read_text().splitlines()
    (line,) = [line for line in lines if line.strip().startswith("# unreachable = {")]
    compile(line.replace("# ", "").strip(), "the line", "exec")
    assert "`unreachable`" in (project / "README.md").read_text()


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("leveldb", ("leveldb", "axon-leveldb", "axon_leveldb", "Leveldb")),
        ("my-store", ("my_store", "axon-my-store", "axon_my_store", "MyStore")),
        ("my_store", ("my_store", "axon-my-store", "axon_my_store", "MyStore")),
        ("s3", ("s3", "axon-s3", "axon_s3", "S3")),
        ("a", ("a", "axon-a", "axon_a", "A")),
        ("class", ("class", "axon-class", "axon_class", "Class")),  # no word of Python's own: all names have more
    ],
)
def test_names_follow_from_one(name, names):
    project = Project(name)
    assert (project.adapter, project.distribution, project.package, project.prefix) == names
    for path, text in project.rendered().items():
        if path.endswith(".py"):
            compile(text, path, "exec")
        if path.endswith(".toml"):
            assert tomllib.loads(text)["project"]["entry-points"]["axon"] == {names[0]: f"{names[2]}.plugin"}


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Leveldb", "lower-case letters"),
        ("LevelDB", "'leveldb' would do"),
        ("3d", "a letter first"),
        ("my--store", "single '-' or '_'"),
        ("store-", "lower-case letters"),
        ("über", "lower-case letters"),
        ("../store", "lower-case letters"),
        ("a b", "lower-case letters"),
        ("", "lower-case letters"),
        ("store\n", "lower-case letters"),
        ("x" * 41, "40 characters at the most"),
        ("axon-leveldb", "leave out 'axon-'"),
        ("memory", "the name of a plugin"),
        ("shelf", "the name of a plugin"),
        ("onnx", "the name of a plugin"),
        ("core", "there is a distribution axon-core"),
        ("inmemory", "there is a distribution axon-inmemory"),
    ],
)
def test_a_name_that_will_not_do(axon, folder, name, sentence):
    before = sorted(folder.iterdir())
    done = axon("new-adapter", name)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("axon: error: ")
    assert sentence in done.stderr
    assert sorted(folder.iterdir()) == before


def test_nothing_is_overwritten(axon, project, folder):
    file = project / "src" / "axon_crate" / "adapter.py"
    file.write_text("mine")
    done = axon("new-adapter", "crate")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is there already" in done.stderr
    assert file.read_text() == "mine"
    (folder / "axon-other").write_text("a file")
    assert axon("new-adapter", "other").exit_code == 1
    assert (folder / "axon-other").read_text() == "a file"
    (folder / "axon-empty").mkdir()
    assert axon("new-adapter", "empty").exit_code == 0


def test_it_is_listed_and_used(axon, on_the_path):
    assert "crate " in axon("adapters").stdout
    config = MemoryConfig(session=SessionPolicy(adapter_type="crate"))
    with MemorySystem(config) as memory:
        memory.store("Ada bakes bread", tier="session")
        assert [entry.text for entry in memory.recall("bread")] == ["Ada bakes bread"]


def test_it_has_no_vectors_and_a_tier_that_needs_them_is_told(axon, on_the_path, folder):
    (folder / "axon.toml").write_text('[persistent]\nadapter_type = "crate"')
    done = axon("check", "axon.toml")
    assert done.exit_code == 1
    assert "adapter 'crate' has no vector_search" in done.stdout


def test_two_projects_are_tested_in_one_run(axon, project, folder):
    assert axon("new-adapter", "box-two").exit_code == 0
    other = folder / "axon-box-two"
    path = os.pathsep.join(str(each) for one in (project, other) for each in installed(one, folder / "site"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "deleting", str(project), str(other)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_passes_the_whole_kit(project, folder):
    path = os.pathsep.join(map(str, installed(project, folder / "site")))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(project)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "failed" not in done.stdout
    # Nothing is left out but what it does not declare, and the settings with which no store answers.
    known = ("not declared", "none of these settings", "no setting", "no `unreachable` settings", "the checks on")
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    assert [line for line in skipped if not any(words in line for words in known)] == []
