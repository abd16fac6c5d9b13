"""Which tier takes an entry, and what a tier may be called."""

from __future__ import annotations

import math
from asyncio import run
from itertools import combinations

import pytest
from core_system import TIERS, listed, system

from axon.core.errors import InvalidInput, UnknownTier, WrongType

SUBSETS = [subset for size in (1, 2, 3) for subset in combinations(TIERS, size)]
ROUTES = {  # below 0.3, below 0.7, from 0.7 on
    ("ephemeral",): ("ephemeral", "ephemeral", "ephemeral"),
    ("session",): ("session", "session", "session"),
    ("persistent",): ("persistent", "persistent", "persistent"),
    ("ephemeral", "session"): ("ephemeral", "session", "session"),
    ("ephemeral", "persistent"): ("ephemeral", "persistent", "persistent"),
    ("session", "persistent"): ("session", "session", "persistent"),
    ("ephemeral", "session", "persistent"): ("ephemeral", "session", "persistent"),
}


class TestRouting:
    @pytest.mark.parametrize("tiers", SUBSETS, ids="+".join)
    @pytest.mark.parametrize(
        ("importance", "level"),
        [
            (0.0, 0),
            (math.nextafter(0.3, 0), 0),
            (0.3, 1),
            (0.5, 1),
            (math.nextafter(0.7, 0), 1),
            (0.7, 2),
            (1.0, 2),
            (1, 2),
            (0, 0),
        ],
    )
    def test_importance_decides(self, tiers, importance, level):
        async def main():
            memory = system(*tiers)
            entry_id = await memory.store("hello", importance=importance)
            (many_id,) = await memory.store_many(["hello"], importance=importance)
            for tier in tiers:
                found = {entry.id for entry in await listed(memory.scan(tier=tier))}
                assert found == ({entry_id, many_id} if tier == ROUTES[tiers][level] else set())

        run(main())

    @pytest.mark.parametrize("tier", TIERS)
    def test_a_named_tier_counts_before_it(self, memory, tier):
        run(memory.store("hello", importance=0.99, tier=tier))
        assert run(memory.count(tier=tier)) == 1
        assert run(memory.count()) == 1

    def test_half_is_the_default(self, memory):
        run(memory.store("hello"))
        assert run(memory.count(tier="session")) == 1

    @pytest.mark.parametrize(
        ("tier", "says"),
        [
            ("sesion", "did you mean 'session'"),
            ("", "configured: ephemeral, session"),
            (5, "no tier 5"),
            ("SESSION", "no tier 'SESSION'"),
        ],
    )
    def test_an_unknown_tier_names_the_closest(self, memory, tier, says):
        for call in (
            lambda: memory.store("x", tier=tier),
            lambda: memory.store_many(["x"], tier=tier),
            lambda: memory.recall("x", tier=[tier]),
            lambda: memory.get("x", tier=[tier]),
            lambda: memory.forget("x", tier=["session", tier]),
            lambda: memory.count(tier=[tier]),
            lambda: listed(memory.scan(tier=[tier])),
            lambda: memory.clear(tier),
        ):
            with pytest.raises(UnknownTier, match=says):
                run(call())
        with pytest.raises(UnknownTier, match=says):
            memory.tier(tier)

    def test_a_tier_that_is_not_configured(self):
        with pytest.raises(UnknownTier, match="no tier 'persistent' here; configured: session"):
            run(system("session").store("x", tier="persistent"))

    @pytest.mark.parametrize("tier", [5, 1.5, object()])
    def test_tiers_are_names(self, memory, tier):
        with pytest.raises(WrongType, match="tier must be a name or several"):
            run(memory.recall("x", tier=tier))

    def test_no_tier_at_all(self, memory):
        for call in (memory.recall("x", tier=[]), memory.count(tier=()), memory.forget("x", tier=[])):
            with pytest.raises(InvalidInput, match="tier is an empty list; leave it out to ask all tiers"):
                run(call)
