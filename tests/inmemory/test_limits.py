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
from axon.spi import Allowance, SupportsLimits, Window

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

    @rule()
    def look_on(self) -> None:
        now = self.clock()
        used = {key: self.used(*key, now) for key in self.model}
        for (name, per), weight in used.items():
            assert asyncio.run(self.adapter.used(name, per=per)) == weight
        windows = [Window(name=name, per=per, used=weight) for (name, per), weight in sorted(used.items()) if weight]
        assert asyncio.run(self.adapter.windows()) == windows

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, LONGEST_S]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @invariant()
    def an_empty_window_takes_no_place(self) -> None:
        if hasattr(self, "adapter"):
            is_used = any(self.used(name, per, self.clock()) for name, per in self.model)
            assert bool(asyncio.run(self.adapter.residue())) is is_used


TestLimitsAgainstAModel = LimitModel.TestCase


class SumModel(RuleBasedStateMachine):
    """When how much was allowed in one window of sums, which may count a little longer, and never shorter."""

    PER_S = 3.2

    @initialize(seconds=st.floats(0, 10))
    def make(self, seconds: float) -> None:
        self.clock = Clock()
        self.clock.turn(seconds)
        self.adapter = InMemoryAdapter(clock=self.clock)
        self.allowed: list[tuple[float, int]] = []

    def used(self, span: float) -> int:
        return sum(weight for moment, weight in self.allowed if self.clock() - moment < span)

    @rule(limit=st.integers(1, 9), weight=st.integers(1, 9))
    def allow(self, limit: int, weight: int) -> None:
        # Between the two, as the float of a moment of these years has it, both answers are right.
        least, most = self.used(self.PER_S - 1e-6), self.used(self.PER_S * 33 / 32 + 1e-6)
        used = asyncio.run(self.adapter.used("a", per=self.PER_S))
        assert least <= used <= most
        answer = asyncio.run(self.adapter.allow("a", limit=limit, per=self.PER_S, weight=weight, exact=False))
        assert answer.allowed is (used + weight <= limit)
        assert answer.remaining == max(0, limit - used - weight * answer.allowed)
        if answer.allowed:
            self.allowed.append((self.clock(), weight))
        elif weight <= limit:
            assert 0 < answer.retry_after <= self.PER_S * 33 / 32 + 1e-6

    @rule(seconds=st.one_of(st.floats(0, 0.3), st.sampled_from([0.1, 3.1, 3.2, 3.3])))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @invariant()
    def it_takes_the_room_of_32_sums(self) -> None:
        if hasattr(self, "adapter"):
            assert asyncio.run(self.adapter.residue()) <= 40


TestSumsAgainstAModel = SumModel.TestCase


def test_a_window_of_sums_takes_the_same_room_whatever_it_allows() -> None:
    async def main() -> None:
        clock = Clock()
        adapter = InMemoryAdapter(clock=clock)
        for _ in range(10_000):
            assert (await adapter.allow("a", limit=10**6, per=10, exact=False)).allowed
            clock.turn(0.0017)
        assert 32 <= await adapter.residue() <= 40
        assert 5882 <= await adapter.used("a", per=10) <= 5882 * 33 / 32 + 1
        clock.turn(10.4)
        assert await adapter.residue() == 0

    asyncio.run(main())


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
        ({"limit": 2**50 + 1}, InvalidInput, r"limit must be at most 2\*\*50"),
        ({"weight": 2**50 + 1}, InvalidInput, r"weight must be at most 2\*\*50"),
        ({"exact": 1}, WrongType, "exact must be"),
    ],
)
def test_what_cannot_be_used(arguments: dict[str, Any], error: type[InvalidInput], message: str) -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        with pytest.raises(error, match=message):
            await adapter.allow(**{"name": "a", "limit": 5, "per": 10, **arguments})
        for window in ({"name": "", "per": 10}, {"name": "a", "per": 0}):
            with pytest.raises(InvalidInput):
                await adapter.used(**window)
        assert await adapter.residue() == 0

    asyncio.run(main())
