"""What is measured has a name that tells it from all else, and what is missing on a machine is told."""

from __future__ import annotations

import subprocess

import pytest
from benchmarks import machine


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a module, as machine.py sees it."""
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "benchmarks" / "part.py").write_text("one", encoding="utf-8")
    (tmp_path / "docs" / "page.md").write_text("one", encoding="utf-8")
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "One"]):
        subprocess.run(["git", *words], check=True, cwd=tmp_path)
    return tmp_path


def test_two_changes_of_one_commit_are_two_states(repository):
    clean = machine.state()
    assert machine.commit() == clean
    states = {clean}
    for text in ("two", "three"):
        (repository / "benchmarks" / "part.py").write_text(text, encoding="utf-8")
        assert machine.commit() == f"{clean} (changed)"
        states.add(machine.state())
    assert len(states) == 3


def test_what_a_new_file_of_the_code_holds_belongs_to_the_state(repository):
    states = {machine.state()}
    (repository / "core" / "src" / "axon").mkdir(parents=True)
    for place in ("benchmarks", "core/src/axon"):
        for text in ("one", "two"):
            (repository / place / "new.py").write_text(text, encoding="utf-8")
            states.add(machine.state())
    assert len(states) == 5


def test_the_page_is_not_what_is_measured(repository):
    clean = machine.state()
    (repository / "docs" / "page.md").write_text("two", encoding="utf-8")
    assert machine.state() == machine.commit() == clean


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
