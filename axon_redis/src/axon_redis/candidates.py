"""Which entries of a shard may answer a query that has words, the best first, by what the index tells of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from heapq import nlargest
from typing import TYPE_CHECKING

from axon.core.concurrency import concurrently
from axon_redis.selection import Selection
from axon_redis.shard import ID, TIME
from axon_redis.terms import reference

if TYPE_CHECKING:
    from axon_redis.scoring import Scorer
    from axon_redis.shard import Shard, Statistics

TAGGED = 1000
"""So many of the newest entries that have a tag which the query names are candidates."""
FILTERED = 2000
"""So many of the newest entries that a filter admits are candidates; of others those that have the query's words."""
_WITH_WORDS = 1000


class MovedError(Exception):
    """An entry that was listed is not there any more, or was saved again since; internal, asked anew."""


async def candidates(
    shard: Shard, scorer: Scorer, counted: Statistics, filtered: Selection | None, at_once: int
) -> AsyncIterator[list[bytes]]:
    """Ids, ``at_once`` at a time, the best first; always some, or an empty list.

    :class:`MovedError` where ``counted`` came without ids, and one that is needed is not there any more.
    """
    scores = scorer.gains(counted)
    known = dict(counted.ids)
    for tail in await _tagged(shard, scorer, scores):
        known.setdefault(reference(tail[TIME], tail[ID]), tail[ID])
    if filtered is not None:
        newest = await _newest(shard, filtered, FILTERED)
        admitted = {reference(tail[TIME], tail[ID]): tail[ID] for tail in newest}
        if len(newest) < FILTERED:
            scores = {each: scores.get(each, 0.0) for each in admitted}
        else:  # more are admitted than are looked at: those that fit the words may be among them
            best = sorted(scores, key=scores.__getitem__, reverse=True)[:_WITH_WORDS]
            scores = {each: scores[each] for each in best} | {each: scores.get(each, 0.0) for each in admitted}
        known |= admitted
    pairs = list(zip(scores.values(), scores, strict=True))  # by score, and the newest of equals first
    first = nlargest(at_once, pairs)  # mostly enough, and several times faster than to sort them all
    for start in range(0, max(1, len(pairs)), at_once):
        if start == at_once:
            pairs.sort(reverse=True)
        some = [each for _, each in (pairs[start : start + at_once] if start else first)]
        unknown = [each for each in some if each not in known]
        found = await shard.ids(unknown)
        if None in found and not counted.ids:
            raise MovedError
        known.update((each, packed_id) for each, packed_id in zip(unknown, found, strict=True) if packed_id is not None)
        yield [known[each] for each in some if each in known]


async def _tagged(shard: Shard, scorer: Scorer, scores: dict[bytes, float]) -> list[bytes]:
    """The tails of entries with a tag that the query names; what the tag adds is added to ``scores``."""
    weights = scorer.tags
    pages = await concurrently([shard.page(Selection((term,)), TAGGED) for term in weights]) if weights else []
    tails: list[bytes] = []
    for page, gain in zip(pages, weights.values(), strict=True):
        for tail in page.tails:
            each = reference(tail[TIME], tail[ID])
            scores[each] = scores.get(each, 0.0) + gain
        tails += page.tails
    return tails


async def _newest(shard: Shard, selection: Selection, limit: int) -> Sequence[bytes]:
    tails, cursor = await shard.page(selection, limit)
    while cursor is not None and len(tails) < limit:
        page = await shard.page(selection, limit - len(tails), cursor)
        tails, cursor = tails + page.tails, page.cursor
    return tails
