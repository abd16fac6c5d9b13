"""The page of the documentation that holds the tables, each between two comments with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "quality.md"

_BLOCK = re.compile(r"(<!-- table: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def tables_of(page: str) -> dict[str, str]:
    """The tables that are in ``page`` now, by name."""
    return {block["name"]: block.group()[len(block[1]) : -len(block[3])].strip() for block in _BLOCK.finditer(page)}


def updated(page: str, tables: Mapping[str, str]) -> str:
    """``page`` with these ``tables``; the others stay as they are."""

    def replaced(block: re.Match[str]) -> str:
        if block["name"] not in tables:
            return block.group()
        return f"{block[1]}\n{tables[block['name']]}\n\n{block[3]}"

    return _BLOCK.sub(replaced, page)
