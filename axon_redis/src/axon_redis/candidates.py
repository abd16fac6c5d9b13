"""Which entries of a shard may answer a query that has words, the best first, by what their postings tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from axon.core.concurrency import concurrently
from axon_redis.selection import Selection

if TYPE_CHECKING:
    from axon_redis.scoring import Probe
    from axon_redis.shard import Shard

LISTED = 1000
"""Up to so many postings of a term are read, the newest; whether entries have a commoner one is looked up."""
POOL = 4000
"""When so many entries are candidates already, commoner terms bring up no more of them."""
_FILTERED = 2000
"""So many of the newest entries that a filter admits are candidates; beyond, those that share a term with the query are."""


async def candidates(shard: Shard, probes: Sequence[Probe], filtered: Selection | None) -> list[bytes]:
    """Tails of postings, the best first and among equals the newest.

    All that are :data:`LISTED` (no filter) or :data:`_FILTERED` (a filter) to a term are looked at, of commoner ones the
    newest.
    """
    rarest = sorted(probes, key=lambda probe: probe.frequency)
    lists: dict[bytes, list[bytes]] = {}
    if filtered is None:
        lists = await _listed(shard, _bringing_up(rarest))
        pool = set().union(*lists.values())
    else:
        newest = await _all(shard, filtered, _FILTERED)
        pool = set(newest)
        if len(newest) >= _FILTERED:
            selecting = [probe.term for probe in rarest if probe.selects]
            more = await concurrently([_all(shard, filtered.having(term), LISTED) for term in selecting])
            pool.update(*more)
    scores = dict.fromkeys(pool, 0.0)
    for probe, tails in zip(rarest, await _holders(shard, rarest, pool, lists), strict=True):
        gains = probe.gains
        for tail in tails:
            if tail in scores:
                scores[tail] += gains[tail[-2]]
    return sorted(scores, key=lambda tail: (scores[tail], tail), reverse=True)


def _bringing_up(rarest: Iterable[Probe]) -> list[Probe]:
    """The probes whose postings are read, so that there are about :data:`POOL` candidates."""
    chosen: list[Probe] = []
    expected = 0
    for probe in rarest:
        if probe.selects and expected < POOL:
            chosen.append(probe)
            expected += min(probe.frequency, LISTED)
    return chosen


async def _listed(shard: Shard, probes: Iterable[Probe]) -> dict[bytes, list[bytes]]:
    terms = [probe.term for probe in probes]
    pages = await concurrently([shard.page(Selection((term,)), LISTED) for term in terms])
    return {term: page.tails for term, page in zip(terms, pages, strict=True)}


async def _all(shard: Shard, selection: Selection, limit: int) -> list[bytes]:
    tails, cursor = await shard.page(selection, limit)
    while cursor is not None and len(tails) < limit:
        page = await shard.page(selection, limit - len(tails), cursor)
        tails, cursor = tails + page.tails, page.cursor
    return tails


async def _holders(
    shard: Shard, probes: Sequence[Probe], pool: set[bytes], lists: dict[bytes, list[bytes]]
) -> list[list[bytes]]:
    """For each probe the tails of ``pool`` that have its term, and perhaps others."""

    async def of(probe: Probe) -> list[bytes]:
        listed = lists.get(probe.term)
        if listed is not None and probe.frequency <= LISTED:
            return listed
        if listed is None and probe.frequency <= min(LISTED, len(pool)):
            return (await shard.page(Selection((probe.term,)), LISTED)).tails
        known = listed or []
        return known + await shard.holders(probe.term, list(pool.difference(known)))

    return await concurrently([of(probe) for probe in probes])
