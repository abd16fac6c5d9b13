"""A filter as SQL."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from axon.spi import Filter
from axon_vector.rows import microseconds

_FUNCTION = "axon_metadata_holds"


@frozen
class Condition:
    """A condition on the table ``entry``, with its parameters."""

    sql: str
    parameters: tuple[Any, ...]


def condition(filter: Filter | None, namespace: int, now: int | None, *, after: int = 0) -> Condition:
    """What ``filter`` admits in ``namespace`` of what has not expired at ``now`` (microseconds), or whether or not.

    Of entries above the position ``after`` alone.
    """
    parts: list[str] = []
    parameters: list[Any] = []

    def add(sql: str, *values: Any) -> None:
        parts.append(sql)
        parameters.extend(values)

    # Positions are unique in the file, and tags know their namespace: asking each row for it would cost a look-up.
    if after:
        add("entry.position > ?", after)
    if filter is None or not filter.tags:
        # By the position, then, unless there is an index that goes on by it: the + keeps SQLite from another one.
        is_indexed = filter is None or filter.user_id or filter.session_id or filter.ids or not after
        add("entry.namespace = ?" if is_indexed else "+entry.namespace = ?", namespace)
    if now is not None:
        add("(entry.expires IS NULL OR entry.expires > ?)", now)
    if filter is not None:
        for tag in sorted(filter.tags):
            sql = "entry.position IN (SELECT position FROM tag WHERE namespace = ? AND tag = ? AND position > ?)"
            add(sql, namespace, tag, after)
        if filter.user_id is not None:
            add("entry.user_id = ?", filter.user_id)
        if filter.session_id is not None:
            add("entry.session_id = ?", filter.session_id)
        if filter.ids is not None:
            add("entry.id IN (SELECT value FROM json_each(?))", json.dumps(sorted(filter.ids)))
        if filter.importance is not None:
            add("entry.importance BETWEEN ? AND ?", *filter.importance)
        if filter.created is not None and filter.created.start is not None:
            add("entry.created >= ?", microseconds(filter.created.start))
        if filter.created is not None and filter.created.end is not None:
            add("entry.created < ?", microseconds(filter.created.end))
        if filter.metadata:
            add(f"{_FUNCTION}(entry.metadata, ?)", json.dumps(filter.metadata))
    return Condition(" AND ".join(parts), tuple(parameters))


def positions_of(filter: Filter, namespace: int, *, after: int) -> Condition:
    """A whole ``SELECT`` of the positions above ``after`` that ``filter`` admits, expired or not.

    From the tags alone if it can be.
    """
    if filter == Filter(tags=filter.tags) and filter.tags:
        one = "SELECT position FROM tag WHERE namespace = ? AND tag = ? AND position > ?"
        tags = sorted(filter.tags)
        return Condition(
            " INTERSECT ".join([one] * len(tags)), tuple(v for tag in tags for v in (namespace, tag, after))
        )
    admitted = condition(filter, namespace, None, after=after)
    return Condition(f"SELECT position FROM entry WHERE {admitted.sql}", admitted.parameters)


def register(connection: sqlite3.Connection) -> None:
    """Give ``connection`` the function that compares metadata: the core's own rule, not a second one in SQL."""
    wanted: dict[str, Filter] = {}

    def holds(metadata: str, conditions: str) -> bool:
        if conditions not in wanted:
            wanted.clear()
            wanted[conditions] = Filter(metadata=json.loads(conditions))
        found: Mapping[str, Any] = json.loads(metadata)
        return wanted[conditions].admits_metadata(found)

    connection.create_function(_FUNCTION, 2, holds, deterministic=True)
