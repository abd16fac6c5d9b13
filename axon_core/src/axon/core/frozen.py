"""JSON values that nobody can change: a dict and a list without their mutators.

An entry hands out its metadata, and an adapter in memory hands out its entries: were these
ordinary containers, changing a result would change the store.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from axon.core.errors import InvalidInput, WrongType, shown

JSON = str | int | float | bool | None | Mapping[str, Any] | list[Any]

_DEEPEST = 100


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("the metadata of an entry cannot be changed in place; give a changed copy to update()")


class FrozenDict(dict[str, Any]):
    """A ``dict`` that refuses to be changed; equal to a plain one with the same items."""

    __slots__ = ()
    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenDict, (dict(self),)


class FrozenList(list[Any]):
    """A ``list`` that refuses to be changed; equal to a plain one with the same items."""

    __slots__ = ()
    __setitem__ = __delitem__ = append = clear = extend = insert = pop = remove = reverse = sort = _refuse
    __iadd__ = __imul__ = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        return FrozenList, (list(self),)


EMPTY = FrozenDict()


def freeze(value: Any, *, at: str) -> FrozenDict:
    """A frozen deep copy of a JSON object; ``at`` names it in the error.

    Refused with :class:`~axon.core.errors.InvalidInput`: what is not JSON (dates, sets, bytes,
    keys that are no strings), NaN and infinities, and nesting deeper than 100.
    """
    if type(value) is FrozenDict:
        return value
    if not isinstance(value, Mapping):
        raise WrongType(f"{at} must be a mapping with string keys, got {type(value).__name__}")
    return _object(value, at, 0) if value else EMPTY


def check_json(value: Any, at: str) -> None:
    """Refuse what :func:`freeze` refuses, of any value; ``at`` names it in the error."""
    _value(value, at, 0)


def _object(value: Mapping[Any, Any], at: str, depth: int) -> FrozenDict:
    if depth > _DEEPEST:
        raise InvalidInput(f"{at} is nested deeper than {_DEEPEST} levels")
    frozen = FrozenDict()
    for key, item in value.items():
        if not isinstance(key, str):
            raise WrongType(f"the keys of {at} must be strings, got {shown(key)}")
        encodable(key, f"a key of {at}")
        dict.__setitem__(frozen, str.__str__(key), _value(item, f"{at}.{key}", depth + 1))
    return frozen


def _value(value: Any, at: str, depth: int) -> Any:
    match value:
        case None | bool():
            return value
        case int():
            if not -(2**63) <= value < 2**64:
                raise InvalidInput(f"{at} is {shown(value)}, which does not fit into 64 bits")
            return int(value)
        case str():
            encodable(value, at)
            return str.__str__(value)
        case float():
            if not math.isfinite(value):
                raise InvalidInput(f"{at} is {value!r}, which JSON cannot hold")
            return float(value)
        case Mapping():
            return _object(value, at, depth)
        case list() | tuple():
            if depth > _DEEPEST:
                raise InvalidInput(f"{at} is nested deeper than {_DEEPEST} levels")
            return FrozenList([_value(item, f"{at}[{i}]", depth + 1) for i, item in enumerate(value)])
        case _:
            raise WrongType(
                f"{at} must be JSON (null, boolean, number, string, list, object), got {type(value).__name__}"
            )


def encodable(text: str, at: str) -> None:
    """Refuse text that UTF-8 cannot hold (half of a surrogate pair)."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidInput(f"{at} cannot be encoded as UTF-8: lone surrogate at position {error.start}") from None
