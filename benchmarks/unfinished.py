"""The runs that are done, each in a file, so that a command that was interrupted goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / ".benchmarks" / "unfinished"
_WANTED = "wanted.json"


class Unfinished:
    """What the command that ``wanted`` describes has measured so far.

    Commands of another ``state`` of the code cannot go on, and are dropped, which is told; without a state, outside a
    repository, none can. Commands that measure other things at the same time are left alone.
    """

    def __init__(self, wanted: dict[str, Any], folder: Path, tell: Callable[[str], None] = print) -> None:
        self._wanted = wanted
        for other in folder.glob(f"*/{_WANTED}"):
            state = json.loads(other.read_text(encoding="utf-8"))["state"]
            if not state or state != wanted["state"]:
                done = sorted({file.stem.rpartition("-")[0] for file in other.parent.glob("*-*.json")})
                why = (
                    "the code has changed since" if state else "outside a repository nothing tells of which code it is"
                )
                if done:
                    tell(f"What an earlier command has measured of {', '.join(done)} is dropped: {why}.")
                shutil.rmtree(other.parent, ignore_errors=True)
        described = json.dumps(wanted, sort_keys=True)
        self._folder = folder / hashlib.sha256(described.encode()).hexdigest()[:16]

    def run(self, part: str, kind: str) -> dict[str, Any] | None:
        """What a part gave, if it is done."""
        file = self._folder / f"{part}-{kind}.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    def keep(self, part: str, kind: str, run: dict[str, Any]) -> None:
        """A part is done; it is there wholly or not at all, whenever this process ends."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(_WANTED, self._wanted)
        self._write(f"{part}-{kind}.json", run)

    def drop(self) -> None:
        """Forget them: all that was wanted is done."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, name: str, value: dict[str, Any]) -> None:
        draft = self._folder / f"{name}.draft"
        draft.write_text(json.dumps(value), encoding="utf-8")
        draft.replace(self._folder / name)
