"""The environment of those whom Axon is measured beside: one of its own, so that nobody else has to install them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import venv
from functools import cache
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).parent / "contenders" / "requirements.txt"
FOLDER = Path(__file__).parents[1] / ".venv" / "peers"
_INSTALLED = "installed.json"


def python() -> Path:
    """The interpreter of the environment, which is made if it is not there or of other requirements."""
    missing()
    return _python()


@cache
def missing() -> list[str]:
    """Who of them could not be installed, and why, a sentence each; it is tried again in every run."""
    if are_there():
        failed = refused(_stamp()["missing"])
    else:
        print("        ... installing those whom Axon is measured beside (1.2 GB, a minute or two)", flush=True)
        venv.create(FOLDER, with_pip=True, clear=True)
        failed = refused(_lines())
    stamp = json.dumps({"of": requirements(), "missing": list(failed)})
    (FOLDER / _INSTALLED).write_text(stamp, encoding="utf-8")
    return [f"{line} could not be installed: {why}" for line, why in failed.items()]


def are_there() -> bool:
    """Whether the environment is made, of the requirements as they are now."""
    return bool(_stamp().get("of") == requirements())


def refused(lines: list[str]) -> dict[str, str]:
    """Install what ``lines`` require, together or else one by one: those that pip refuses, and why."""
    if len(lines) > 1 and not _why_not(lines):
        return {}
    return {line: why for line in lines if (why := _why_not([line]))}


def versions() -> dict[str, str]:
    """What is installed there, of what the requirements name, and what is not."""
    listing = [str(python()), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    said = json.loads(subprocess.run(listing, check=True, capture_output=True, text=True).stdout)
    there = {item["name"].lower().replace("_", "-"): item["version"] for item in said}
    return {name: there.get(name, "not installed") for name in sorted(map(_name, _lines()))}


def requirements() -> str:
    """A name of the requirements that no others have."""
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]


def is_ours(contender: str) -> bool:
    """Whether a contender is of this project, and runs where this runs."""
    name = contender.rpartition(".")[2]
    return name.startswith("axon_") and not name.startswith("axon_beta")


def interpreter_of(contender: str) -> Path:
    """The interpreter that a contender runs in."""
    return Path(sys.executable) if is_ours(contender) else python()


def _python() -> Path:
    return FOLDER / "bin" / "python"


def _stamp() -> dict[str, Any]:
    file = FOLDER / _INSTALLED
    stamp: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return stamp


def _lines() -> list[str]:
    lines = [line.partition(" #")[0].strip() for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _why_not(lines: list[str]) -> str:
    """Why pip does not install ``lines``; nothing where it does."""
    command = [str(_python()), "-m", "pip", "install", "-q", "--disable-pip-version-check", *lines]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    errors = [line for line in said.stderr.splitlines() if line.startswith("ERROR: ")]
    return (errors or [f"pip ended with {said.returncode}"])[-1].removeprefix("ERROR: ") if said.returncode else ""


def _name(line: str) -> str:
    for end in "[=<>~! ;":
        line = line.partition(end)[0]
    return line.lower().replace("_", "-")
