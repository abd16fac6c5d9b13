"""A project on the path with what an editable install would leave of it, without pip, a network and an environment."""

from __future__ import annotations

import tomllib
from pathlib import Path


def installed(project: Path, site: Path) -> list[Path]:
    """The folders that belong on the path: the project's source, and ``site`` with its metadata."""
    table = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = site / f"{table['name'].replace('-', '_')}-{table['version']}.dist-info"
    metadata.mkdir(parents=True, exist_ok=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {table['name']}\nVersion: {table['version']}\n")
    lines = [
        line
        for group, points in table.get("entry-points", {}).items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in points.items()))
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return [project / "src", site]
