"""From TOML, JSON and the environment to attrs classes: strict, and all problems at once.

The one place that knows cattrs, kept apart so that only those who read settings pay for it.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override
from cattrs.v import format_exception, transform_error

from axon.core.errors import ConfigError
from axon.core.secrets import is_reference

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig

Config = TypeVar("Config", bound="MemoryConfig")
T = TypeVar("T")

PREFIX = "AXON_"
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


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


def load_file(cls: type[Config], path: Path, *, env: Mapping[str, str] | None, overrides: Mapping[str, Any]) -> Config:
    """Read ``path``, let the environment and then ``overrides`` win, and build ``cls``."""
    data = read_table(path)
    _overlay(data, environment_table(os.environ if env is None else env))
    _overlay(data, overrides)
    return _build(data, cls, env=os.environ if env is None else env, at=path.name)


def load_mapping(cls: type[Config], data: Mapping[str, Any], *, env: Mapping[str, str], at: str) -> Config:
    """Build ``cls`` from ``data`` under the variables in ``env``."""
    merged: dict[str, Any] = {}
    _overlay(merged, data)
    _overlay(merged, environment_table(env))
    return _build(merged, cls, env=env, at=at)


def load_environment(cls: type[Config], *, env: Mapping[str, str] | None) -> Config:
    """Build ``cls`` from variables alone."""
    variables = os.environ if env is None else env
    return _build(environment_table(variables), cls, env=variables, at="environment")


def _build(data: Mapping[str, Any], cls: type[Config], *, env: Mapping[str, str], at: str) -> Config:
    kept = {key: data[key] for key in ("adapters", "embedders", "middleware") if key in data}
    rest, problems = resolve({key: data[key] for key in data if key not in kept}, env, at=at)
    try:
        config = structure({**rest, **kept}, cls, at=at)
    except ConfigError as error:
        raise ConfigError(combined(problems, error.problems)) from None
    if problems:
        raise ConfigError(problems)
    return config


def read_table(path: Path) -> dict[str, Any]:
    """The table in a TOML or JSON file; :class:`ConfigError` says where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply") from None
    except ValueError as error:  # of TOML, JSON and UTF-8 alike
        raise ConfigError(f"{path} is not valid {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold a table, got {type(data).__name__}")
    return data


def environment_table(env: Mapping[str, str]) -> dict[str, Any]:
    """Variables as the table they stand for: ``AXON_SESSION__TTL_SECONDS`` is ``session.ttl_seconds``.

    Settings of adapters, embedders and middleware may be secret: they become references and are read when they are needed.
    Other ``AXON_`` variables without ``__`` are not ours to judge, except those of single values.
    """
    table: dict[str, Any] = {}
    for variable in sorted(env):
        path = variable.removeprefix(PREFIX).lower().split("__")
        if not variable.startswith(PREFIX) or (len(path) == 1 and path[0] not in {"namespace", "embedder", "middleware"}):
            continue
        if path == ["middleware"]:
            table["middleware"] = [name.strip() for name in env[variable].split(",") if name.strip()]
            continue
        node: Any = table
        for key in path[:-1]:
            node = node.setdefault(key, {})
            if not isinstance(node, dict) or is_reference(node):
                raise ConfigError(f"{variable} goes into {key!r}, to which another variable gives a value: unset one")
        secret = path[0] in {"adapters", "embedders"}
        node[path[-1]] = {"env": variable} if secret else FromEnvironment(env[variable], variable)
    return table


def _overlay(base: MutableMapping[str, Any], top: Mapping[str, Any]) -> None:
    for key, value in top.items():
        if isinstance(value, Mapping) and not is_reference(value):
            below = base.get(key)
            merged = dict(below) if isinstance(below, Mapping) and not is_reference(below) else {}
            _overlay(merged, value)
            base[key] = merged
        else:
            base[key] = value


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


def structure(data: Any, into: type[T], *, at: str) -> T:
    """Build ``into`` from ``data``; :class:`ConfigError` lists every problem as ``what @ path.of.key``."""
    try:
        return _converter().structure(data, into)
    except (BaseValidationError, ForbiddenExtraKeysError, TypeError, ValueError, ConfigError) as error:
        raise ConfigError(transform_error(error, at, _describe)) from None


def _table(cls: type[Any]) -> Callable[[Any, Any], Any]:
    # Validators run key by key here, so that each problem has its path and none hides another.
    checked: dict[str, Any] = {
        a.name: override(struct_hook=_checked(cls, a)) for a in attrs.fields(cls) if a.validator and a.init
    }
    inner = make_dict_structure_fn(
        cls, _converter(), _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True, **checked
    )

    def build(value: Any, kind: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            raise TypeError(f"expected a table, got {_kind(value)}")
        return inner(value, kind)

    return build


def _checked(cls: type[Any], attribute: attrs.Attribute[Any]) -> Callable[[Any, Any], Any]:
    def build(value: Any, kind: Any) -> Any:
        built = _converter().structure(value, kind)
        if attribute.validator is not None:
            attribute.validator(cls, attribute, built)
        return built

    return build


def _kind(value: Any) -> str:
    """What ``value`` is, in words: it may be a secret in the wrong place, and is not quoted."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, FromEnvironment):
        return repr(value)
    kinds = {str: "text", int: "a whole number", float: "a number", list: "a list", dict: "a table"}
    return kinds.get(type(value), type(value).__name__)


def _boolean(value: Any, _: Any) -> bool:
    if isinstance(value, FromEnvironment) and value.lower() in _BOOLEANS:
        return _BOOLEANS[value.lower()]
    if isinstance(value, bool):
        return value
    raise TypeError(f"expected true or false, got {_kind(value)}")


def _integer(value: Any, _: Any) -> int:
    if type(value) is int:
        return value
    if isinstance(value, FromEnvironment) and value.removeprefix("-").isdecimal():
        return int(value)
    raise TypeError(f"expected a whole number, got {_kind(value)}")


def _number(value: Any, _: Any) -> float:
    if type(value) in (int, float):
        return value  # type: ignore[no-any-return]
    if isinstance(value, FromEnvironment):
        try:
            return float(value)
        except ValueError:
            pass
    raise TypeError(f"expected a number, got {_kind(value)}")


def _text(value: Any, _: Any) -> str:
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"expected text, got {_kind(value)}")


def _optional(kind: Any) -> Callable[[Any, Any], Any]:
    (inner,) = (arg for arg in get_args(kind) if arg is not NoneType)

    def build(value: Any, _: Any) -> Any:
        return None if value is None else _converter().structure(value, inner)

    return build


def _choice(value: Any, kind: Any) -> Any:
    if value not in get_args(kind):
        raise ValueError(f"expected one of {', '.join(map(str, get_args(kind)))}, got {value!r}")
    return str.__str__(value) if isinstance(value, str) else value


def _is_choice(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _is_optional(kind: Any) -> bool:
    args = get_args(kind)
    return get_origin(kind) in (Union, UnionType) and len(args) == 2 and NoneType in args


@cache
def _converter() -> Converter:
    """One that neither guesses nor drops: primitives as they are, unknown keys an error."""
    made = Converter(forbid_extra_keys=True, detailed_validation=True, prefer_attrib_converters=True)
    made.register_structure_hook_factory(attrs.has, _table)
    made.register_structure_hook_factory(_is_optional, _optional)
    made.register_structure_hook_func(_is_choice, _choice)
    for kind, hook in ((bool, _boolean), (int, _integer), (float, _number), (str, _text)):
        made.register_structure_hook(kind, hook)
    return made


def _describe(error: BaseException, kind: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        known = [a.alias for a in attrs.fields(error.cl)]
        return "; ".join(_unknown_key(key, known) for key in sorted(error.extra_fields))
    if isinstance(error, TypeError | ValueError | ConfigError) and error.args:
        return str(error)
    return str(format_exception(error, kind))


def _unknown_key(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
    return f"unknown key {key!r} ({hint})"
