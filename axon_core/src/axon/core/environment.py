"""Variables as settings: ``AXON_SESSION__TTL_SECONDS`` stands for a key, ``{env = "NAME"}`` for a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import attrs
from attrs import field, frozen

from axon.core.policies import POLICIES
from axon.core.secrets import is_reference
from axon.core.suggestions import did_you_mean, unknown_key

PREFIX = "AXON_"

_VALUES = ("namespace", "embedder", "middleware")
_SETTINGS = ("adapters", "embedders")
_SECTIONS = (*POLICIES, *_SETTINGS)
_MISSING = object()


class FromEnvironment(str):
    """Text from a variable: the only text that may become a number or a boolean, and never quoted in a message."""

    __slots__ = ("variable",)
    variable: str

    def __new__(cls, value: str, variable: str) -> Self:
        """``value``, which ``variable`` holds."""
        text = super().__new__(cls, value)
        text.variable = variable
        return text

    def __repr__(self) -> str:
        return f"the value of {self.variable}"


@frozen
class Environment:
    """What the ``AXON_`` variables come to."""

    table: dict[str, Any] = field(factory=dict)
    """The configuration that they stand for."""
    problems: list[str] = field(factory=list)
    """Each names its variable."""


def read_environment(env: Mapping[str, str]) -> Environment:
    """The part of a configuration that variables give.

    Settings of adapters and embedders may be secret: they become references, which are read when they are needed.
    Variables without ``__`` that name no part of a configuration are not ours to judge.
    """
    read = Environment()
    for variable in sorted(name for name in env if name.startswith(PREFIX)):
        keys = variable.removeprefix(PREFIX).lower().split("__")
        if len(keys) == 1 and keys[0] not in _VALUES and keys[0] not in _SECTIONS:
            continue
        problem = _misplaced(keys) or _put(read, keys, variable, env[variable])
        if problem:
            read.problems.append(f"{problem} @ {variable}")
            if keys[0] in POLICIES:  # what is misspelt in a tier is no reason to say that the tier is missing
                read.table.setdefault(keys[0], {})
    return read


def _misplaced(keys: list[str]) -> str | None:
    """Why a variable of these keys stands for nothing."""
    section, *rest = keys
    if section in _VALUES:
        return f"{section} is one value and has no keys: set {PREFIX}{section.upper()}" if rest else None
    if section not in _SECTIONS:
        known = (*_VALUES, *_SECTIONS)
        return f"a configuration has no {section!r}; {did_you_mean(section, known)}known: {', '.join(known)}"
    if not all(keys):
        return "a key is empty: two underscores go between two keys"
    return _misplaced_in_settings(section, rest) if section in _SETTINGS else _misplaced_in_tier(section, rest)


def _misplaced_in_settings(section: str, rest: list[str]) -> str | None:
    if len(rest) > 1:
        return None
    example = f"{PREFIX}{section.upper()}__{rest[0].upper() if rest else '<NAME>'}__<SETTING>"
    return f"{'.'.join([section, *rest])} is a table: set one of its settings, as {example}"


def _misplaced_in_tier(section: str, rest: list[str]) -> str | None:
    known = tuple(attrs.fields_dict(POLICIES[section]))
    if not rest:
        return f"{section} is a table: set one of its keys, as {PREFIX}{section.upper()}__{known[0].upper()}"
    if rest[0] not in known:
        return unknown_key(rest[0], known)
    return f"{section}.{rest[0]} is one value and has no keys" if len(rest) > 1 else None


def _put(read: Environment, keys: list[str], variable: str, value: str) -> str | None:
    if keys == ["middleware"]:
        read.table["middleware"] = [name.strip() for name in value.split(",") if name.strip()]
    else:
        node = read.table
        for key in keys[:-1]:
            node = node.setdefault(key, {})
            if is_reference(node):
                return f"it goes into {key!r}, to which another variable gives a value: unset one"
        secret = keys[0] in _SETTINGS
        node[keys[-1]] = {"env": variable} if secret else FromEnvironment(value, variable)
    return None


def resolve(data: Any, env: Mapping[str, str], *, at: str) -> tuple[Any, list[str]]:
    """``data`` with the value of its variable in the place of every ``{env = "NAME", default = ...}``.

    With it comes a problem for each variable that is not set; its key is then left out.
    """
    problems: list[str] = []

    def value_of(node: Mapping[str, Any], path: str) -> Any:
        name = node["env"]
        if isinstance(name, str) and name in env:
            return FromEnvironment(env[name], name)
        if isinstance(name, str) and "default" in node:
            return node["default"]
        problems.append(
            f"environment variable {name} is not set @ {path}"
            if isinstance(name, str)
            else f"env must name a variable, got {type(name).__name__} @ {path}"
        )
        return _MISSING

    def walk(node: Any, path: str) -> Any:
        if is_reference(node):
            return value_of(node, path)
        if isinstance(node, Mapping):
            walked = {key: walk(value, f"{path}.{key}") for key, value in node.items()}
            return {key: value for key, value in walked.items() if value is not _MISSING}
        if isinstance(node, list):
            walked_items = [walk(value, f"{path}[{i}]") for i, value in enumerate(node)]
            return [value for value in walked_items if value is not _MISSING]
        return node

    return walk(data, at), problems


def combined(unset: Sequence[str], others: Sequence[str]) -> list[str]:
    """All problems: those of :func:`resolve`, and ``others`` except what only follows from them."""
    paths = {problem.rpartition(" @ ")[2] for problem in unset}
    return [*unset, *(problem for problem in others if problem.rpartition(" @ ")[2] not in paths)]
