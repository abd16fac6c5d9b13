"""A system that was closed says so."""

from __future__ import annotations

from asyncio import run

import pytest
from core_system import listed

from axon import Filter, MemorySystem
from axon.core.errors import Closed


class TestClosed:
    def test_every_verb_says_so(self, config):
        memory = MemorySystem(config)
        run(memory.aclose())
        run(memory.aclose())
        for call in (
            lambda: memory.store("x"),
            lambda: memory.store_many(["x"]),
            lambda: memory.recall("x"),
            lambda: memory.get("x"),
            lambda: memory.get_many(["x"]),
            lambda: memory.get_many([]),
            lambda: memory.forget("x"),
            lambda: memory.forget([]),
            lambda: memory.forget(Filter(tags=["x"])),
            lambda: memory.update("x", text="y"),
            lambda: memory.count(),
            lambda: listed(memory.scan()),
            lambda: memory.clear("session"),
            lambda: memory.health(),
            lambda: memory.__aenter__(),
        ):
            with pytest.raises(Closed, match="this MemorySystem was closed; make a new one"):
                run(call())
        assert "closed" in repr(memory)

    def test_async_with_closes_even_after_an_error(self, config):
        memory = MemorySystem(config)

        async def main():
            async with memory:
                await memory.store("x")
                raise KeyError

        with pytest.raises(KeyError):
            run(main())
        with pytest.raises(Closed):
            run(memory.count())
