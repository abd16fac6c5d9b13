"""Neighbours in a conversation: what came right before and after, in the same session, lifts an entry.

The answer to a question is often the turn after the one that matches, so an entry gets a share of its best
neighbour's score, and enters the ranking by it even if nothing in its own text matches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from axon.core.concurrency import concurrently
from axon.core.filters import Filter
from axon.core.ranking import rescored
from axon.spi.query import Explanation, Factor, Hit, Query

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.core.tier import Tier

SHARE = 0.3
"""How much of the score is the best neighbour's: the middle of a wide plateau on the example conversations."""
DECAY = 0.5
"""What each further step away leaves of a neighbour's score."""
LONGEST_SESSION = 10_000
"""How many entries of a session are looked at, the newest."""


async def with_neighbours(tier: Tier, hits: Sequence[Hit], query: Query, *, context: int, top: int) -> list[Hit]:
    """``hits`` and the neighbours of the first ``top`` of them, scored anew; in no order.

    ``score = (1 - SHARE) * own + SHARE * best``, where ``best`` is the highest score among the ``context`` entries
    before and after in the order of their creation, halved with every further step. Neighbours are looked for in
    ``tier`` among what the query's filter admits, so nobody else's entry comes up; one call for each session.
    """
    names = dict.fromkeys(name for hit in hits[:top] if hit.score > 0 and (name := hit.entry.session_id))
    sessions = await concurrently([_session(tier, name, query.filter) for name in names])
    found = {hit.entry.id: hit for hit in hits}
    lifts = {entry_id: lift for session in sessions for entry_id, lift in _lifts(session, found, context).items()}
    for entry in (entry for session in sessions for entry in session):
        if entry.id in lifts and entry.id not in found:
            found[entry.id] = Hit(entry, 0.0, Explanation(score=0.0) if query.explain else None)
    return [_lifted(hit, lifts.get(hit.entry.id)) for hit in found.values()]


async def _session(tier: Tier, name: str, within: Filter | None) -> list[MemoryEntry]:
    """What ``within`` admits of the session, in the order of creation."""
    filter = Filter(session_id=name) if within is None else attrs.evolve(within, session_id=name)
    hits = await tier.query(Query(filter=filter, limit=LONGEST_SESSION))
    return sorted((hit.entry for hit in hits), key=lambda entry: (entry.created_at, entry.id))


def _lifts(session: Sequence[MemoryEntry], found: Mapping[str, Hit], context: int) -> dict[str, Factor]:
    """What the best neighbour lends to each entry that has one."""
    scores = [found[entry.id].score if entry.id in found else 0.0 for entry in session]
    best: dict[str, Factor] = {}
    for position, score in enumerate(scores):
        if score <= 0:
            continue
        near = range(max(0, position - context), min(len(session), position + context + 1))
        for other in (other for other in near if other != position):
            lent = score * DECAY ** (abs(other - position) - 1)
            entry_id = session[other].id
            if entry_id not in best or lent > best[entry_id].value:
                best[entry_id] = Factor(name="context", weight=SHARE, value=lent, of=session[position].id)
    return best


def _lifted(hit: Hit, lift: Factor | None) -> Hit:
    factor = lift or Factor(name="context", weight=SHARE, value=0.0)
    return rescored(hit, (1 - SHARE) * hit.score + SHARE * factor.value, factor)
