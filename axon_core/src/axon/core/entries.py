"""The unit that memory stores, and what recalling it gives back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import attrs
from attrs import field, frozen

from axon.core.embeddings import as_embedding
from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.frozen import EMPTY, encodable, freeze
from axon.core.identifiers import check_name, new_id

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding
    from axon.spi.query import Explanation

IMPORTANCE = 0.5
"""Of what does not say how much it matters."""

_set = object.__setattr__
_NO_TAGS: frozenset[str] = frozenset()
_now = partial(datetime.now, UTC)
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


def _tags(value: Iterable[str]) -> frozenset[str]:
    none = value is _NO_TAGS or (type(value) is tuple and not value)
    return _NO_TAGS if none else check_tags(value)


def _embedding(value: Any) -> Embedding | None:
    return None if value is None else as_embedding(value)


@frozen(kw_only=True)
class MemoryEntry:
    """One thing remembered. It never changes; :meth:`axon.MemorySystem.update` stores a changed copy.

    Every value is checked when the entry is made: :class:`~axon.core.errors.InvalidInput` says which
    one cannot be used and why, and :class:`~axon.core.errors.WrongType` that its type cannot.
    """

    id: str = field(factory=new_id)
    """1 to 1024 characters, any but NUL. Saving the id again in its tier replaces the entry: a retry is harmless."""
    text: str
    """What is remembered; not blank."""
    tags: frozenset[str] = field(default=_NO_TAGS, converter=_tags)
    """Atoms: a tag is equal to another one or it is not. Any iterable of strings is taken."""
    user_id: str | None = None
    session_id: str | None = None
    importance: float = IMPORTANCE
    """0 to 1."""
    metadata: Mapping[str, Any] = field(default=EMPTY, hash=False)
    """A JSON object; the entry holds a frozen copy."""
    created_at: datetime = field(factory=_now)
    """Aware; held in UTC."""
    expires_at: datetime | None = None
    """Aware; held in UTC. From this moment on the entry is absent. ``None``: never."""
    ttl: timedelta | None = None
    """What a refresh on read renews the entry by, where that is not ``expires_at - created_at``."""
    embedding: Embedding | None = field(default=None, converter=_embedding, hash=False)
    """A read-only ``memoryview`` of float32; any vector of numbers is taken."""

    def __attrs_post_init__(self) -> None:
        check_name(self.id, "id")
        check_text(self.text)
        if self.user_id is not None:
            check_name(self.user_id, "user_id")
        if self.session_id is not None:
            check_name(self.session_id, "session_id")
        if type(self.importance) is not float or not 0.0 <= self.importance <= 1.0:
            _set(self, "importance", check_importance(self.importance))
        if self.metadata is not EMPTY:
            _set(self, "metadata", freeze(self.metadata, at="metadata"))
        if type(self.created_at) is not datetime or self.created_at.tzinfo is not UTC:
            _set(self, "created_at", in_utc(self.created_at, "created_at"))
        expires = self.expires_at
        if expires is not None and (type(expires) is not datetime or expires.tzinfo is not UTC):
            _set(self, "expires_at", in_utc(expires, "expires_at"))
        if self.ttl is not None:
            _check_ttl(self)

    @classmethod
    def restored(  # noqa: PLR0917 - by position it is faster, and this runs for every entry that is read
        cls,
        id: str,
        text: str,
        tags: frozenset[str],
        user_id: str | None,
        session_id: str | None,
        importance: float,
        metadata: Mapping[str, Any],
        created_at: datetime,
        expires_at: datetime | None,
        ttl: timedelta | None,
        embedding: Embedding | None,
    ) -> Self:
        """An entry from all its fields, unchecked: for an adapter that reads back what it was given.

        The values must be of the types that the fields have, times in UTC; ``metadata`` may be a plain mapping.
        """
        entry = object.__new__(cls)
        # The slots themselves, one by one: half the time of a loop, and this runs for every entry that is read.
        _set_id(entry, id)
        _set_text(entry, text)
        _set_tags(entry, tags)
        _set_user_id(entry, user_id)
        _set_session_id(entry, session_id)
        _set_importance(entry, importance)
        _set_metadata(entry, metadata)
        _set_created_at(entry, created_at)
        _set_expires_at(entry, expires_at)
        _set_ttl(entry, ttl)
        _set_embedding(entry, embedding)
        return entry

    @property
    def lifetime(self) -> timedelta | None:
        """The entry's own TTL; ``None`` where it never expires."""
        if self.expires_at is None:
            return None
        return self.ttl or self.expires_at - self.created_at

    def refreshed(self, now: datetime) -> Self:
        """A copy that lives for its own TTL from ``now`` on; itself where it has none."""
        lifetime = self.lifetime
        if lifetime is None or lifetime <= timedelta(0):
            return self
        try:
            expires_at = now + lifetime
        except OverflowError:
            expires_at = _LAST_MOMENT
        return attrs.evolve(self, expires_at=expires_at, ttl=lifetime)

    def __reduce__(self) -> tuple[Any, ...]:
        # A memoryview can be neither pickled nor copied; its bytes can.
        values = {name: getattr(self, name) for name in attrs.fields_dict(type(self))}
        if self.embedding is not None:
            values["embedding"] = self.embedding.tobytes()
        return _restore, (type(self), values)


_set_id, _set_text, _set_tags, _set_user_id, _set_session_id, _set_importance = (
    getattr(MemoryEntry, name).__set__ for name in ("id", "text", "tags", "user_id", "session_id", "importance")
)
_set_metadata, _set_created_at, _set_expires_at, _set_ttl, _set_embedding = (
    getattr(MemoryEntry, name).__set__ for name in ("metadata", "created_at", "expires_at", "ttl", "embedding")
)


@frozen(kw_only=True)
class RecalledEntry(MemoryEntry):
    """A :class:`MemoryEntry` that a query found, with how well it fits and where it was."""

    score: float
    """0 to 1 for words; the cosine, -1 to 1, for an embedding alone. Comparable between tiers."""
    tier: str
    explanation: Explanation | None = None
    """How it got its score, where ``recall`` was asked to explain."""

    @classmethod
    def of(
        cls, entry: MemoryEntry, *, score: float, tier: str, explanation: Explanation | None = None
    ) -> RecalledEntry:
        """``entry`` with its score and tier, without checking again what was checked when it was made."""
        recalled = object.__new__(cls)
        for name in _FIELDS:
            _set(recalled, name, getattr(entry, name))
        _set(recalled, "score", score)
        _set(recalled, "tier", tier)
        _set(recalled, "explanation", explanation)
        return recalled


_FIELDS = tuple(attrs.fields_dict(MemoryEntry))


def _restore(cls: type[MemoryEntry], values: dict[str, Any]) -> MemoryEntry:
    if values["embedding"] is not None:
        values["embedding"] = memoryview(values["embedding"]).cast("f")
    return cls(**values)


def check_text(value: object) -> str:
    """``value`` if it can be remembered: text that is not blank, of any length."""
    if not isinstance(value, str):
        raise WrongType(f"text must be text, got {type(value).__name__}")
    if not value or value.isspace():
        raise InvalidInput("text is empty")
    encodable(value, "text")
    return value


def check_tags(value: object, at: str = "tags") -> frozenset[str]:
    """The tags in ``value``, an iterable of names; one string alone is a mistake, not a tag."""
    if isinstance(value, str | bytes | Mapping):
        raise WrongType(f"{at} must be a list of strings, not one {type(value).__name__}: write {at}=[...]")
    if not isinstance(value, Iterable):
        raise WrongType(f"{at} must be a list of strings, got {type(value).__name__}")
    where = "a tag" if at == "tags" else at
    return frozenset([check_name(tag, where) for tag in value])


def check_importance(value: object, at: str = "importance") -> float:
    """``value`` as a float if it is a number from 0 to 1."""
    if type(value) is not float and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise WrongType(f"{at} must be a number from 0 to 1, got {type(value).__name__}")
    if not 0.0 <= value <= 1.0:
        raise InvalidInput(f"{at} must be from 0 to 1, got {shown(value)}")
    return float(value)


def in_utc(value: object, at: str) -> datetime:
    """``value`` in UTC if it is an aware datetime."""
    if not isinstance(value, datetime):
        raise WrongType(f"{at} must be a datetime, got {type(value).__name__}")
    if value.utcoffset() is None:
        raise InvalidInput(f"{at} is {value.isoformat()}, which names no time zone: write datetime.now(UTC)")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"{at} is {value.isoformat()}, which no calendar in UTC can hold") from None


def _check_ttl(entry: MemoryEntry) -> None:
    if not isinstance(entry.ttl, timedelta):
        raise WrongType(f"ttl must be a timedelta, got {type(entry.ttl).__name__}")
    if entry.ttl <= timedelta(0):
        raise InvalidInput(f"ttl must be above zero, got {entry.ttl.total_seconds():g} seconds")
    if entry.expires_at is None:
        raise InvalidInput("ttl is given for an entry that never expires: give expires_at too")
