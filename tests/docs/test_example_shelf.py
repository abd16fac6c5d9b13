"""The tutorial on adapters ends with the example, and begins with what `axon new-adapter` writes."""

from __future__ import annotations

import re
from pathlib import Path

from axon.scaffold.project import Project

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "write-an-adapter.md"
SOURCE = ROOT / "examples" / "axon-shelf" / "src" / "axon_shelf"
TITLED = re.compile(
    r'^```python title="axon-shelf/src/axon_shelf/(?P<name>\w+\.py)"\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL
)


def test_the_last_version_of_each_file_is_that_of_the_example() -> None:
    shown = {found["name"]: found["body"] for found in TITLED.finditer(PAGE.read_text(encoding="utf-8"))}
    files = {path.name: path.read_text(encoding="utf-8") for path in SOURCE.glob("*.py") if path.name != "__init__.py"}
    assert shown == files


def test_what_the_tutorial_does_not_change_is_as_it_was_written() -> None:
    written = Project("shelf").rendered()
    assert (SOURCE / "__init__.py").read_text(encoding="utf-8") == written["src/axon_shelf/__init__.py"]
    example = (SOURCE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    for table in ("build-system", "project.entry-points.axon", "tool.hatch.build.targets.wheel"):
        assert section(example, table) == section(written["pyproject.toml"], table)


def section(text: str, table: str) -> str:
    """The lines of one table."""
    return text.partition(f"[{table}]\n")[2].partition("\n[")[0].strip()
