"""The arguments of the verbs, checked: what cannot be used is said before anything is stored or asked."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from axon.core.embeddings import as_embedding
from axon.core.entries import IMPORTANCE, MemoryEntry, check_importance, check_tags, check_text
from axon.core.errors import InvalidInput, WrongType, shown
from axon.core.filters import Filter
from axon.core.frozen import EMPTY, encodable, freeze
from axon.core.identifiers import check_name, new_id
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy, after, expiry, lifetime
from axon.core.quantities import check_flag, check_whole
from axon.core.ranking import Ranking
from axon.core.suggestions import did_you_mean
from axon.spi.query import Query

_STORE_ARGUMENTS = (
    "text", "tier", "importance", "tags", "user_id", "session_id", "metadata", "ttl", "id", "embedding",
)  # fmt: skip


def new_entry(
    text: str,
    *,
    by_policy: timedelta | None,
    importance: float = IMPORTANCE,
    tags: Iterable[str] = (),
    user_id: str | None = None,
    session_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    ttl: TTL | ByPolicy = BY_POLICY,
    id: str | None = None,
    embedding: Any = None,
) -> MemoryEntry:
    """The entry that ``store`` makes of its arguments; ``by_policy`` is the lifetime where ``ttl`` says none."""
    now = datetime.now(UTC)
    return MemoryEntry(
        id=new_id() if id is None else id,
        text=text,
        tags=tags,  # any iterable; the entry makes it a frozenset
        user_id=user_id,
        session_id=session_id,
        importance=importance,
        metadata=EMPTY if metadata is None else metadata,
        created_at=now,
        expires_at=expiry(ttl, by_policy, now),
        embedding=embedding,
    )


def item_arguments(item: object) -> Mapping[str, Any]:
    """The arguments of ``store`` in an item of ``store_many``: a text, or a mapping with one."""
    if isinstance(item, str):
        return {"text": item}
    if not isinstance(item, Mapping):
        raise WrongType(f"an item is a text, a mapping or a MemoryEntry, got {type(item).__name__}")
    check_store_arguments(item)
    if "text" not in item:
        raise InvalidInput("text is missing")
    return item


def check_store_arguments(names: Iterable[object]) -> None:
    """Refuse a name that is no argument of ``store``."""
    for name in names:
        if name not in _STORE_ARGUMENTS:
            hint = did_you_mean(name, _STORE_ARGUMENTS)
            raise WrongType(f"store() has no argument {shown(name)}; {hint}known: {', '.join(_STORE_ARGUMENTS)}")


def changes_of(
    *,
    text: object,
    importance: object,
    tags: object,
    metadata: object,
    ttl: TTL | ByPolicy,
    embedding: object,
) -> dict[str, Any]:
    """The fields that ``update`` changes, checked; a new text without an embedding drops the old one."""
    changes: dict[str, Any] = {}
    if text is not None:
        changes |= {"text": check_text(text), "embedding": None}
    if importance is not None:
        changes["importance"] = check_importance(importance)
    if tags is not None:
        changes["tags"] = check_tags(tags)
    if metadata is not None:
        changes["metadata"] = freeze(metadata, at="metadata")
    if embedding is not None:
        changes["embedding"] = as_embedding(embedding)
    if ttl is None:
        changes |= {"expires_at": None, "ttl": None}
    elif ttl is not BY_POLICY:
        changes |= {"expires_at": after(datetime.now(UTC), ttl), "ttl": lifetime(ttl)}
    if not changes:
        raise InvalidInput("update() was given nothing to change")
    return changes


def query_of(
    query: object, *, filter: object, k: object, min_score: object, embedding: object, explain: object
) -> Query:
    """What ``recall`` asks of every tier."""
    if type(k) is not int or k < 1:  # what can be used costs no call: this runs at every recall
        k = check_whole(k, "k", least=1)
    return Query(
        text=_query_text(query, filter, embedding),
        vector=None if embedding is None else as_embedding(embedding),
        filter=check_filter(filter),
        limit=min(k, sys.maxsize),
        min_score=_check_score(min_score),
        explain=check_flag(explain, "explain"),
    )


def _query_text(query: object, filter: object, embedding: object) -> str | None:
    if query is not None and not isinstance(query, str):
        raise WrongType(f"a query must be text, got {type(query).__name__}; a vector is given as embedding=")
    if query and not query.isspace():
        encodable(query, "the query")
        return query
    if filter is None and embedding is None:
        raise InvalidInput("nothing to recall by: give a query, a filter or an embedding; scan() gives everything")
    return None


def _check_score(min_score: object) -> float | None:
    if min_score is None:
        return None
    if isinstance(min_score, bool) or not isinstance(min_score, int | float):
        raise WrongType(f"min_score must be a number, got {type(min_score).__name__}")
    if math.isnan(min_score):
        raise InvalidInput("min_score is NaN, which no score reaches")
    return min_score


def check_ranking(ranking: object) -> Ranking:
    """``ranking`` if it is one; without one, the fit alone counts."""
    if ranking is None:
        return _FIT_ALONE
    if not isinstance(ranking, Ranking):
        raise WrongType(f"ranking must be a Ranking, got {type(ranking).__name__}: write Ranking(recency=0.2)")
    return ranking


_FIT_ALONE = Ranking()


def check_filter(filter: object) -> Filter | None:
    """``filter`` if it is one, or none."""
    if filter is not None and not isinstance(filter, Filter):
        raise WrongType(f"filter must be a Filter, got {type(filter).__name__}: write Filter(tags=[...])")
    return filter


def check_ids(what: object, *, wanted: str = "an id or several ids") -> list[str]:
    """The ids in ``what``, one or several; the error says that ``wanted`` was expected."""
    if isinstance(what, str):
        return [check_name(what, "id")]
    if isinstance(what, Mapping | bytes) or not isinstance(what, Iterable):
        hint = ": recall(filter=...) and scan(filter=...) give what it admits" if isinstance(what, Filter) else ""
        raise WrongType(f"expected {wanted}, got {type(what).__name__}{hint}")
    return [check_name(entry_id, "id") for entry_id in what]
