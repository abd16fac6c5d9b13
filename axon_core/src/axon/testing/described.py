"""A file that describes an adapter under test, with the names of the test class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from axon.core.errors import ConfigError
from axon.core.loading import read_table
from axon.core.suggestions import unknown_key

KEYS = ("settings", "unreachable", "golden", "dimension")
"""Attributes of the test class, in the order of the reference."""


def read_description(path: Path) -> dict[str, Any]:
    """What ``path`` says of the attributes of the test class; ``golden`` is a folder beside the file."""
    table = read_table(path)
    problems = [f"{unknown_key(key, KEYS)} @ {path.name}" for key in table if key not in KEYS]
    problems += [
        f"expected a table, got {table[key]!r} @ {path.name}.{key}"
        for key in KEYS[:2]
        if key in table and not isinstance(table[key], dict)
    ]
    if "golden" in table and not isinstance(table["golden"], str):
        problems.append(f"expected the path of a folder, got {table['golden']!r} @ {path.name}.golden")
    if problems:
        raise ConfigError(problems)
    if "golden" in table:
        table["golden"] = path.parent / table["golden"]
    return table
