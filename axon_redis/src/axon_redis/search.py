"""Answering a query: the index gives candidates, their values decide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from axon.core.concurrency import concurrently
from axon_redis.candidates import candidates
from axon_redis.codec import entry_of
from axon_redis.keys import packed
from axon_redis.scoring import Scorer
from axon_redis.selection import Selection
from axon_redis.shard import ID, Statistics

if TYPE_CHECKING:
    from axon.spi import Filter, MemoryEntry, Query
    from axon_redis.rules import Rules
    from axon_redis.shard import Shard

Found: TypeAlias = "tuple[float, MemoryEntry]"
"""An entry with its score."""

_AT_ONCE = 500
_MARGIN = 32
"""So many candidates more than are asked for are scored exactly: what a posting tells is rounded."""


async def search(shards: Sequence[Shard], rules: Rules, query: Query) -> list[Found]:
    """The best entries: better scores first, then what was created later."""
    now = rules.now()
    scorer = None
    if query.text is not None:
        scorer = Scorer(rules.analyzer, query.text, word_index=rules.text_index)
        scorer.count(await _statistics(shards, scorer.terms))
    by_words = scorer is not None and (query.filter is None or query.filter.ids is None)
    find = _by_words if by_words else _by_filter
    answers = await concurrently([find(shard, query, scorer, now) for shard in shards])
    found = [each for answer in answers for each in answer] if len(answers) > 1 else answers[0]
    if query.min_score is not None:
        found = [each for each in found if each[0] >= query.min_score]
    found.sort(key=_order, reverse=True)
    return found[: query.limit]


async def admitted(
    shard: Shard, filter: Filter, now: datetime, *, at_once: int = _AT_ONCE
) -> AsyncIterator[list[tuple[MemoryEntry, bytes]]]:
    """The entries that ``filter`` admits, each with its value, the newest first and some at a time."""
    if filter.ids is not None:
        ids = shard.own(map(packed, filter.ids))
        yield _verified(shard, ids, await shard.values(ids), filter, now)
        return
    selection, cursor = Selection.of(filter), None
    while True:
        tails, cursor = await shard.page(selection, at_once, cursor)
        values = await shard.vouched(tails)
        yield _verified(shard, [tail[ID] for tail in tails], values, filter, now)
        if cursor is None:
            return


def _verified(
    shard: Shard, ids: Sequence[bytes], values: Sequence[bytes | None], filter: Filter | None, now: datetime
) -> list[tuple[MemoryEntry, bytes]]:
    """The entries in ``values`` that are alive and admitted: what an index says is never taken for granted."""
    found: list[tuple[MemoryEntry, bytes]] = []
    for number, value in enumerate(values):
        if value is None:
            continue
        try:
            entry = entry_of(value)
        except ValueError:
            entry = shard.entry(ids[number], value)  # raises, and says which
        expires = entry.expires_at
        if (expires is None or expires > now) and (filter is None or filter.matches(entry)):
            found.append((entry, value))
    return found


async def _statistics(shards: Sequence[Shard], terms: Sequence[bytes]) -> Statistics:
    counted = await concurrently([shard.statistics(terms) for shard in shards])
    return Statistics(
        entries=sum(each.entries for each in counted),
        words=sum(each.words for each in counted),
        frequencies=tuple(map(sum, zip(*(each.frequencies for each in counted), strict=True))),
    )


async def _by_filter(shard: Shard, query: Query, scorer: Scorer | None, now: datetime) -> list[Found]:
    """The newest entries that the filter admits; with a scorer all, which is for filters that name ids."""
    filter = query.filter
    if filter is None:
        return []
    found: dict[str, Found] = {}
    async for some in admitted(shard, filter, now, at_once=min(query.limit, _AT_ONCE)):
        for entry, _ in some:
            found[entry.id] = (0.0 if scorer is None else scorer.score(entry), entry)
        if len(found) >= query.limit and filter.ids is None:
            break
    return list(found.values())


async def _by_words(shard: Shard, query: Query, scorer: Scorer | None, now: datetime) -> list[Found]:
    """The entries that fit best of those that share a term with the query or, with a filter, of those that it admits."""
    filter = query.filter
    if scorer is None:
        return []
    tails = await candidates(shard, scorer.probes, None if filter is None else Selection.of(filter))
    found: dict[str, Found] = {}
    for start in range(0, max(1, len(tails)), query.limit + _MARGIN):
        some = tails[start : start + query.limit + _MARGIN]
        for entry, _ in _verified(shard, [tail[ID] for tail in some], await shard.vouched(some), filter, now):
            score = scorer.score(entry)
            if score or filter is not None:
                found[entry.id] = score, entry
        if len(found) >= query.limit:
            break
    return list(found.values())


def _order(found: Found) -> tuple[float, datetime, str]:
    score, entry = found
    return score, entry.created_at, entry.id
