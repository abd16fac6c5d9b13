"""What a recall, a count or a forget may touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import attrs
from attrs import field, frozen

from axon.core.entries import check_importance, check_tags, in_utc
from axon.core.errors import InvalidInput, WrongType
from axon.core.frozen import EMPTY, freeze
from axon.core.identifiers import check_name
from axon.core.suggestions import did_you_mean

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry

_set = object.__setattr__


@frozen
class DateRange:
    """Moments from ``start`` on and before ``end``; either may be left open, both are aware."""

    start: datetime | None = None
    end: datetime | None = None

    def __attrs_post_init__(self) -> None:
        if self.start is not None:
            _set(self, "start", in_utc(self.start, "DateRange.start"))
        if self.end is not None:
            _set(self, "end", in_utc(self.end, "DateRange.end"))
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise InvalidInput("a DateRange must end after it starts")

    def __contains__(self, moment: datetime) -> bool:
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


def _tags(value: Iterable[str]) -> frozenset[str]:
    return _several(value, "tags")


def _ids(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else _several(value, "ids")


def _several(value: Iterable[str], name: str) -> frozenset[str]:
    if isinstance(value, str | bytes | Mapping):
        kind = type(value).__name__
        raise WrongType(f"Filter.{name} must be a list of strings, not one {kind}: write Filter({name}=[...])")
    return check_tags(value, f"Filter.{name}")


@frozen(kw_only=True)
class Filter:
    """Conditions on entries. All that are given must hold; ``Filter()`` admits every entry."""

    tags: frozenset[str] = field(default=frozenset(), converter=_tags)
    """The entry has all of these."""
    user_id: str | None = None
    session_id: str | None = None
    created: DateRange | None = None
    importance: tuple[float, float] | None = None
    """The lowest and the highest importance, both included."""
    metadata: Mapping[str, Any] = field(default=EMPTY, hash=False)
    """The entry's metadata holds these items; an object inside is compared in the same way, so that
    ``{"author": {"name": "Ada"}}`` admits ``{"author": {"name": "Ada", "born": 1815}}``."""
    ids: frozenset[str] | None = field(default=None, converter=_ids)
    """The entry's id is one of these."""

    def __attrs_post_init__(self) -> None:
        if self.user_id is not None:
            check_name(self.user_id, "Filter.user_id")
        if self.session_id is not None:
            check_name(self.session_id, "Filter.session_id")
        if self.created is not None and not isinstance(self.created, DateRange):
            raise WrongType(f"Filter.created must be a DateRange, got {type(self.created).__name__}")
        if self.importance is not None:
            _set(self, "importance", _bounds(self.importance))
        _set(self, "metadata", freeze(self.metadata, at="Filter.metadata"))

    @classmethod
    def from_mapping(cls, conditions: Mapping[str, Any]) -> Self:
        """A filter from its fields by name; an unknown name is an error that tells the closest one."""
        known = [a.name for a in attrs.fields(cls)]
        for name in conditions:
            if name not in known:
                hint = did_you_mean(name, known)
                raise InvalidInput(f"a Filter has no field {name!r}; {hint}known: {', '.join(known)}")
        return cls(**conditions)

    @property
    def is_empty(self) -> bool:
        """Whether every entry is admitted."""
        open_range = DateRange()
        created = None if self.created == open_range else self.created
        importance = None if self.importance == (0.0, 1.0) else self.importance
        return attrs.evolve(self, created=created, importance=importance) == _EVERYTHING

    def matches(self, entry: MemoryEntry) -> bool:
        """Whether every condition holds for ``entry``; its expiry is not asked."""
        return (
            self.tags <= entry.tags
            and (self.user_id is None or self.user_id == entry.user_id)
            and (self.session_id is None or self.session_id == entry.session_id)
            and (self.ids is None or entry.id in self.ids)
            and (self.importance is None or self.importance[0] <= entry.importance <= self.importance[1])
            and (self.created is None or entry.created_at in self.created)
            and (not self.metadata or self.admits_metadata(entry.metadata))
        )

    def admits_metadata(self, metadata: Mapping[str, Any]) -> bool:
        """Whether ``metadata`` holds what the filter asks of it."""
        return _holds(metadata, self.metadata)


_EVERYTHING = Filter()


def _bounds(value: Any) -> tuple[float, float]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise WrongType(f"Filter.importance must be (lowest, highest), got {value!r}")
    lowest, highest = (check_importance(bound, "Filter.importance") for bound in value)
    if lowest > highest:
        raise InvalidInput(f"Filter.importance goes from {lowest:g} down to {highest:g}; give (lowest, highest)")
    return lowest, highest


def _holds(value: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(key in value and _equal(value[key], item) for key, item in wanted.items())


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and _holds(value, wanted)
    # JSON tells true from 1, Python does not.
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(wanted, list):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(_equal, value, wanted))
    return bool(value == wanted)
