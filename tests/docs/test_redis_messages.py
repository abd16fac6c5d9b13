"""The messages in the guide to Redis are those that the adapter really has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import axon.core.errors

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "redis.md"
ANYTHING = "\0"
ROWS = re.findall(
    r"^\| (?:`(\w+)`)? *\| (.+?) \| .+ \|$", PAGE.read_text("utf-8").partition("## When something")[2], re.MULTILINE
)


def messages() -> set[str]:
    """Every text in the adapter's source, with one mark for each value in it."""
    found = set()
    for path in (ROOT / "axon_redis" / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else ANYTHING for part in node.values]
                found.add("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(re.sub(r"\{\w*\}", ANYTHING, node.value))
    return found


MESSAGES = messages()


def test_there_are_rows() -> None:
    assert len(ROWS) > 20
    assert [error for error, _ in ROWS if error and not hasattr(axon.core.errors, error)] == []


@pytest.mark.parametrize("message", [message for _, message in ROWS])
def test_the_message_exists(message: str) -> None:
    wanted = re.sub(r"HOST:PORT|\.\.\.", ANYTHING, message)
    assert any(wanted in each for each in MESSAGES)
