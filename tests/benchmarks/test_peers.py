"""Who cannot be installed is told, and keeps nobody else from being measured."""

from __future__ import annotations

import json
import sys

import pytest
from benchmarks import peers

PIP = f"""#!{sys.executable}
import sys
with open("LOG", "a") as log:
    log.write(" ".join(word for word in sys.argv[1:] if word[:1] not in "-" and word not in ("pip", "install")) + "\\n")
if any(word.startswith("nobody") for word in sys.argv):
    sys.exit("ERROR: No matching distribution found for nobody")
"""


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What a stub of pip is asked to install, where the environment is not there yet."""
    log = tmp_path / "log"

    def create(folder, **_):
        (folder / "bin").mkdir(parents=True)
        python = folder / "bin" / "python"
        python.write_text(PIP.replace("LOG", str(log)), encoding="utf-8")
        python.chmod(0o755)

    monkeypatch.setattr(peers, "FOLDER", tmp_path / "peers")
    monkeypatch.setattr(peers, "REQUIREMENTS", tmp_path / "requirements.txt")
    monkeypatch.setattr(peers.venv, "create", create)
    peers.missing.cache_clear()
    yield lambda: log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    peers.missing.cache_clear()


def require(*lines: str) -> None:
    peers.missing.cache_clear()
    peers.REQUIREMENTS.write_text("\n".join(["# Those beside Axon.", *lines]), encoding="utf-8")


def test_all_are_installed_together_and_once(asked):
    require("one>=1", "two[extra]>=2 # for something")
    assert peers.missing() == []
    peers.missing.cache_clear()
    assert peers.missing() == []
    assert asked() == ["one>=1 two[extra]>=2"]


def test_one_who_cannot_be_installed_is_told_and_the_others_are_installed(asked):
    require("one", "nobody==9", "two")
    assert peers.missing() == ["nobody==9 could not be installed: No matching distribution found for nobody"]
    assert asked() == ["one nobody==9 two", "one", "nobody==9", "two"]


def test_the_next_run_tries_those_alone_that_could_not_be_installed(asked):
    require("one", "nobody==9")
    peers.missing()
    before = len(asked())
    peers.missing.cache_clear()
    assert len(peers.missing()) == 1
    assert asked()[before:] == ["nobody==9"]


def test_other_requirements_are_installed_anew(asked):
    require("one")
    peers.missing()
    assert peers.are_there()
    require("one", "two")
    assert not peers.are_there()


def test_versions_name_those_who_are_not_there(asked, monkeypatch):
    require("one>=1", "Nobody_Else==9")
    listed = json.dumps([{"name": "One", "version": "1.2"}, {"name": "pip", "version": "9"}])
    peers.missing()
    (peers.FOLDER / "bin" / "python").write_text(f"#!/bin/sh\necho '{listed}'\n", encoding="utf-8")
    assert peers.versions() == {"nobody-else": "not installed", "one": "1.2"}
