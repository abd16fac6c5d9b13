"""The parts of a run that are done, each in a file, so that a run that was interrupted goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / ".benchmarks" / "unfinished"
_RUN = "run.json"


class Unfinished:
    """The results so far of the run that ``wanted`` describes; runs of other commits, which cannot go on, are dropped.

    Runs that measure other things at the same time are left alone.
    """

    def __init__(self, wanted: dict[str, Any], folder: Path = FOLDER) -> None:
        described = json.dumps(wanted, sort_keys=True)
        for other in folder.glob(f"*/{_RUN}"):
            if json.loads(other.read_text(encoding="utf-8"))["commit"] != wanted["commit"]:
                shutil.rmtree(other.parent, ignore_errors=True)
        self._folder = folder / hashlib.sha256(described.encode()).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / _RUN).write_text(described, encoding="utf-8")

    def result(self, part: str) -> dict[str, Any] | None:
        """What a part gave, if it is done."""
        file = self._folder / f"{part}.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None

    def keep(self, part: str, result: dict[str, Any]) -> None:
        """A part is done; it is there wholly or not at all, whenever this process ends."""
        file = self._folder / f"{part}.json"
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(result), encoding="utf-8")
        draft.replace(file)

    def drop(self) -> None:
        """Forget them: the run is over."""
        shutil.rmtree(self._folder, ignore_errors=True)
