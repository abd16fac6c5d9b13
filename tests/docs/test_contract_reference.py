"""The page on the contract and the code agree: every method, capability and error is there, and no other."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import get_args

import attrs
import pytest

from axon import spi
from axon.core import errors
from axon.core.capabilities import Capability
from axon.spi import adapter, coordination, protocols
from axon.spi.spec import API

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "contract.md"
TEXT = PAGE.read_text(encoding="utf-8").replace("\\|", "|")


def section(title: str) -> str:
    """What stands between a heading and the next one of its level."""
    level = title.partition(" ")[0]
    rest = TEXT.partition(f"\n{title}\n")[2]
    return rest.partition(f"\n{level} ")[0]


def signatures(module: ModuleType, *, of: str) -> dict[str, dict[str, str]]:
    """Of each class whose name begins with ``of``, the public methods as they are written in the source."""
    classes = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef)]
    return {
        node.name: {
            method.name: signature(method)
            for method in node.body
            if isinstance(method, ast.AsyncFunctionDef) and not method.name.startswith("_")
        }
        for node in classes
        if node.name.startswith(of)
    }


def signature(method: ast.AsyncFunctionDef) -> str:
    arguments = ast.unparse(method.args).removeprefix("self, ").removeprefix("self")
    assert method.returns is not None
    spaced = re.sub(r"(: [^,=]+)=", r"\1 = ", arguments)  # ast writes defaults without spaces
    return f"async {method.name}({spaced}) -> {ast.unparse(method.returns)}"


METHODS = signatures(adapter, of="Adapter")["Adapter"]
PROTOCOLS = {**signatures(coordination, of="Supports"), **signatures(protocols, of="Supports")}


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_a_heading_with_its_signature(name: str) -> None:
    assert f"\n### `{METHODS[name]}`\n" in TEXT


def test_the_methods_are_told_as_abstract_or_with_a_default() -> None:
    for title, expected in (
        ("## The five methods", adapter.Adapter.__abstractmethods__),
        ("## Methods with defaults", METHODS.keys() - adapter.Adapter.__abstractmethods__),
    ):
        assert set(re.findall(r"^### `async (\w+)\(", section(title), re.MULTILINE)) == expected


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_protocol_has_the_signatures_of_its_methods(name: str) -> None:
    assert f"`{name}`" in TEXT
    assert PROTOCOLS[name]
    assert [each for each in PROTOCOLS[name].values() if f"`{each}`" not in TEXT] == []


def test_no_method_and_no_protocol_is_there_that_does_not_exist() -> None:
    known = {*METHODS.values(), *(each for methods in PROTOCOLS.values() for each in methods.values())}
    assert set(re.findall(r"`(async \w+\([^`]*)`", TEXT)) == known
    assert set(re.findall(r"\bSupports\w+", TEXT)) == PROTOCOLS.keys()


@pytest.mark.parametrize("name", ["Query", "Hit", "Page", "Health", "Finding", "Allowance"])
def test_a_class_has_its_fields_with_their_types(name: str) -> None:
    fields = attrs.fields(getattr(spi, name))
    table = TEXT.partition(f"\n| Field of `{name}` | Type | Meaning |\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| \S.* \|$", table, re.MULTILINE)
    assert [(name, type.replace('"', "'")) for name, type in rows] == [(a.name, str(a.type)) for a in fields]
    by_default = {name for name, row in re.findall(r"^\| `(\w+)` (.*) \|$", table, re.MULTILINE) if "default" in row}
    assert by_default <= {a.name for a in fields if a.default is not attrs.NOTHING}


def test_the_fields_of_a_finding_name_every_severity() -> None:
    table = TEXT.partition("\n| Field of `Finding` ")[2]
    assert set(re.findall(r'`"(\w+)"`', table.partition("| `subject`")[0])) == set(get_args(spi.Severity))


def test_every_capability_is_there_with_what_it_obliges_to() -> None:
    rows = re.findall(r"^\| `(\w+)` \| to ", section("## Capabilities"), re.MULTILINE)
    assert rows == [capability.value for capability in Capability]


def test_every_error_of_a_store_is_there() -> None:
    rows = re.findall(r"^\| `(\w+)[`(]", section("## Errors to raise"), re.MULTILINE)
    store_errors = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.StoreError) and value is not errors.StoreError
    }
    assert {name for name in rows if name in store_errors} == store_errors
    assert [name for name in rows if not hasattr(errors, name)] == []


def test_the_topics_that_prove_it_exist() -> None:
    from axon.testing.examination import every_check

    topics = {check.topic for check in every_check()}
    named = {
        name
        for group in re.findall(r"\((`[a-z]+`(?:, `[a-z]+`)*)\)$", TEXT, re.MULTILINE)
        for name in re.findall(r"\w+", group)
    }
    assert len(named) > 10
    assert named <= topics
    proofs = re.findall(r"^\| `\w+` \| to .* \| ([^|]+) \|$", section("## Capabilities"), re.MULTILINE)
    assert len(proofs) == len(Capability)
    assert {name for proof in proofs for name in re.findall(r"`(\w+)`", proof)} <= topics


def test_the_version_is_this_one() -> None:
    assert f"`axon.spi.API`, which is {API}." in " ".join(section("## Versions of the contract").split())
