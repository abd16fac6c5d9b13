"""The environment of those whom Axon is measured beside: one of its own, so that nobody else has to install them."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "contenders" / "requirements.txt"
FOLDER = Path(__file__).parents[1] / ".venv" / "peers"


def python() -> Path:
    """The interpreter of the environment, which is made if it is not there or older than its requirements."""
    interpreter, stamp = FOLDER / "bin" / "python", FOLDER / "installed"
    if not stamp.exists() or stamp.stat().st_mtime < REQUIREMENTS.stat().st_mtime:
        print("        ... installing those whom Axon is measured beside (1.2 GB, a minute or two)", flush=True)
        venv.create(FOLDER, with_pip=True, clear=True)
        install = [interpreter, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-r", REQUIREMENTS]
        subprocess.run(install, check=True)
        stamp.touch()
    return interpreter


def versions() -> dict[str, str]:
    """What is installed there, of what the requirements name."""
    listing = [python(), "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    installed = json.loads(subprocess.run(listing, check=True, capture_output=True, text=True).stdout)
    wanted = {
        _name(line) for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if line[:1] not in {"", "#"}
    }
    return {item["name"]: item["version"] for item in installed if item["name"].lower().replace("_", "-") in wanted}


def is_ours(contender: str) -> bool:
    """Whether a contender is of this project, and runs where this runs."""
    name = contender.rpartition(".")[2]
    return name.startswith("axon_") and not name.startswith("axon_beta")


def interpreter_of(contender: str) -> Path:
    """The interpreter that a contender runs in."""
    return Path(sys.executable) if is_ours(contender) else python()


def _name(line: str) -> str:
    for end in "[=<>~! ;":
        line = line.partition(end)[0]
    return line.lower()
