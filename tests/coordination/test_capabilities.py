"""Which tier the verbs go to, and what is said where none can."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from axon import EphemeralPolicy, MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import CapabilityError, Closed, UnknownTier
from axon.spi import Adapter, HeldLock, Lock

CONFIG = MemoryConfig(ephemeral=EphemeralPolicy(), session=SessionPolicy())


class Plain(Adapter):
    """Entries alone."""

    async def save(self, entry): ...

    async def get(self, entry_id): ...

    async def delete(self, entry_id): ...

    async def query(self, query): ...

    async def scan(self, cursor=None, *, limit=100): ...


class Locks(Plain):
    """Locks, and nothing else of what tasks agree on; it declares nothing."""

    async def lock(self, name, *, ttl, wait=0.0):
        return Lock(name=name, token="t", fence=7)

    async def renew(self, lock, *, ttl): ...

    async def unlock(self, lock):
        return True

    async def locks(self):
        return [HeldLock(name="lock:door", fence=7, expires_in=1.0)]


VERBS = {
    "locks": [lambda memory, **tier: memory.lock("a", **tier), lambda memory, **tier: memory.locks(**tier)],
    "limits": [
        lambda memory, **tier: memory.limit("a", 1, per=1, **tier),
        lambda memory, **tier: memory.activity("a", within=1, **tier),
        lambda memory, **tier: memory.limits(**tier),
    ],
    "values": [
        lambda memory, **tier: memory.once("a", **tier),
        lambda memory, **tier: memory.flag("a", **tier),
    ],
    "values and locks": [
        lambda memory, **tier: memory.once_result("a", asyncio.sleep, **tier),
        lambda memory, **tier: memory.cached(**tier),
        lambda memory, **tier: memory.invalidate("a", **tier),
    ],
}
EACH = [(capability, verb) for capability, verbs in VERBS.items() for verb in verbs]


async def called(verb, memory, **tier):
    made = verb(memory, **tier)
    return await made if asyncio.iscoroutine(made) else made


@pytest.mark.parametrize(("capability", "verb"), EACH)
def test_what_is_said_where_no_tier_can(capability, verb):
    memory = MemorySystem(CONFIG, adapters={"ephemeral": Plain(), "session": Plain()})
    with pytest.raises(CapabilityError) as caught:
        asyncio.run(called(verb, memory))
    assert str(caught.value) == (
        f"no tier has {capability} (ephemeral: Plain, session: Plain): set the adapter_type of one to an adapter that "
        "has (`axon adapters` lists them)"
    )


@pytest.mark.parametrize(("capability", "verb"), EACH)
def test_what_is_said_of_the_named_tier(capability, verb):
    memory = MemorySystem(CONFIG, adapters={"session": Plain()})
    missing = capability.replace(" and ", " and no ")
    with pytest.raises(CapabilityError) as caught:
        asyncio.run(called(verb, memory, tier="session"))
    assert str(caught.value) == (
        f"session: adapter 'Plain' has no {missing}: name another tier, or set session.adapter_type to an adapter "
        "that has (`axon adapters` lists them)"
    )
    with pytest.raises(UnknownTier, match="persistent"):
        asyncio.run(called(verb, memory, tier="persistent"))


@pytest.mark.parametrize(("capability", "verb"), EACH)
def test_a_memory_that_was_closed(capability, verb):
    async def main():
        memory = MemorySystem(CONFIG)
        await memory.aclose()
        for tier in ({}, {"tier": "session"}):
            with pytest.raises(Closed):
                await called(verb, memory, **tier)

    asyncio.run(main())


def test_what_a_memory_gave_does_nothing_once_it_was_closed_but_give_a_lock_back():
    async def main():
        adapter = InMemoryAdapter()
        memory = MemorySystem(CONFIG, adapters={"ephemeral": adapter})
        limiter, activity, flag = memory.limit("a", 1, per=1), memory.activity("a", within=1), memory.flag("a")
        cached = memory.cached(ttl=1, name="cached", key=lambda: "a")(asyncio.sleep)
        lock = memory.lock("a")
        async with memory.lock("held"):
            await memory.aclose()
            for call in (
                limiter.acquire,
                limiter.used,
                activity.record,
                activity.count,
                flag.set,
                flag.read,
                flag.clear,
            ):
                with pytest.raises(Closed, match="this MemorySystem was closed; make a new one"):
                    await call()
            for call in (cached, cached.invalidate, lock.__aenter__):
                with pytest.raises(Closed):
                    await call()
            assert len(await adapter.locks()) == 1
        assert await adapter.locks() == []

    asyncio.run(main())


def test_what_has_begun_comes_to_its_end_when_the_memory_is_closed():
    async def main():
        adapter, begun, runs = InMemoryAdapter(), asyncio.Event(), []
        closed, open_ = (MemorySystem(CONFIG, adapters={"ephemeral": adapter}) for _ in range(2))

        async def work():
            runs.append(1)
            begun.set()
            await asyncio.sleep(0.05)
            return 5

        calls = [asyncio.create_task(memory.once_result("a", work, ttl=60)) for memory in (closed, open_)]
        await begun.wait()
        await closed.aclose()
        assert [await call for call in calls] == [5, 5]
        assert len(runs) == 1

    asyncio.run(main())


def test_the_shortest_lived_tier_that_can_is_the_one():
    async def main(adapters, expected):
        memory = MemorySystem(CONFIG, adapters=adapters)
        async with memory.lock("door"):
            held = {name: len(await memory.tier(name).locks()) for name in expected}
            assert held == expected
            assert len(await memory.locks()) == 1
        await memory.once("a")
        await memory.limit("a", 1, per=60).acquire()

    asyncio.run(main({}, {"ephemeral": 1, "session": 0}))
    asyncio.run(main({"ephemeral": Plain()}, {"session": 1}))
    asyncio.run(main({"session": Plain()}, {"ephemeral": 1}))


def test_the_named_tier_is_the_one():
    async def main():
        memory = MemorySystem(CONFIG)
        assert await memory.once("a", tier="session")
        assert await memory.once("a", tier="ephemeral")
        assert not await memory.once("a", tier="session")
        await memory.flag("a", tier="session").set("s")
        assert await memory.flag("a").read("off") == "off"
        await memory.limit("a", 5, per=60, tier="session").acquire()
        assert (await memory.limits(), len(await memory.limits(tier="session"))) == ([], 1)
        async with memory.lock("a", tier="session"), memory.lock("a"):
            assert [len(await memory.locks(tier=tier)) for tier in ("ephemeral", "session")] == [1, 1]

        @memory.cached(tags=["t"], tier="session", name="number")
        async def number():
            return next(numbers)

        numbers = iter(range(10))
        await number()
        await memory.invalidate("t")
        assert await number() == 0
        await memory.invalidate("t", tier="session")
        assert await number() == 1

    asyncio.run(main())


def test_the_ttl_left_out_is_that_of_the_tier():
    clock = [1000.0]
    config = MemoryConfig(ephemeral=EphemeralPolicy(ttl_seconds=5), session=SessionPolicy(ttl_seconds=100))
    adapters = {tier: InMemoryAdapter(clock=lambda: clock[0]) for tier in ("ephemeral", "session")}
    memory = MemorySystem(config, adapters=adapters)
    for tier, seconds in (("ephemeral", 5), ("session", 100)):
        asyncio.run(memory.flag("a", tier=tier).set())
        clock[0] += seconds - 1
        assert asyncio.run(memory.flag("a", tier=tier).read()) is True
        clock[0] += 1
        assert asyncio.run(memory.flag("a", tier=tier).read()) is False


def test_an_adapter_that_was_handed_in_is_asked_for_its_methods():
    async def main():
        memory = MemorySystem(CONFIG, adapters={"ephemeral": Locks()})
        async with memory.lock("door") as lock:
            assert lock.fence == 7
        assert [held.name for held in await memory.locks()] == ["door"]
        assert await memory.once("a")
        with pytest.raises(CapabilityError, match="ephemeral: adapter 'Locks' has no values"):
            await memory.once("a", tier="ephemeral")

    asyncio.run(main())


def test_results_need_locks_in_the_same_tier():
    class Values(Plain):
        async def put(self, name, value, *, ttl): ...

        async def swap(self, name, old, new, *, ttl=0.0):
            return True

        async def values(self, names):
            return [None] * len(names)

        async def drop(self, name):
            return False

    async def main():
        memory = MemorySystem(CONFIG, adapters={"ephemeral": Values(), "session": Locks()})
        assert await memory.once("a")
        assert await memory.flag("a").clear() is False
        for verb in VERBS["values and locks"]:
            with pytest.raises(CapabilityError, match="no tier has values and locks"):
                await called(verb, memory)
            with pytest.raises(CapabilityError, match="ephemeral: adapter 'Values' has no locks"):
                await called(verb, memory, tier="ephemeral")
        memory = MemorySystem(CONFIG, adapters={"ephemeral": Values()})
        assert await memory.once_result("a", partial(asyncio.sleep, 0, "of the session tier")) == "of the session tier"

    asyncio.run(main())
