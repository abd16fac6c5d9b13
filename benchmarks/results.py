"""The newest run of every part, short and whole, with what the run before it found: what the page is made from.

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
    """``old``, with each run of ``new`` in place of the one of its part and kind, which stays as what was before."""
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
    return [figure for _, run in runs(result) for figure in figures_of(run)]


def figures_of(run: Mapping[str, Any]) -> list[Figure]:
    """The figures of one run."""
    return [Figure(**each) for each in run["figures"]]


def notes(result: Mapping[str, Any]) -> list[str]:
    """The notes of all runs of one part, each once."""
    return list(dict.fromkeys(note for _, run in runs(result) for note in run["notes"]))


def ratios_of(run: Mapping[str, Any]) -> dict[str, float]:
    """What of a run is held against a run of any machine."""
    return ratios(figures_of(run))


def compared(run: Mapping[str, Any]) -> dict[str, float]:
    """What of a run is held against others of its machine: the ratios, and figures that stand alone or have a bar."""
    some = figures_of(run)
    return {f.label: f.middle for f in some if not f.who or f.bar is not None} | ratios(some)


def before(run: Mapping[str, Any]) -> dict[str, float]:
    """What is :func:`compared` of the run before, as far as that was kept: once it was the ratios alone."""
    kept = run.get("before", {})
    found: dict[str, float] = kept.get("compared", kept.get("ratios", {}))
    return found


def machines(results: Results) -> list[dict[str, str]]:
    """Those that the runs were measured on, each once."""
    found: list[dict[str, str]] = []
    for run in (run for result in results.values() for _, run in runs(result)):
        if run["machine"] not in found:
            found.append(run["machine"])
    return found


def versions(results: Results, group: str) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Of each of a group, ``Axon`` or ``peers``, by name: its versions, and which part and kind of run had them."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for part, result in results.items():
        for kind, run in runs(result):
            for name, version in run["versions"][group].items():
                found.setdefault(name, {}).setdefault(version, []).append((part, kind))
    return found


def _after(old: Mapping[str, Any] | None, run: dict[str, Any]) -> dict[str, Any]:
    """``run`` with what was found before; nothing of what was found on another machine."""
    if old is None or old["machine"] != run["machine"]:
        return run
    return run | {"before": {"commit": old["commit"], "began": old["began"], "compared": compared(old)}}


def _lines(value: Any, indent: str = "") -> str:
    """JSON with a line for each number of things, and one for each figure."""
    if isinstance(value, dict) and value and "rounds" not in value:
        inner = ",\n".join(f"{indent} {json.dumps(key)}: {_lines(each, indent + ' ')}" for key, each in value.items())
        return f"{{\n{inner}\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], (dict, str)):
        inner = ",\n".join(f"{indent} {_lines(each, indent + ' ')}" for each in value)
        return f"[\n{inner}\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
