"""The newest result of every part, with the one before it: what the page of the documentation is made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure

FILE = Path(__file__).parents[1] / "docs" / "benchmarks" / "results.json"

Results = dict[str, dict[str, Any]]
"""By part."""


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
    """``new``, and of ``old`` what is not there anew; what is has the medians of before beside it.

    A short run of a part leaves the figures that only the whole one has as they were.
    """
    result = dict(old)
    for part, fresh in new.items():
        before = old.get(part)
        result[part] = fresh
        if before is not None and before["machine"] == fresh["machine"]:
            result[part] = fresh | {"before": {f.label: f.middle for f in figures(before)}}
            if before["full"] and not fresh["full"]:
                known = {f.label for f in figures(fresh)}
                kept = [each for each in before["figures"] if Figure(**each).label not in known]
                result[part] |= {"figures": fresh["figures"] + kept, "full": True}
    return result


def figures(result: Mapping[str, Any]) -> list[Figure]:
    """The figures of one part."""
    return [Figure(**each) for each in result["figures"]]


def _lines(value: Any, indent: str = "") -> str:
    """JSON with a line for each number of things, and one for each figure."""
    if isinstance(value, dict) and value and "rounds" not in value:
        inner = ",\n".join(f"{indent} {json.dumps(key)}: {_lines(each, indent + ' ')}" for key, each in value.items())
        return f"{{\n{inner}\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], (dict, str)):
        inner = ",\n".join(f"{indent} {_lines(each, indent + ' ')}" for each in value)
        return f"[\n{inner}\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
