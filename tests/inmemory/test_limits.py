"""Rate limits: exact in every span, against a list of all that was allowed."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from adapter_clock import Clock
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput, WrongType
from axon.spi import Allowance, SupportsLimits

LONGEST_S = 8


class LimitModel(RuleBasedStateMachine):
    """When how much was allowed, by name and span."""

    @initialize()
    def make(self) -> None:
        self.clock = Clock()
        self.adapter = InMemoryAdapter(clock=self.clock)
        self.model: dict[tuple[str, float], list[tuple[float, int]]] = {}

    def allow_now(self, name: str, limit: int, per: float, weight: int) -> Allowance:
        return asyncio.run(self.adapter.allow(name, limit=limit, per=per, weight=weight))

    def used(self, name: str, per: float, now: float) -> int:
        return sum(weight for moment, weight in self.model.get((name, per), ()) if moment > now - per)

    @rule(
        name=st.sampled_from(["a", "b", "1.0 a"]),
        limit=st.integers(1, 6),
        per=st.sampled_from([0.5, 1, 1.0, LONGEST_S]),
        weight=st.integers(1, 7),
    )
    def allow(self, name: str, limit: int, per: float, weight: int) -> None:
        now = self.clock()
        used = self.used(name, per, now)
        answer = self.allow_now(name, limit, per, weight)
        if used + weight <= limit:
            assert answer == Allowance(allowed=True, remaining=limit - used - weight, retry_after=0.0)
            self.model.setdefault((name, per), []).append((now, weight))
            return
        assert (answer.allowed, answer.remaining) == (False, max(0, limit - used))
        if weight > limit:
            assert answer.retry_after == math.inf
        else:
            # The first moment at which enough has left.
            moments = sorted(moment + per for moment, _ in self.model[name, per] if moment + per > now)
            assert answer.retry_after == next(
                moment - now for moment in moments if self.used(name, per, moment) + weight <= limit
            )

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, LONGEST_S]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @invariant()
    def an_empty_window_takes_no_place(self) -> None:
        if hasattr(self, "adapter"):
            is_used = any(self.used(name, per, self.clock()) for name, per in self.model)
            assert bool(asyncio.run(self.adapter.residue())) is is_used


TestLimitsAgainstAModel = LimitModel.TestCase


def test_a_refusal_costs_nothing_and_what_may_be_tried_again_is_then_allowed() -> None:
    async def main() -> None:
        clock = Clock()
        adapter = InMemoryAdapter(clock=clock)
        assert isinstance(adapter, SupportsLimits)
        for _ in range(3):
            assert (await adapter.allow("a", limit=3, per=10)).allowed
            clock.turn(1)
        kept = await adapter.residue()
        for _ in range(100):
            refused = await adapter.allow("a", limit=3, per=10)
            assert refused == Allowance(allowed=False, remaining=0, retry_after=7.0)
        assert await adapter.residue() == kept
        clock.turn(refused.retry_after)
        assert (await adapter.allow("a", limit=3, per=10)).allowed
        assert not (await adapter.allow("a", limit=3, per=10)).allowed

    asyncio.run(main())


def test_a_clock_that_is_set_back_allows_no_more() -> None:
    async def main() -> None:
        clock = Clock()
        adapter = InMemoryAdapter(clock=clock)
        assert (await adapter.allow("a", limit=2, per=10)).allowed
        clock.turn(-5)
        assert (await adapter.allow("a", limit=2, per=10)).allowed
        clock.turn(14)
        assert not (await adapter.allow("a", limit=2, per=10)).allowed
        clock.turn(1)
        assert (await adapter.allow("a", limit=2, per=10)).remaining == 1
        clock.turn(10)
        assert await adapter.residue() == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": "x" * 1025}, InvalidInput, "name has 1,025 characters"),
        ({"limit": 0}, InvalidInput, "limit must be at least 1, got 0"),
        ({"limit": 1.5}, WrongType, "limit must be a whole number"),
        ({"weight": 0}, InvalidInput, "weight must be at least 1"),
        ({"weight": True}, WrongType, "weight must be a whole number"),
        ({"per": 0}, InvalidInput, "per must be from a microsecond to 1000 years"),
        ({"per": "minute"}, WrongType, "per must be a number of seconds, got 'minute'"),
    ],
)
def test_what_cannot_be_used(arguments: dict[str, Any], error: type[InvalidInput], message: str) -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        with pytest.raises(error, match=message):
            await adapter.allow(**{"name": "a", "limit": 5, "per": 10, **arguments})
        assert await adapter.residue() == 0

    asyncio.run(main())
