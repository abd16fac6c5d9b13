"""Values for properties: identifiers, entries and filters of all kinds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.entries import MemoryEntry
from axon.core.filters import DateRange, Filter

AWKWARD = (
    *("a", "ab", "a:b", "a:b:c", "a/b", "a b", " ", "  ", "*", "?", "[a-z]", "{a}", "{", "}", "{}", "a{b}c", "%", "_"),
    *(
        "a%b",
        "\\",
        "\\*",
        "'",
        '"',
        ";",
        "--",
        "a\nb",
        "\t",
        "\r\n",
        "é",
        "e\u0301",
        "ß",
        "SS",
        "ss",
        "A",
        "日本",
        "🦊",
    ),
    *("👩\u200d👩\u200d👧", "\u202eabc", "\ufeffa", "0", "00", "-1", "1e3", "null", "None", "true", ".", "..", "a.b"),
    *("0f0e0d0c-0b0a-7908-8706-050403020100", "0F0E0D0C-0B0A-7908-8706-050403020100", "x" * 255, "x" * 256, "x" * 1024),
)
"""Identifiers that somebody's separator, pattern, column, file name or normalisation gets wrong."""

NAMES = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30),
)
"""Identifiers: awkward ones, and whatever hypothesis thinks of."""

COMBINED = "e\u0301 \u00e9 A\u030a \u00c5 \u212b \u1112\u1161\u11ab \ud55c q\u0323\u0307 \u00bd \ufb01"
"""Letters that are written in several ways, which look the same, and that a normalisation makes one: é, Å, 한."""

_WORDS = st.lists(
    st.sampled_from(["red", "green", "cat", "dogs", "house", "Straße", "日本", "the", "10:30"]), min_size=1, max_size=8
)
TEXTS = _WORDS.map(" ".join)
"""Texts of words that recur."""

_INTEGERS = (0, 1, -1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63))
_FLOATS = (
    0.0,
    -0.0,
    1.0,
    5e-324,
    -2.2250738585072014e-308,
    1.7976931348623157e308,
    0.1 + 0.2,
    1e16,
    1e22,
    2.0**53,
    1e-7,
)
NUMBERS = st.one_of(
    st.sampled_from(_INTEGERS),
    st.sampled_from(_FLOATS),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
"""Numbers of all that metadata may hold: what does not fit into a double, a signed integer or 15 digits among them."""

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        NUMBERS,
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        st.sampled_from(["", " ", "null", "1", "{}", "\\u0000", "x" * 5000]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3),
    ),
    max_leaves=6,
)
"""Whatever metadata may hold."""

METADATA: st.SearchStrategy[Mapping[str, Any]] = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON, max_size=3
)

# hypothesis adds the zone
_LONG_AGO, _LONG_AFTER = datetime(1, 1, 2), datetime(9999, 12, 30, 23, 59, 59, 999_999)  # noqa: DTZ001


def entries(now: datetime) -> st.SearchStrategy[MemoryEntry]:
    """Entries of all kinds that live at ``now``."""
    soonest = (now + timedelta(hours=1)).replace(tzinfo=None)
    ends = st.one_of(st.none(), st.datetimes(soonest, _LONG_AFTER, timezones=st.just(UTC)))
    spans = st.one_of(st.none(), st.timedeltas(timedelta(microseconds=1), timedelta(days=365_000)))

    def made(expires_at: datetime | None, ttl: timedelta | None, **values: Any) -> MemoryEntry:
        return MemoryEntry(expires_at=expires_at, ttl=None if expires_at is None else ttl, **values)

    return st.builds(
        made,
        ends,
        spans,
        id=NAMES,
        text=st.one_of(
            TEXTS,
            st.lists(st.sampled_from(COMBINED.split()), min_size=1, max_size=4).map(" ".join),
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda t: t.strip()),
        ),
        tags=st.frozensets(NAMES, max_size=4),
        user_id=st.one_of(st.none(), NAMES),
        session_id=st.one_of(st.none(), NAMES),
        importance=st.floats(0.0, 1.0),
        metadata=METADATA,
        created_at=st.datetimes(_LONG_AGO, _LONG_AFTER, timezones=st.just(UTC)),
    )


def small_entries(now: datetime) -> st.SearchStrategy[MemoryEntry]:
    """Entries of a small world, in which filters meet some and miss some."""
    return st.builds(
        MemoryEntry,
        id=st.sampled_from([f"n{n}" for n in range(12)]),
        text=TEXTS,
        tags=st.frozensets(st.sampled_from(["red", "RED", "re", "a b", "key:1", "key:11"]), max_size=3),
        user_id=st.sampled_from([None, "u1", "u11", "U1", "u:1"]),
        session_id=st.sampled_from([None, "s", "s ", "t"]),
        importance=st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]),
        metadata=st.sampled_from(
            [{}, {"k": 1}, {"k": True}, {"k": "1"}, {"k": 1, "x": [1, 2]}, {"o": {"p": 1, "q": 2}}, {"o": {"p": 1}}]
        ),
        created_at=st.integers(-3, 3).map(lambda hours: now + timedelta(hours=hours)),
    )


def filters(now: datetime) -> st.SearchStrategy[Filter]:
    """Filters for the same small world, one condition or several."""
    hours = st.integers(-3, 3)
    ranges = st.one_of(
        hours.map(lambda h: DateRange(start=now + timedelta(hours=h))),
        hours.map(lambda h: DateRange(end=now + timedelta(hours=h))),
        hours.map(lambda h: DateRange(start=now + timedelta(hours=h), end=now + timedelta(hours=h + 2))),
    )
    return st.builds(
        Filter,
        tags=st.frozensets(st.sampled_from(["red", "RED", "re", "a b", "key:1", "key:11", "none"]), max_size=2),
        user_id=st.sampled_from([None, None, "u1", "u11", "U1", "u"]),
        session_id=st.sampled_from([None, None, "s", "s ", "nobody"]),
        created=st.one_of(st.none(), st.none(), ranges),
        importance=st.sampled_from([None, None, (0.0, 0.3), (0.3, 0.5), (0.5, 1.0), (0.7, 0.7)]),
        metadata=st.sampled_from([{}, {}, {"k": 1}, {"k": True}, {"o": {"p": 1}}, {"x": [1, 2]}, {"k": None}]),
        ids=st.one_of(st.none(), st.none(), st.frozensets(st.sampled_from([f"n{n}" for n in range(14)]), max_size=6)),
    )


_LEAVES = (None, True, False, 0, 1, 1.0, -1, "1", "", "a", 2**53, 2**53 + 1, 2.0**53, 2**63, 2**64 - 1, -(2**63), 0.1)
_KEYS = st.sampled_from(["k", "p", "a.b"])
NESTED: st.SearchStrategy[Mapping[str, Any]] = st.dictionaries(
    _KEYS,
    st.recursive(
        st.sampled_from([*_LEAVES, [], {}]),
        lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_KEYS, inner, max_size=2)),
        max_leaves=5,
    ),
    max_size=3,
)
"""Metadata of a small world: objects in objects and in lists, and values that are almost equal."""


def wanted_of(metadata: Mapping[str, Any]) -> st.SearchStrategy[Mapping[str, Any]]:
    """What a filter may ask where an entry has ``metadata``: a part of it, or something that is almost a part of it."""
    return (
        st.lists(st.sampled_from(list(metadata)), unique=True, max_size=2).flatmap(
            lambda keys: st.fixed_dictionaries({key: _almost(metadata[key]) for key in keys})
        )
        if metadata
        else NESTED
    )


def _almost(value: Any) -> st.SearchStrategy[Any]:
    """``value``, a part of it, or something that a careless comparison takes for it."""
    others: list[st.SearchStrategy[Any]] = [st.just(value), st.sampled_from([*_LEAVES, [], {}])]
    if isinstance(value, Mapping):
        others += [wanted_of(value)] * 3
    elif isinstance(value, list):
        others += [st.just(value[:1]), st.just(value[::-1]), st.just([*value, 1])]
        others += [st.tuples(*map(_almost, value)).map(list), *map(st.just, value)] if value else []
    else:
        others += [st.just([value]), st.just(str(value))]
        if isinstance(value, int | float):
            others += [st.just(int(value)), st.just(float(value)), st.just(bool(value))]
            others += [st.just(max(-(2**63), min(value + near, 2**64 - 1))) for near in (-1, 1)]
    return st.one_of(others)
