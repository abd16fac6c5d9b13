"""Counters, against a dictionary."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from adapter_clock import Clock
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput, WrongType
from axon.spi import SupportsCounters

NAMES = st.sampled_from(["a", "b", "a:b"])
HIGHEST = 2**63 - 1


class CounterModel(RuleBasedStateMachine):
    """Values, each with the moment of its end."""

    @initialize()
    def make(self) -> None:
        self.clock = Clock()
        self.adapter = InMemoryAdapter(clock=self.clock)
        self.model: dict[str, tuple[int, float | None]] = {}

    def alive(self) -> dict[str, tuple[int, float | None]]:
        now = self.clock()
        self.model = {name: kept for name, kept in self.model.items() if kept[1] is None or kept[1] > now}
        return self.model

    @rule(
        name=NAMES,
        by=st.sampled_from([-(2**63), -7, 0, 1, 2, HIGHEST]),
        ttl=st.sampled_from([None, 0.5, 1, 10.0]),
    )
    def increment(self, name: str, by: int, ttl: float | None) -> None:
        value, end = self.alive().get(name, (0, None if ttl is None else self.clock() + ttl))
        if -(2**63) <= value + by <= HIGHEST:
            assert asyncio.run(self.adapter.increment(name, by, ttl=ttl)) == value + by
            self.model[name] = value + by, end
        else:
            with pytest.raises(InvalidInput, match="nothing was changed"):
                asyncio.run(self.adapter.increment(name, by, ttl=ttl))

    @rule(name=NAMES)
    def counter(self, name: str) -> None:
        assert asyncio.run(self.adapter.counter(name)) == self.alive().get(name, (0, None))[0]

    @rule(name=NAMES)
    def reset(self, name: str) -> None:
        assert asyncio.run(self.adapter.reset(name)) is (self.alive().pop(name, None) is not None)

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @invariant()
    def what_is_not_there_takes_no_place(self) -> None:
        if hasattr(self, "adapter"):
            assert bool(asyncio.run(self.adapter.residue())) is bool(self.alive())


TestCountersAgainstAModel = CounterModel.TestCase


def test_the_memory_adapter_says_that_it_counts() -> None:
    assert isinstance(InMemoryAdapter(), SupportsCounters)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": "\0"}, InvalidInput, "name holds a NUL"),
        ({"by": 1.0}, WrongType, r"by must be a whole number, got 1\.0"),
        ({"by": True}, WrongType, "by must be a whole number"),
        ({"by": 2**63}, InvalidInput, "would leave the range"),
        ({"ttl": 0}, InvalidInput, "ttl must be from a microsecond"),
        ({"ttl": "1"}, WrongType, "ttl must be a number of seconds"),
    ],
)
def test_what_cannot_be_used(arguments: dict[str, Any], error: type[InvalidInput], message: str) -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        with pytest.raises(error, match=message):
            await adapter.increment(**{"name": "a", **arguments})
        for call in (adapter.counter, adapter.reset):
            with pytest.raises(InvalidInput, match="name is empty"):
                await call("")
        assert await adapter.residue() == 0

    asyncio.run(main())
