"""The newest run of every part, short and whole, with the ratios of the run before it: what the page is made from.

What belongs to the figures of a run stands with them: its commit, date, machine, versions and notes. A short run and a
whole one of the same part are two runs, so that neither passes for the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.beside import ratios
from benchmarks.figure import Figure

FILE = Path(__file__).parents[1] / "docs" / "benchmarks" / "results.json"
KINDS = ("main", "full")
"""The kinds of run that a part may have: some minutes at most, and what takes longer or needs more memory."""

Results = dict[str, dict[str, Any]]
"""By part: what it is ``about``, and its run of each of the :data:`KINDS` that was measured."""


def read(file: Path = FILE) -> Results:
    """What is in ``file``; nothing where there is none."""
    if not file.exists():
        return {}
    results: Results = json.loads(file.read_text(encoding="utf-8"))
    return results


def write(results: Results, file: Path = FILE) -> None:
    """Keep ``results``, so that a change of one figure is a change of one line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_lines(results) + "\n", encoding="utf-8")


def merged(old: Results, new: Results) -> Results:
    """``old``, with each run of ``new`` in place of the one of its part and kind, whose ratios stand beside it."""
    result = dict(old)
    for part, fresh in new.items():
        known = old.get(part, {})
        kept = {kind: run for kind, run in runs(known) if kind not in fresh}
        found = {kind: _after(known.get(kind), run) for kind, run in runs(fresh)} | kept
        result[part] = {"about": fresh["about"], **dict(runs(found))}
    return result


def runs(result: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The runs of one part with their kind, the short one first."""
    return [(kind, result[kind]) for kind in KINDS if kind in result]


def figures(result: Mapping[str, Any]) -> list[Figure]:
    """The figures of all runs of one part."""
    return [Figure(**each) for _, run in runs(result) for each in run["figures"]]


def notes(result: Mapping[str, Any]) -> list[str]:
    """The notes of all runs of one part."""
    return [note for _, run in runs(result) for note in run["notes"]]


def ratios_of(run: Mapping[str, Any]) -> dict[str, float]:
    """What of a run holds on other machines too, and is compared with other runs."""
    return ratios(Figure(**each) for each in run["figures"])


def _after(before: Mapping[str, Any] | None, run: dict[str, Any]) -> dict[str, Any]:
    """``run`` with what was found before; nothing of what was found on another machine."""
    if before is None or before["machine"] != run["machine"]:
        return run
    return run | {"before": {"commit": before["commit"], "began": before["began"], "ratios": ratios_of(before)}}


def _lines(value: Any, indent: str = "") -> str:
    """JSON with a line for each number of things, and one for each figure."""
    if isinstance(value, dict) and value and "rounds" not in value:
        inner = ",\n".join(f"{indent} {json.dumps(key)}: {_lines(each, indent + ' ')}" for key, each in value.items())
        return f"{{\n{inner}\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], (dict, str)):
        inner = ",\n".join(f"{indent} {_lines(each, indent + ' ')}" for each in value)
        return f"[\n{inner}\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
