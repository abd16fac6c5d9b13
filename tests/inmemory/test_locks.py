"""Locks: one holder at a time, handed on in order, and nothing kept of those that are free."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from adapter_clock import Clock
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from axon import MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import InvalidInput, LockUnavailable, WrongType
from axon.spi import HeldLock, Lock, SupportsLocks

PATIENCE_S = 20


def on_an_adapter(scenario: Callable[[InMemoryAdapter, Clock], Awaitable[None]]) -> Callable[[], None]:
    """A test that runs ``scenario`` with an adapter whose clock it turns; nothing is left of it in the end."""

    async def main() -> None:
        clock = Clock()
        adapter = InMemoryAdapter(clock=clock)
        async with asyncio.timeout(PATIENCE_S):
            await scenario(adapter, clock)
        clock.turn(10_000)
        assert await adapter.residue() == 0

    def test() -> None:
        asyncio.run(main())

    return test


async def waiting(
    adapter: InMemoryAdapter, name: str = "a", *, ttl: float = 60, wait: float = 60
) -> asyncio.Task[Lock]:
    """Somebody who is in line by now."""
    before = await adapter.residue()
    task = asyncio.create_task(adapter.lock(name, ttl=ttl, wait=wait))
    while await adapter.residue() == before:  # noqa: ASYNC110 - the adapter does not tell who is in line
        await asyncio.sleep(0)
    return task


@on_an_adapter
async def test_one_at_a_time(adapter: InMemoryAdapter, clock: Clock) -> None:
    assert isinstance(adapter, SupportsLocks)
    first = await adapter.lock("a", ttl=10)
    assert first.name == "a"
    assert first.token not in repr(first)
    with pytest.raises(LockUnavailable, match=r"'a' is held by another$"):
        await adapter.lock("a", ttl=10)
    with pytest.raises(LockUnavailable, match=r"0\.01 s were not enough"):
        await adapter.lock("a", ttl=10, wait=0.01)
    other = await adapter.lock("b", ttl=10)
    assert await adapter.unlock(first) is True
    assert await adapter.unlock(first) is False
    second = await adapter.lock("a", ttl=10)
    assert second.token != first.token
    assert second.fence > first.fence
    assert await adapter.unlock(first) is False
    with pytest.raises(LockUnavailable):
        await adapter.lock("a", ttl=10)
    assert await adapter.unlock(second) is True
    assert await adapter.unlock(other) is True


@on_an_adapter
async def test_it_is_held_exactly_as_long_as_it_says(adapter: InMemoryAdapter, clock: Clock) -> None:
    first = await adapter.lock("a", ttl=10)
    clock.turn(9)
    await adapter.renew(first, ttl=1.5)
    clock.turn(1.4)
    with pytest.raises(LockUnavailable):
        await adapter.lock("a", ttl=10)
    clock.turn(0.1)
    with pytest.raises(LockUnavailable, match="no longer held"):
        await adapter.renew(first, ttl=10)
    assert await adapter.unlock(first) is False
    second = await adapter.lock("a", ttl=10)
    with pytest.raises(LockUnavailable):
        await adapter.renew(first, ttl=10)
    assert await adapter.unlock(first) is False
    assert await adapter.unlock(second) is True


@on_an_adapter
async def test_who_asks_first_gets_it_first(adapter: InMemoryAdapter, clock: Clock) -> None:
    held = await adapter.lock("a", ttl=10)
    tasks = [await waiting(adapter) for _ in range(20)]
    fences = [held.fence]
    for number, task in enumerate(tasks):
        assert await adapter.unlock(held) is True
        held = await task
        fences.append(held.fence)
        assert not any(later.done() for later in tasks[number + 1 :])
    assert fences == sorted(set(fences))
    await adapter.unlock(held)


@on_an_adapter
async def test_a_lock_whose_time_is_over_passes_to_who_waits_at_the_next_call(
    adapter: InMemoryAdapter, clock: Clock
) -> None:
    await adapter.lock("a", ttl=10)
    task = await waiting(adapter, ttl=5)
    clock.turn(10)
    with pytest.raises(LockUnavailable):
        await adapter.lock("a", ttl=10)
    held = await task
    clock.turn(4)
    assert await adapter.unlock(held) is True


def test_a_lock_whose_time_is_over_passes_by_itself() -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        first = await adapter.lock("a", ttl=60)
        # The second one is never released; the third may not sleep as long as the first one could have kept it.
        second, third = await waiting(adapter, ttl=0.05), await waiting(adapter, ttl=60)
        await adapter.unlock(first)
        held = await asyncio.wait_for(third, PATIENCE_S)
        assert await adapter.unlock(await second) is False
        await adapter.renew(held, ttl=60)
        fourth = await waiting(adapter, ttl=60)
        await adapter.renew(held, ttl=0.05)
        await adapter.unlock(await asyncio.wait_for(fourth, PATIENCE_S))
        assert await adapter.residue() == 0

    asyncio.run(main())


@on_an_adapter
async def test_who_is_cancelled_leaves_nothing_behind(adapter: InMemoryAdapter, clock: Clock) -> None:
    held = await adapter.lock("a", ttl=1000)
    before = await adapter.residue()
    tasks = [await waiting(adapter) for _ in range(3)]
    tasks[1].cancel()
    tasks[0].cancel()
    await asyncio.wait(tasks[:2])
    await adapter.unlock(held)
    held = await tasks[2]
    assert await adapter.residue() == before
    await adapter.unlock(held)


@on_an_adapter
async def test_who_is_cancelled_while_it_is_handed_over_gives_it_on(adapter: InMemoryAdapter, clock: Clock) -> None:
    held = await adapter.lock("a", ttl=1000)
    first, second = await waiting(adapter), await waiting(adapter)
    await adapter.unlock(held)
    first.cancel()
    held = await second
    assert first.cancelled()
    await adapter.unlock(held)
    await adapter.unlock(await adapter.lock("a", ttl=10))


@on_an_adapter
async def test_clear_frees_no_lock_and_an_entry_of_its_name_is_something_else(
    adapter: InMemoryAdapter, clock: Clock
) -> None:
    held = await adapter.lock("a", ttl=10)
    await adapter.increment("a")
    await adapter.allow("a", limit=1, per=10)
    assert await adapter.get("a") is None
    await adapter.save(MemoryEntry(id="a", text="a"))
    assert await adapter.clear() == 1
    assert await adapter.counter("a") == 1
    assert not (await adapter.allow("a", limit=1, per=10)).allowed
    assert await adapter.unlock(held) is True
    assert await adapter.reset("a") is True


def test_one_event_loop_after_another() -> None:
    adapter = InMemoryAdapter()

    async def leave_somebody_waiting() -> Lock:
        held = await adapter.lock("a", ttl=60)
        _abandoned.append(await waiting(adapter))
        return held

    loop = asyncio.new_event_loop()
    held = loop.run_until_complete(leave_somebody_waiting())
    for task in _abandoned:
        task._log_destroy_pending = False
    loop.close()

    async def go_on() -> None:
        task = await waiting(adapter)
        assert await adapter.unlock(held) is True
        assert await adapter.unlock(await asyncio.wait_for(task, PATIENCE_S)) is True
        assert await adapter.residue() == 0

    asyncio.run(go_on())


def test_who_waits_behind_somebody_whose_loop_is_gone_gets_the_lock_when_its_time_is_over() -> None:
    adapter = InMemoryAdapter()

    async def leave_somebody_waiting() -> None:
        await adapter.lock("a", ttl=0.2)
        _abandoned.append(await waiting(adapter))

    loop = asyncio.new_event_loop()
    loop.run_until_complete(leave_somebody_waiting())
    for task in _abandoned:
        task._log_destroy_pending = False
    loop.close()

    async def go_on() -> None:
        async with asyncio.timeout(PATIENCE_S):
            assert await adapter.unlock(await adapter.lock("a", ttl=60, wait=math.inf)) is True

    asyncio.run(go_on())


_abandoned: list[asyncio.Task[Lock]] = []


@on_an_adapter
async def test_who_looks_on_sees_what_is_held(adapter: InMemoryAdapter, clock: Clock) -> None:
    assert await adapter.locks() == []
    later, first = await adapter.lock("b", ttl=10), await adapter.lock("a", ttl=3)
    task = await waiting(adapter, "b", ttl=60)
    clock.turn(1)
    assert await adapter.locks() == [
        HeldLock(name="a", fence=first.fence, expires_in=2.0),
        HeldLock(name="b", fence=later.fence, expires_in=9.0),
    ]
    await adapter.renew(later, ttl=5.5)
    clock.turn(2)
    assert await adapter.locks() == [HeldLock(name="b", fence=later.fence, expires_in=3.5)]
    clock.turn(3.5)
    (seen,) = await adapter.locks()
    assert seen == HeldLock(name="b", fence=(await task).fence, expires_in=60.0)
    await adapter.unlock(await task)
    assert await adapter.locks() == []


def test_many_tasks_are_never_in_it_together() -> None:
    async def main() -> None:
        adapter, inside, most = InMemoryAdapter(), 0, 0

        async def work(number: int) -> None:
            nonlocal inside, most
            for _ in range(10):
                held = await adapter.lock("a", ttl=60, wait=math.inf)
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1
                assert await adapter.unlock(held)

        await asyncio.wait_for(asyncio.gather(*map(work, range(50))), PATIENCE_S)
        assert most == 1
        assert await adapter.residue() == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": ""}, InvalidInput, "name is empty"),
        ({"name": 5}, WrongType, "name must be text"),
        ({"ttl": 0}, InvalidInput, "ttl must be from a microsecond to 1000 years, got 0"),
        ({"ttl": -1.5}, InvalidInput, "ttl must be"),
        ({"ttl": math.nan}, InvalidInput, "ttl must be"),
        ({"ttl": math.inf}, InvalidInput, "ttl must be"),
        ({"ttl": 10**400}, InvalidInput, "ttl must be"),
        ({"ttl": None}, WrongType, "ttl must be a number of seconds, got None"),
        ({"ttl": True}, WrongType, "ttl must be a number of seconds"),
        ({"ttl": "5"}, WrongType, "ttl must be a number of seconds"),
        ({"wait": -1}, InvalidInput, "wait must be at least 0, got -1"),
        ({"wait": math.nan}, InvalidInput, "wait must be at least 0"),
        ({"wait": None}, WrongType, "wait must be a number of seconds"),
    ],
)
def test_what_cannot_be_used(arguments: dict[str, Any], error: type[InvalidInput], message: str) -> None:
    async def main() -> None:
        adapter = InMemoryAdapter()
        with pytest.raises(error, match=message):
            await adapter.lock(**{"name": "a", "ttl": 10, **arguments})
        with pytest.raises(WrongType, match=r"lock must be the Lock that lock\(\) gave, got 'a'"):
            await adapter.unlock("a")
        with pytest.raises(WrongType, match="lock must be"):
            await adapter.renew(None, ttl=10)
        assert await adapter.residue() == 0

    asyncio.run(main())


NAMES = st.sampled_from(["a", "b", "a:b"])
SPANS = st.sampled_from([0.5, 1.0, 10.0])


class LockModel(RuleBasedStateMachine):
    """Who holds what until when, in a dictionary."""

    @initialize()
    def make(self) -> None:
        self.clock = Clock()
        self.adapter = InMemoryAdapter(clock=self.clock)
        self.held: dict[str, tuple[Lock, float]] = {}
        self.known: list[Lock] = []

    def alive(self) -> dict[str, tuple[Lock, float]]:
        self.held = {name: held for name, held in self.held.items() if held[1] > self.clock()}
        return self.held

    @rule(name=NAMES, ttl=SPANS)
    def lock(self, name: str, ttl: float) -> None:
        if name in self.alive():
            with pytest.raises(LockUnavailable):
                asyncio.run(self.adapter.lock(name, ttl=ttl))
        else:
            lock = asyncio.run(self.adapter.lock(name, ttl=ttl))
            assert lock.fence > max((known.fence for known in self.known if known.name == name), default=0)
            assert lock.token not in {known.token for known in self.known}
            self.held[name] = lock, self.clock() + ttl
            self.known.append(lock)

    @rule(data=st.data(), ttl=SPANS)
    def renew(self, data: st.DataObject, ttl: float) -> None:
        if self.known:
            lock = data.draw(st.sampled_from(self.known))
            if self.alive().get(lock.name, (None,))[0] == lock:
                asyncio.run(self.adapter.renew(lock, ttl=ttl))
                self.held[lock.name] = lock, self.clock() + ttl
            else:
                with pytest.raises(LockUnavailable):
                    asyncio.run(self.adapter.renew(lock, ttl=ttl))

    @rule(data=st.data())
    def unlock(self, data: st.DataObject) -> None:
        if self.known:
            lock = data.draw(st.sampled_from(self.known))
            is_held = self.alive().get(lock.name, (None,))[0] == lock
            assert asyncio.run(self.adapter.unlock(lock)) is is_held
            if is_held:
                del self.held[lock.name]

    @rule(seconds=st.sampled_from([0.25, 0.5, 1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.clock.turn(seconds)

    @invariant()
    def what_is_free_takes_no_place(self) -> None:
        if hasattr(self, "adapter"):
            assert bool(asyncio.run(self.adapter.residue())) is bool(self.alive())


TestLocksAgainstAModel = LockModel.TestCase
