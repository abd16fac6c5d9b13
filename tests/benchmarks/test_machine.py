"""What is measured has a name that tells it from all else, and what is missing on a machine is told."""

from __future__ import annotations

import subprocess

import pytest
from benchmarks import machine

MEASURED = (
    "axon_core/src/axon/core/entry.py",
    "axon_redis/src/axon_redis/lua/save.lua",
    "axon_inmemory/src/axon_inmemory/adapter.py",
    "plugins/axon_vector/src/axon_vector/kept.py",
    "benchmarks/part.py",
    "benchmarks/contenders/requirements.txt",
    "requirements-bench.txt",
)
OTHERS = (
    "CHANGELOG.md",
    "README.md",
    "axon_core/README.md",
    "docs/page.md",
    "tests/core/test_a.py",
    "examples/src/a.py",
)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a module, as machine.py sees it."""
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    for name in (*MEASURED, *OTHERS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one", encoding="utf-8")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder, *words: str) -> None:
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *author, *words], check=True, cwd=folder)


def commit(folder) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "One")


@pytest.mark.parametrize("name", MEASURED)
def test_each_change_of_what_is_measured_is_another_state(repository, name):
    clean, of = machine.state(), machine.commit()
    states = {clean}
    for text in ("two", "three"):
        (repository / name).write_text(text, encoding="utf-8")
        assert machine.commit() == f"{of} (changed)"
        states.add(machine.state())
    (repository / name).unlink()
    assert machine.commit() == f"{of} (changed)"
    assert len({*states, machine.state()}) == 4


@pytest.mark.parametrize(
    "name", ["benchmarks/new.py", "axon_core/src/axon/new.py", "plugins/axon_new/src/axon_new/a.py"]
)
def test_what_a_new_file_of_the_code_holds_belongs_to_the_state(repository, name):
    states, of = {machine.state()}, machine.commit()
    (repository / name).parent.mkdir(parents=True, exist_ok=True)
    for text in ("one", "two"):
        (repository / name).write_text(text, encoding="utf-8")
        assert machine.commit() == f"{of} (changed)"
        states.add(machine.state())
    assert len(states) == 3


def test_a_commit_of_what_was_there_already_is_the_same_state(repository):
    (repository / "benchmarks" / "part.py").write_text("two", encoding="utf-8")
    (repository / "benchmarks" / "new.py").write_text("one", encoding="utf-8")
    before, of = machine.state(), machine.commit()
    commit(repository)
    assert machine.state() == before
    assert machine.commit() != of


@pytest.mark.parametrize("name", [*OTHERS, "docs/new.md", "tests/new.py"])
def test_what_is_not_measured_changes_nothing(repository, name):
    clean, of = machine.state(), machine.commit()
    (repository / name).write_text("two", encoding="utf-8")
    assert machine.state() == clean
    assert machine.commit() == of
    commit(repository)
    assert machine.state() == clean


def test_outside_a_repository_there_is_neither_commit_nor_state(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    assert machine.commit() == machine.state() == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.commit() == machine.state() == ""


@pytest.mark.parametrize("said", ["exit 3", "exec /nobody/there"])
def test_a_server_that_does_not_run_is_told(tmp_path, monkeypatch, said):
    server = tmp_path / "redis-server"
    server.write_text(f"#!/bin/sh\n{said}\n", encoding="utf-8")
    server.chmod(0o755)
    monkeypatch.setenv("AXON_TEST_REDIS", str(server))
    assert machine.versions()["server"] == "no Redis server"
    monkeypatch.setenv("AXON_TEST_REDIS", str(tmp_path / "none"))
    assert machine.versions()["server"] == "no Redis server"
