"""What is in the repository works anywhere: nothing names a machine, a person's folder or a package index."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE = re.compile(r"site|dist|build|__pycache__|\.(?!ci$|gitignore$).*")
FOLDER = re.compile(r"(?<![\w.:/)-])/(?:home|opt|root|tmp|Users|work|workspace)/\w+")
INDEX = re.compile(r"index-url|find-links *=|pythonhosted|pypi\.\w|/simple/", re.IGNORECASE)


def files() -> list[Path]:
    """What is tracked, or would be; in a copy without Git all that no tool made. Not this file with its patterns."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
        names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        found = [ROOT / name for name in names if name]
    else:
        found = [path for path in ROOT.rglob("*") if not any(map(MADE.fullmatch, path.relative_to(ROOT).parts))]
    return [path for path in found if path.is_file() and path != Path(__file__)]


@pytest.mark.parametrize("pattern", [FOLDER, INDEX], ids=["folders of a machine", "package indexes"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    named = [
        f"{path.relative_to(ROOT)}:{number}: {found[0]}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if (found := pattern.search(line))
    ]
    assert named == []


def test_no_lock_file_pins_an_index() -> None:
    locks = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pip.conf"}
    assert [path.name for path in files() if path.name in locks] == []


def test_tests_live_in_one_place() -> None:
    """A package beside its tests would be shadowed by them under the import mode of pytest that is used here.

    An example is a project of its own, as its author has it, with the tests that the tutorial shows.
    """
    homes = {ROOT / "tests", *ROOT.glob("examples/*/tests")}
    astray = [path for path in files() if path.name.startswith("test_") and not homes.intersection(path.parents)]
    assert astray == []
