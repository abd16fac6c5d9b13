"""The page on hooks and the hooks agree."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from axon.spi import hookspecs

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hooks.md"


def signatures() -> dict[str, str]:
    """Every hook with its signature as it is written in the source."""
    functions = [node for node in ast.parse(inspect.getsource(hookspecs)).body if isinstance(node, ast.FunctionDef)]
    marked = [node for node in functions if hasattr(getattr(hookspecs, node.name), "axon_spec")]
    return {node.name: f"def {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}" for node in marked}


def test_every_hook_is_documented_with_its_signature() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    hooks = signatures()
    assert {"axon_adapters", "axon_embedders", "axon_middleware", "axon_check_config"} <= hooks.keys()
    assert [signature for signature in hooks.values() if signature not in page] == []


def test_no_hook_is_documented_that_does_not_exist() -> None:
    named = set(re.findall(r"\baxon_[a-z_]+\b", PAGE.read_text(encoding="utf-8")))
    packages = {"axon_core", "axon_inmemory", "axon_redis", "axon_vector"}
    assert named - packages <= signatures().keys()
