"""The verbs by which processes agree, under constant load while a server dies and a replica takes over.

Replication is asynchronous: what was acknowledged last may be lost. Locks wait for it, so of them nothing is.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from redis_data import opened_at
from redis_servers.cluster import ClusterSetup
from redis_servers.sentinel import SentinelSetup

from axon import MemoryConfig, MemorySystem
from axon.core.errors import LockLost, LockUnavailable, StoreError, StoreUnavailable
from axon.core.policies import EphemeralPolicy
from axon_redis.cluster import slot_of

NAMES = ("a", "b", "c")
TTL = 4.0
LIMIT, PER = 60, 1.0


def memory_of(adapter):
    config = MemoryConfig(ephemeral=EphemeralPolicy(), session=None, persistent=None)
    return MemorySystem(config, adapters={"ephemeral": adapter})


class Load:
    """Tasks that use each verb all the time through several adapters, as several processes would, and what they saw.

    Those of an adapter, and those that a memory makes of them.
    """

    def __init__(self, adapters):
        self.adapters = adapters
        self.memories = [memory_of(adapter) for adapter in adapters]
        self.inside = dict.fromkeys((*NAMES, "memory"), 0)
        self.most_inside = 0
        self.fences = {name: [] for name in self.inside}
        self.allowed = []
        """When those that were allowed were asked for, and when that was known."""
        self.firsts = {}
        """How many were told that they are the first, by key."""
        self.counted = 0
        self._computations = itertools.count()
        self.results = {}
        """What each who asked was told, by key."""
        self.wrong = []
        self.done = dict.fromkeys(("lock", "limit", "once", "count", "memory.lock", "result", "cached", "flag"), 0)
        self._stop = False
        self._now = asyncio.get_running_loop().time

    @asynccontextmanager
    async def going_on(self):
        """All tasks work until this is left."""
        work = [self._lock(adapter, name) for adapter in self.adapters for name in NAMES]
        for adapter in self.adapters:
            work += [self._limit(adapter), self._limit(adapter), self._once(adapter), self._count(adapter)]
        for memory in self.memories:
            work += [self._memory_lock(memory), self._result(memory), self._cached(memory), self._flag(memory)]
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            yield
        finally:
            self._stop = True
            await asyncio.gather(*tasks)

    async def progress(self, count=100):
        """Wait until each verb was done so many times more."""
        before = dict(self.done)
        async with asyncio.timeout(60):
            while any(self.done[verb] < before[verb] + count for verb in before):  # noqa: ASYNC110 - what tasks count
                await asyncio.sleep(0.005)

    async def _answer(self, verb, call):
        """What comes of ``call``, or ``None`` where that is no answer; other errors than these are wrong."""
        try:
            answer = await call
        except (StoreUnavailable, LockUnavailable, LockLost):
            return None
        except Exception as error:
            self.wrong.append(f"{verb}: {type(error).__name__}: {error}")
            return None
        self.done[verb] += 1
        return answer

    async def _lock(self, adapter, name):
        while not self._stop:
            asked = self._now()
            lock = await self._answer("lock", adapter.lock(name, ttl=TTL, wait=20))
            # Held for certain for the TTL from when it was asked for; how long one waited for it nobody knows exactly.
            if lock is None or (self._now() - asked > TTL / 2 and not await self._renewed(adapter, lock)):
                continue
            await self._be_inside(name, lock.fence)
            await self._answer("lock", adapter.unlock(lock))
            await asyncio.sleep(0)

    async def _be_inside(self, name, fence):
        self.fences[name].append(fence)
        self.inside[name] += 1
        self.most_inside = max(self.most_inside, self.inside[name])
        try:
            await asyncio.sleep(0.003)
        finally:
            self.inside[name] -= 1

    async def _renewed(self, adapter, lock):
        asked = self._now()
        try:
            await adapter.renew(lock, ttl=TTL)
        except StoreError:
            await self._answer("lock", adapter.unlock(lock))
            return False
        return self._now() - asked <= TTL / 2

    async def _limit(self, adapter):
        while not self._stop:
            asked = self._now()
            answer = await self._answer("limit", adapter.allow("limit", limit=LIMIT, per=PER))
            if answer is not None and answer.allowed:
                self.allowed.append((asked, self._now()))
            await asyncio.sleep(0.002)

    async def _once(self, adapter):
        for number in itertools.count():
            if self._stop:
                return
            if await self._answer("once", adapter.swap(f"{number}", None, b"1", ttl=600)):
                self.firsts[number] = self.firsts.get(number, 0) + 1
            await asyncio.sleep(0.002)

    async def _count(self, adapter):
        while not self._stop:
            if await self._answer("count", adapter.increment("counter")) is not None:
                self.counted += 1
            await asyncio.sleep(0.002)

    async def _memory_lock(self, memory):
        async def under_lock():
            async with memory.lock("memory", ttl=TTL, wait=20) as lock:
                await self._be_inside("memory", lock.fence)

        while not self._stop:
            await self._answer("memory.lock", under_lock())
            await asyncio.sleep(0)

    async def _result(self, memory):
        for number in itertools.count():
            if self._stop:
                return
            told = await self._answer("result", memory.once_result(f"{number}", self._computed, ttl=600, lease=TTL))
            if told is not None:
                self.results.setdefault(number, set()).add(told)

    async def _computed(self):
        await asyncio.sleep(0.001)
        return next(self._computations)

    async def _cached(self, memory):
        @memory.cached(ttl=600, lease=TTL, name="square")
        async def square(number):
            await asyncio.sleep(0.001)
            return number * number

        for number in itertools.count():
            if self._stop:
                return
            found = await self._answer("cached", square(number))
            if found not in {None, number * number}:
                self.wrong.append(f"cached: {number} squared is not {found}")

    async def _flag(self, memory):
        flag = memory.flag("flag")
        while not self._stop:
            await self._answer("flag", flag.set("on", ttl=600))
            value = await self._answer("flag", flag.read())
            if value not in {None, False, "on"}:
                self.wrong.append(f"flag: {value}")
            await asyncio.sleep(0.002)

    def most_allowed(self):
        """How many were allowed within ``PER`` seconds at the most, of those that certainly were."""
        return max(
            sum(begun <= asked and known <= begun + PER for asked, known in self.allowed) for begun, _ in self.allowed
        )


async def failing_over(url, fail_over, record_property):
    async with AsyncExitStack() as stack:
        adapters = [await stack.enter_async_context(opened_at(url, socket_timeout=0.5)) for _ in range(4)]
        load = Load(adapters)
        async with load.going_on():
            await load.progress()
            assert (load.most_allowed() <= LIMIT, max(load.firsts.values())) == (True, 1)
            assert max(map(len, load.results.values())) == 1
            await asyncio.to_thread(fail_over)
            await load.progress()
        assert load.wrong == []
        assert load.most_inside == 1
        for fences in load.fences.values():
            assert fences == sorted(set(fences))
            assert len(fences) > 10
        figures = {
            "allowed in a window beyond the limit": load.most_allowed() - LIMIT,
            "keys with two who were first": sum(count > 1 for count in load.firsts.values()),
            "keys with two results": sum(len(results) > 1 for results in load.results.values()),
            "increments that were lost": load.counted - await adapters[0].counter("counter"),
        }
        for name, figure in figures.items():
            record_property(name, figure)
            print(f"{name}: {figure}")  # noqa: T201
        # What may be lost is what was under way or not yet replicated when the server died: at the worst the new
        # server knows nothing of a window and allows it once more. Of the rest each task has one call under way, and
        # some tens of milliseconds of acknowledged ones are generous for a replica on the same machine.
        assert figures["allowed in a window beyond the limit"] <= LIMIT
        assert figures["keys with two who were first"] <= 20
        assert figures["keys with two results"] <= 20
        assert figures["increments that were lost"] <= 40


@pytest.mark.parametrize("planned", [False, True], ids=["killed", "planned"])
def test_through_sentinels(record_property, planned):
    with SentinelSetup() as sentinel:

        def plan():
            old = sentinel.master
            for it in sentinel.sentinels:  # some of which have been there for a moment only
                it.call("SENTINEL", "SET", sentinel.service, "failover-timeout", 5000)
            sentinel.sentinels[0].call("SENTINEL", "FAILOVER", sentinel.service)
            sentinel.wait_for_new_master(old)

        asyncio.run(failing_over(sentinel.url, plan if planned else sentinel.fail_over, record_property))


def test_in_a_cluster_that_loses_the_node(record_property):
    with ClusterSetup() as cluster:
        slot = slot_of(b"{axon}")

        def lose():
            node = cluster.master_of(slot)
            node.kill()
            cluster.wait_for_new_master(slot, node)

        asyncio.run(failing_over(cluster.url, lose, record_property))
