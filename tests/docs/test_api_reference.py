"""The page on the Python interface has every method of a memory, with its parameters as they are."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from axon import MemorySystem
from axon.core.lifetimes import BY_POLICY

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
HEADINGS = re.findall(
    r"^### `(?:async |MemorySystem\.)?(\w+)\((.*?)\)(?: -> .+)?`$", PAGE.read_text("utf-8"), re.MULTILINE
)
METHODS = {
    name: method for name, method in inspect.getmembers(MemorySystem, callable) if not name.startswith("_")
}  # fmt: skip
TOGETHER = {"tier"}
"""What is told beside properties."""


def written(method: object) -> str:
    """The parameters as the page writes them: without types, and ``BY_POLICY`` by its name."""
    assert callable(method)
    parameters = []
    star = False
    for parameter in list(inspect.signature(method).parameters.values()):
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            parameters.append("*")
        star = star or parameter.kind in {parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL}
        prefix = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f"={shown(parameter.default)}"
        parameters.append(f"{prefix}{parameter.name}{default}")
    return ", ".join(parameters)


def shown(default: object) -> str:
    return "BY_POLICY" if default is BY_POLICY else repr(default).replace("'", '"')


@pytest.mark.parametrize("name", sorted(METHODS.keys() - TOGETHER))
def test_a_method_has_a_heading_with_its_parameters(name: str) -> None:
    assert (name, written(METHODS[name])) in HEADINGS
