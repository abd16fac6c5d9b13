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
    by_id = query.filter is not None and query.filter.ids is not None
    if query.text is None:
        answers = await concurrently([_by_filter(shard, query, None, now) for shard in shards])
    else:
        scorer = Scorer(rules.analyzer, query.text, word_index=rules.text_index)
        counted = await concurrently([shard.statistics(scorer.words, scorer.terms) for shard in shards])
        _weigh(scorer, counted)
        if by_id:
            answers = await concurrently([_by_filter(shard, query, scorer, now) for shard in shards])
        else:
            pairs = zip(shards, counted, strict=True)
            answers = await concurrently([_by_words(shard, query, scorer, each, now) for shard, each in pairs])
    found = [each for answer in answers for each in answer] if len(answers) > 1 else answers[0]
    if query.min_score is not None:
        found = [each for each in found if each[0] >= query.min_score]
    if query.text is not None or len(answers) > 1 or by_id:  # else the index gave them in this order
        found.sort(key=_order, reverse=True)
    return found[: query.limit]


def _weigh(scorer: Scorer, counted: Sequence[Statistics]) -> None:
    scorer.weigh(
        sum(each.entries for each in counted),
        sum(each.length for each in counted),
        [sum(listed.frequency for listed in each) for each in zip(*(each.words for each in counted), strict=True)],
        [sum(each) for each in zip(*(each.terms for each in counted), strict=True)],
    )


async def admitted(
    shard: Shard, filter: Filter, now: datetime, *, at_once: int = _AT_ONCE
) -> AsyncIterator[list[tuple[MemoryEntry, bytes]]]:
    """The entries that ``filter`` admits, each with its value, the newest first and some at a time."""
    if filter.ids is not None:
        every = shard.own(map(packed, filter.ids))
        for start in range(0, len(every), at_once):
            ids = every[start : start + at_once]
            yield _verified(shard, ids, await shard.values(ids), filter, now)
        return
    selection, cursor = Selection.of(filter), None
    while True:
        tails, cursor = await shard.page(selection, at_once, cursor)
        ids = [tail[ID] for tail in tails]
        yield _verified(shard, ids, await shard.vouched(ids), filter, now)
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


async def _by_words(shard: Shard, query: Query, scorer: Scorer, counted: Statistics, now: datetime) -> list[Found]:
    """The entries that fit best of those that share a word with the query or, with a filter, of those that it admits."""
    filter = query.filter
    selection = None if filter is None else Selection.of(filter)
    found: dict[str, Found] = {}
    async for ids in candidates(shard, scorer, counted, selection, query.limit + _MARGIN):
        for entry, _ in _verified(shard, ids, await shard.vouched(ids), filter, now):
            score = scorer.score(entry)
            if score or filter is not None:
                found[entry.id] = score, entry
        if len(found) >= query.limit:
            break
    return list(found.values())


def _order(found: Found) -> tuple[float, datetime, str]:
    score, entry = found
    return score, entry.created_at, entry.id
