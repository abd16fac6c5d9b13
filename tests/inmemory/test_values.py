"""Values, against a dictionary of values and ends."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from adapter_clock import Clock
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from axon import MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput, WrongType
from axon.spi import SupportsValues

NAMES = st.sampled_from(["a", "b", "a:b"])
SOME = st.sampled_from([None, b"", b"x", b"y"])
TTLS = st.sampled_from([1e-6, 0.5, 1, 10.0])


class ValueModel(RuleBasedStateMachine):
    """Values, each with the moment of its end."""

    @initialize()
    def make(self) -> None:
        self.clock = Clock()
        self.adapter = InMemoryAdapter(clock=self.clock)
        self.model: dict[str, tuple[bytes, float]] = {}

    def alive(self) -> dict[str, tuple[bytes, float]]:
        now = self.clock()
        self.model = {name: kept for name, kept in self.model.items() if kept[1] > now}
        return self.model

    def value(self, name: str) -> bytes | None:
        return self.alive().get(name, (None, 0.0))[0]

    @rule(name=NAMES, value=SOME.filter(lambda value: value is not None), ttl=TTLS)
    def put(self, name: str, value: bytes, ttl: float) -> None:
        asyncio.run(self.adapter.put(name, value, ttl=ttl))
        self.model[name] = value, self.clock() + ttl

    @rule(name=NAMES, old=SOME, new=SOME, ttl=TTLS)
    def swap(self, name: str, old: bytes | None, new: bytes | None, ttl: float) -> None:
        fits = self.value(name) == old
        assert asyncio.run(self.adapter.swap(name, old, new, ttl=ttl)) is fits
        if fits:
            self.model.pop(name, None)
            if new is not None:
                self.model[name] = new, self.clock() + ttl

    @rule(name=NAMES)
    def drop(self, name: str) -> None:
        assert asyncio.run(self.adapter.drop(name)) is (self.alive().pop(name, None) is not None)

    @rule(names=st.lists(NAMES))
    def values(self, names: list[str]) -> None:
        assert asyncio.run(self.adapter.values(names)) == [self.value(name) for name in names]

    @rule(seconds=st.sampled_from([1e-6, 0.25, 0.5, 1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @invariant()
    def what_is_not_there_takes_no_place(self) -> None:
        if hasattr(self, "adapter"):
            assert bool(asyncio.run(self.adapter.residue())) is bool(self.alive())


TestValuesAgainstAModel = ValueModel.TestCase


def test_values_that_are_renewed_for_ever_take_no_more_place() -> None:
    async def main() -> None:
        clock = Clock()
        adapter = InMemoryAdapter(clock=clock)
        assert isinstance(adapter, SupportsValues)
        for number in range(1000):
            await adapter.put("a", b"%d" % number, ttl=60)
            assert await adapter.swap("a", b"%d" % number, b"x", ttl=60)
            clock.turn(0.01)
        assert await adapter.residue() < 100
        clock.turn(60)
        assert await adapter.residue() == 0

    asyncio.run(main())


def test_a_clear_leaves_values_and_an_entry_of_the_name_is_something_else() -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        await adapter.put("a", b"x", ttl=60)
        await adapter.save(MemoryEntry(id="a", text="a"))
        assert await adapter.clear() == 1
        assert await adapter.values(["a"]) == [b"x"]
        assert await adapter.drop("a") is True

    asyncio.run(main())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": ""}, InvalidInput, "name is empty"),
        ({"name": b"a"}, WrongType, "name must be text"),
        ({"new": "x"}, WrongType, "new must be bytes, got 'x'"),
        ({"new": bytearray(b"x")}, WrongType, "new must be bytes"),
        ({"old": "x"}, WrongType, "old must be bytes"),
        ({"old": "x", "new": None}, WrongType, "old must be bytes"),
        ({"ttl": 0}, InvalidInput, "ttl must be from a microsecond"),
        ({"ttl": math.nan}, InvalidInput, "ttl must be from a microsecond"),
        ({"ttl": True}, WrongType, "ttl must be a number of seconds"),
        ({"ttl": "1"}, WrongType, "ttl must be a number of seconds"),
    ],
)
def test_what_cannot_be_used(arguments: dict[str, Any], error: type[InvalidInput], message: str) -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        with pytest.raises(error, match=message):
            await adapter.swap(**{"name": "a", "old": None, "new": b"x", "ttl": 60, **arguments})
        with pytest.raises(WrongType, match="value must be bytes"):
            await adapter.put("a", None, ttl=60)
        with pytest.raises(InvalidInput, match="ttl must be"):
            await adapter.put("a", b"x", ttl=-1)
        for call in (adapter.values(["a", "\0"]), adapter.drop("\0")):
            with pytest.raises(InvalidInput, match="name holds a NUL"):
                await call
        assert await adapter.residue() == 0

    asyncio.run(main())
