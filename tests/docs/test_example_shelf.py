"""The tutorial on adapters ends with the example, and begins with what `axon new-adapter` writes."""

from __future__ import annotations

import re
from pathlib import Path

from axon.scaffold.project import Project

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "write-an-adapter.md"
EXAMPLE = ROOT / "examples" / "axon-shelf"
PACKAGE = EXAMPLE / "src" / "axon_shelf"
TITLED = re.compile(r'^```python title="axon-shelf/(?P<path>[\w/]+\.py)"\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL)


def test_the_last_version_of_each_file_is_that_of_the_example() -> None:
    shown = {found["path"]: found["body"] for found in TITLED.finditer(PAGE.read_text(encoding="utf-8"))}
    files = {
        path.relative_to(EXAMPLE).as_posix(): path.read_text(encoding="utf-8")
        for path in (*PACKAGE.glob("*.py"), *(EXAMPLE / "tests").glob("*.py"))
        if path.name != "__init__.py"
    }
    assert shown == files


def test_what_the_tutorial_does_not_change_is_as_it_was_written() -> None:
    written = Project("shelf").rendered()
    assert (PACKAGE / "__init__.py").read_text(encoding="utf-8") == written["src/axon_shelf/__init__.py"]
    example, fresh = (
        [line for line in text.splitlines() if not line.startswith("description = ")]
        for text in ((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"), written["pyproject.toml"])
    )
    assert example == fresh
