"""From plain tables to attrs classes: strict, and all problems at once.

The one place that knows cattrs, kept apart so that only those who read settings pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override
from cattrs.v import format_exception, transform_error

from axon.core.environment import FromEnvironment
from axon.core.errors import ConfigError
from axon.core.suggestions import unknown_key

T = TypeVar("T")

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def structure(data: Any, into: type[T], *, at: str) -> T:
    """Build ``into`` from ``data``; :class:`ConfigError` lists every problem as ``what @ path.of.key``."""
    try:
        return _converter().structure(data, into)
    except (BaseValidationError, ForbiddenExtraKeysError, TypeError, ValueError, ConfigError) as error:
        raise ConfigError(transform_error(error, at, _describe)) from None


def _table(cls: type[Any]) -> Callable[[Any, Any], Any]:
    # Converters and validators run key by key here, so that each problem has its path and none hides another.
    checked: dict[str, Any] = {
        a.name: override(struct_hook=_checked(cls, a))
        for a in attrs.fields(cls)
        if a.init and (a.validator or callable(a.converter))
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
        convert = attribute.converter
        built = convert(value) if callable(convert) else _converter().structure(value, kind)
        if attribute.validator is not None:
            attribute.validator(cls, attribute, built)
        return value if callable(convert) else built  # __init__ converts, and not what is converted already

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
        return value  # type: ignore[no-any-return]  # type() is an int or a float
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
        return "; ".join(unknown_key(key, known) for key in sorted(error.extra_fields))
    if isinstance(error, TypeError | ValueError | ConfigError) and error.args:
        return str(error)
    return str(format_exception(error, kind))
