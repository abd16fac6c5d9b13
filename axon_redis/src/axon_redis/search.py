"""Answering a query: the index gives candidates, their values decide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from axon.core.concurrency import concurrently
from axon.spi import Hit
from axon_redis.candidates import FILTERED, TAGGED, MovedError, candidates
from axon_redis.codec import entry_of
from axon_redis.keys import packed
from axon_redis.scoring import Scorer
from axon_redis.selection import Selection
from axon_redis.shard import ID, Statistics

if TYPE_CHECKING:
    from axon.spi import Filter, MemoryEntry, Query
    from axon_redis.rules import Rules
    from axon_redis.shard import Shard

_AT_ONCE = 500
_MARGIN = 32
"""So many candidates more than are asked for are read: some will have expired, or be others by now."""


async def search(shards: Sequence[Shard], rules: Rules, query: Query) -> list[Hit]:
    """The best entries: better scores first, then what was created later."""
    now, filter, limit = rules.now(), query.filter, query.limit
    if query.text is None and filter is not None and filter.ids is None:
        answers = await concurrently([_newest(shard, filter, limit, now) for shard in shards])
    else:
        answers = await _ranked(shards, rules, query, now)
    hits = [hit for answer in answers for hit in answer] if len(answers) > 1 else answers[0]
    if query.min_score is not None:
        hits = [hit for hit in hits if hit.score >= query.min_score]
    if len(answers) > 1 or query.text is not None or (filter is not None and filter.ids is not None):
        hits.sort(key=_order, reverse=True)  # else the index gave them in this order
    return hits if len(hits) <= limit else hits[:limit]


async def _ranked(shards: Sequence[Shard], rules: Rules, query: Query, now: datetime) -> list[list[Hit]]:
    filter, scorer, counted = query.filter, None, list[Statistics]()
    if query.text is not None:
        scorer = Scorer(rules.analyzer, query.text, word_index=rules.text_index)
        counted = await concurrently([shard.statistics(scorer.words, scorer.terms) for shard in shards])
        _weigh(scorer, counted)
    if filter is not None and filter.ids is not None:
        return await concurrently([_by_id(shard, filter, scorer, now) for shard in shards])
    if scorer is None:
        return [[]]
    pairs = zip(shards, counted, strict=True)
    return await concurrently([_fitting(shard, query, scorer, each, now) for shard, each in pairs])


async def _fitting(shard: Shard, query: Query, scorer: Scorer, counted: Statistics, now: datetime) -> list[Hit]:
    try:
        return await _by_words(shard, query, scorer, counted, now)
    except MovedError:  # a write came between: once more, with all that is listed in one step
        counted = await shard.statistics(scorer.words, scorer.terms, ids=True)
        return await _by_words(shard, query, scorer, counted, now)


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
        yield _verified(shard, ids, await shard.indexed(ids), filter, now)
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


async def _newest(shard: Shard, filter: Filter, limit: int, now: datetime) -> list[Hit]:
    """The newest entries that the filter admits."""
    selection, cursor = Selection.of(filter), None
    hits: list[Hit] = []
    size, pages = min(limit, _AT_ONCE), 0
    while True:
        tails, cursor = await shard.page(selection, size, cursor)
        size = _AT_ONCE  # should a page not be enough, then the filter asks more than the index knows
        values = await shard.indexed([tail[ID] for tail in tails])
        try:
            entries = [entry_of(value) for value in values if value is not None]
        except ValueError:
            for tail, value in zip(tails, values, strict=True):
                if value is not None:
                    shard.entry(tail[ID], value)  # raises, and says which
            raise
        hits += [
            Hit(entry, 0.0)
            for entry in entries
            if ((expires := entry.expires_at) is None or expires > now) and filter.matches(entry)
        ]
        pages += 1
        if cursor is None or len(hits) >= limit:
            # An entry that was moved from one page to the next meanwhile counts once.
            return hits if pages == 1 else list({hit.entry.id: hit for hit in hits}.values())


async def _by_id(shard: Shard, filter: Filter, scorer: Scorer | None, now: datetime) -> list[Hit]:
    """The entries that a filter admits which names them."""
    hits: list[Hit] = []
    async for some in admitted(shard, filter, now):
        hits += [Hit(entry, 0.0 if scorer is None else scorer.score(entry)) for entry, _ in some]
    return hits


async def _by_words(shard: Shard, query: Query, scorer: Scorer, counted: Statistics, now: datetime) -> list[Hit]:
    """The entries that fit best of those that share a word with the query; with a filter, of those that it admits."""
    filter = query.filter
    selection = None if filter is None else Selection.of(filter)
    found: dict[str, Hit] = {}
    beyond_the_index = filter is not None and (filter.metadata or filter.importance is not None)
    all_listed = all(listed.is_whole for listed in counted.words) and max(counted.terms, default=0) <= TAGGED
    if filter is not None and (beyond_the_index or not all_listed):
        # The index does not know all that the filter asks, or not of all entries whether they have a word: then what
        # the filter really admits is looked at.
        async for some in admitted(shard, filter, now):
            found.update((entry.id, Hit(entry, scorer.score(entry))) for entry, _ in some)
            if len(found) >= FILTERED:
                break
        else:
            return list(found.values())
    enough = len(found) + query.limit
    async for ids in candidates(shard, scorer, counted, selection, query.limit + _MARGIN):
        for entry, _ in _verified(shard, ids, await shard.indexed(ids), filter, now):
            score = scorer.score(entry)
            if score or filter is not None:
                found[entry.id] = Hit(entry, score)
        if len(found) >= enough:
            break
    return list(found.values())


def _order(hit: Hit) -> tuple[float, datetime, str]:
    return hit.score, hit.entry.created_at, hit.entry.id
