"""What happens when a store fails, a call is cancelled, or the event loop is another one."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType

import pytest

from axon import EphemeralPolicy, Filter, MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import StoreTimeout, StoreUnavailable
from axon.core.registry import Registry
from axon.spi import Adapter, AdapterSpec, Page, hookimpl

TWO = MemoryConfig(ephemeral=EphemeralPolicy(), session=SessionPolicy())


def down(what="host:6379 refused"):
    return StoreUnavailable(what, sent=False)


async def listed(entries):
    return [entry async for entry in entries]


CALLS = {
    "recall": lambda memory: memory.recall("x"),
    "get": lambda memory: memory.get("x"),
    "get_many": lambda memory: memory.get_many(["x", "y"]),
    "forget": lambda memory: memory.forget("x"),
    "forget ids": lambda memory: memory.forget(["x", "y"]),
    "forget filter": lambda memory: memory.forget(Filter(tags=["x"])),
    "count": lambda memory: memory.count(),
    "scan": lambda memory: listed(memory.scan()),
    "update": lambda memory: memory.update("x", text="y"),
    "clear": lambda memory: memory.clear("session"),
    "store": lambda memory: memory.store("x", tier="session"),
    "store_many": lambda memory: memory.store_many(["x", "y"], tier="session"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
class TestOneTierFails:
    def test_the_error_names_the_tier(self, failing, call):
        memory = MemorySystem(TWO, adapters={"session": failing(down())})
        with pytest.raises(StoreUnavailable) as caught:
            asyncio.run(call(memory))
        assert caught.value.tier == "session"
        assert str(caught.value) == "session tier: host:6379 refused"
        assert caught.value.sent is False

    def test_so_does_a_note_where_the_error_is_not_of_ours(self, failing, call):
        memory = MemorySystem(TWO, adapters={"session": failing(ZeroDivisionError("boom"))})
        with pytest.raises(ZeroDivisionError) as caught:
            asyncio.run(call(memory))
        assert caught.value.__notes__ == ["in the session tier, adapter 'Failing'"]


def test_several_that_fail_at_once_are_all_told(failing):
    memory = MemorySystem(
        TWO, adapters={"ephemeral": failing(down("first")), "session": failing(StoreTimeout("second", sent=True))}
    )
    with pytest.raises(StoreUnavailable, match="ephemeral tier: first") as caught:
        asyncio.run(memory.recall("x"))
    assert caught.value.__notes__ == ["at the same time: StoreTimeout: session tier: second"]


def test_a_healthy_tier_still_answers_alone(failing):
    memory = MemorySystem(TWO, adapters={"session": failing(down())})

    async def main():
        await memory.store("a note", tier="ephemeral")
        assert len(await memory.recall("note", tier="ephemeral")) == 1

    asyncio.run(main())


class Unwell(InMemoryAdapter):
    async def health(self):
        raise RuntimeError("boom")


class TestHealth:
    def test_it_never_raises(self, failing):
        memory = MemorySystem(TWO, adapters={"ephemeral": Unwell(), "session": failing(down())})
        health = asyncio.run(memory.health())
        assert [health[tier].status for tier in ("ephemeral", "session")] == ["down", "down"]
        assert health["ephemeral"].detail == "RuntimeError: boom"
        assert "host:6379 refused" in health["session"].detail
        assert health["session"].latency_ms >= 0

    def test_nor_does_middleware_make_it(self):
        async def refuse(call, proceed):
            raise PermissionError("no")

        health = asyncio.run(MemorySystem(TWO, middleware=[refuse]).health())
        assert {status.status for status in health.values()} == {"down"}

    def test_well(self):
        assert {health.status for health in asyncio.run(MemorySystem(TWO).health()).values()} == {"ok"}


class Closing(Adapter):
    """Counts how often it is closed; closes over a turn of the loop, or fails to."""

    made: list[Closing]
    error: Exception | None = None

    def __init__(self):
        self.closed = 0
        self.made.append(self)

    async def save(self, entry):
        """Keep nothing."""

    async def get(self, entry_id):
        return None

    async def delete(self, entry_id):
        return False

    async def query(self, query):
        return []

    async def scan(self, cursor=None, *, limit=100):
        return Page(entries=[], cursor=None)

    async def close(self):
        if self.error is not None:
            raise self.error
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.closed += 1


@pytest.fixture
def closing(monkeypatch):
    """A registry with the adapters ``good`` and ``bad``, and what was made of them."""
    module = ModuleType("closing_stores")
    module.Good = type("Good", (Closing,), {"made": []})
    module.Bad = type("Bad", (Closing,), {"made": [], "error": down("cannot close")})
    monkeypatch.setitem(sys.modules, "closing_stores", module)

    class Plugin:
        @hookimpl
        def axon_adapters(self):
            return [
                AdapterSpec(name=name.lower(), target=f"closing_stores:{name}", capabilities=["ttl"])
                for name in ("Good", "Bad")
            ]

    registry = Registry(entry_points=[])
    registry.register(Plugin(), "closing")
    return registry, module


class TestClosing:
    @staticmethod
    def config(first, second):
        return MemoryConfig(ephemeral=EphemeralPolicy(adapter_type=first), session=SessionPolicy(adapter_type=second))

    def test_what_was_built_is_closed_once_and_what_was_handed_in_is_not(self, closing):
        registry, module = closing
        handed = module.Good()

        async def main():
            async with MemorySystem(
                self.config("good", "good"), adapters={"session": handed}, registry=registry
            ) as memory:
                pass
            await memory.aclose()

        asyncio.run(main())
        _, built = module.Good.made
        assert (built.closed, handed.closed) == (1, 0)

    def test_one_that_fails_does_not_keep_the_others_open(self, closing):
        registry, module = closing
        memory = MemorySystem(self.config("bad", "good"), registry=registry)
        with pytest.raises(StoreUnavailable, match="cannot close"):
            asyncio.run(memory.aclose())
        assert module.Good.made[0].closed == 1


class TestLoops:
    def test_one_system_in_several_loops_one_after_another(self):
        memory = MemorySystem(TWO)  # outside of any loop
        for number in range(3):
            asyncio.run(memory.store("a note"))
            assert len(asyncio.run(memory.recall("note"))) == number + 1
        asyncio.run(memory.aclose())

    def test_many_tasks_at_once(self):
        memory = MemorySystem(TWO)

        async def one(number):
            entry_id = await memory.store(f"note {number}", id=str(number), tags=[f"t{number}"])
            (found,) = await memory.recall(filter=Filter(tags=[f"t{number}"]))
            assert found.id == entry_id
            if number % 2:
                assert await memory.forget(entry_id) == 1

        async def main():
            await asyncio.gather(*map(one, range(300)))
            assert await memory.count() == 150

        asyncio.run(main())


class Slow(InMemoryAdapter):
    """Waits in ``query`` until it is let go on; knows whether it was cancelled there."""

    def __init__(self):
        super().__init__()
        self.entered = asyncio.Event()
        self.cancelled = False

    async def query(self, query):
        self.entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


class TestCancellation:
    def test_it_reaches_every_tier_and_the_system_lives_on(self):
        async def main():
            slow = {"ephemeral": Slow(), "session": Slow()}
            memory = MemorySystem(TWO, adapters=slow)
            task = asyncio.create_task(memory.recall("x"))
            for adapter in slow.values():
                await adapter.entered.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert [adapter.cancelled for adapter in slow.values()] == [True, True]
            assert await memory.store("x")
            assert await memory.count() == 1

        asyncio.run(main())

    def test_a_tier_that_fails_ends_the_wait_for_the_others(self, failing):
        async def main():
            slow = Slow()
            memory = MemorySystem(TWO, adapters={"ephemeral": slow, "session": failing(down())})
            with pytest.raises(StoreUnavailable):
                await memory.recall("x")

        asyncio.run(main())
