"""From TOML, JSON and the environment to a configuration."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import frozen

from axon.core.conversion import structure
from axon.core.environment import Environment, FromEnvironment, combined, read_environment, resolve
from axon.core.errors import ConfigError
from axon.core.secrets import is_reference

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig

Config = TypeVar("Config", bound="MemoryConfig")

RESOLVED_LATER = ("adapters", "embedders", "middleware")
"""What is resolved when it is built, and not when it is loaded."""


@frozen
class Source:
    """A table, and the variables over it."""

    table: Mapping[str, Any]
    environment: Environment
    env: Mapping[str, str]
    """What ``{env = "NAME"}`` refers to."""
    at: str
    """What problems call the table."""

    def resolved(self) -> tuple[dict[str, Any], list[str]]:
        """The table with the values of variables in it, as far as they are not needed later; and which are not set."""
        later = {key: self.table[key] for key in RESOLVED_LATER if key in self.table}
        now, unset = resolve({key: self.table[key] for key in self.table if key not in later}, self.env, at=self.at)
        return {**now, **later}, unset


def load_file(cls: type[Config], path: Path, *, env: Mapping[str, str] | None, overrides: Mapping[str, Any]) -> Config:
    """Read ``path``, let the environment and then ``overrides`` win, and build ``cls``."""
    return _built(cls, file_source(path, env=env, overrides=overrides))


def load_mapping(cls: type[Config], data: Mapping[str, Any], *, env: Mapping[str, str], at: str) -> Config:
    """Build ``cls`` from ``data`` under the variables in ``env``."""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{at} must be a table, got {type(data).__name__}")
    environment = read_environment(env)
    return _built(cls, Source(_merged(data, environment.table), environment, env, at))


def load_environment(cls: type[Config], *, env: Mapping[str, str] | None) -> Config:
    """Build ``cls`` from variables alone."""
    variables = os.environ if env is None else env
    environment = read_environment(variables)
    return _built(cls, Source(environment.table, environment, variables, "environment"))


def file_source(path: Path, *, env: Mapping[str, str] | None = None, overrides: Mapping[str, Any]) -> Source:
    """What lies in ``path`` and over it; :class:`ConfigError` where it cannot be read."""
    variables = os.environ if env is None else env
    environment = read_environment(variables)
    return Source(_merged(read_table(path), environment.table, overrides), environment, variables, path.name)


def read_table(path: Path) -> dict[str, Any]:
    """The table in a TOML or JSON file; :class:`ConfigError` says where it cannot be read."""
    is_json = path.suffix.lower() == ".json"
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text) if is_json else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply") from None
    except ValueError as error:  # of TOML, JSON and UTF-8 alike
        raise ConfigError(f"{path} is not valid {'JSON' if is_json else 'TOML'}: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold a table, got {type(data).__name__}")
    return data


def _built(cls: type[Config], source: Source) -> Config:
    config, problems = attempted(cls, source)
    if config is None or problems:
        raise ConfigError(problems)
    return config


def attempted(cls: type[Config], source: Source) -> tuple[Config | None, list[str]]:
    """The configuration in ``source``, and every problem of it; ``None`` where it cannot be built."""
    table, problems = source.resolved()
    config = None
    try:
        config = structure(table, cls, at=source.at)
    except ConfigError as error:
        problems = combined(problems, error.problems)
    return config, [*source.environment.problems, *(_where(problem, source) for problem in problems)]


def _where(problem: str, source: Source) -> str:
    """``problem`` with the name of the variable, where the value at its path comes from one of ours."""
    what, _, path = problem.rpartition(" @ ")
    value: Any = source.table
    for key in path.removeprefix(f"{source.at}.").split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return f"{what} @ {value.variable}" if isinstance(value, FromEnvironment) else problem


def _merged(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """All of ``tables``, the later over the earlier, key by key."""
    merged: dict[str, Any] = {}
    for table in tables:
        _overlay(merged, table)
    return merged


def _overlay(base: MutableMapping[str, Any], top: Mapping[str, Any]) -> None:
    for key, value in top.items():
        if isinstance(value, Mapping) and not is_reference(value):
            below = base.get(key)
            merged = dict(below) if isinstance(below, Mapping) and not is_reference(below) else {}
            _overlay(merged, value)
            base[key] = merged
        else:
            base[key] = value
