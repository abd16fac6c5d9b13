"""Locks, limits and once under constant load while a server dies and a replica takes over.

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

from axon.core.errors import LockUnavailable, StoreError, StoreUnavailable
from axon_redis.cluster import slot_of

NAMES = ("a", "b", "c")
TTL = 4.0
LIMIT, PER = 60, 1.0


class Load:
    """Tasks that use each verb all the time through several adapters, as several processes would, and what they saw."""

    def __init__(self, adapters):
        self.adapters = adapters
        self.inside = dict.fromkeys(NAMES, 0)
        self.most_inside = 0
        self.fences = {name: [] for name in NAMES}
        self.allowed = []
        """When those that were allowed were asked for, and when that was known."""
        self.firsts = {}
        """How many were told that they are the first, by key."""
        self.counted = 0
        self.wrong = []
        self.done = {"lock": 0, "limit": 0, "once": 0, "count": 0}
        self._stop = False
        self._now = asyncio.get_running_loop().time

    @asynccontextmanager
    async def going_on(self):
        """All tasks work until this is left."""
        work = [self._lock(adapter, name) for adapter in self.adapters for name in NAMES]
        for adapter in self.adapters:
            work += [self._limit(adapter), self._limit(adapter), self._once(adapter), self._count(adapter)]
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
        except (StoreUnavailable, LockUnavailable):
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
            self.fences[name].append(lock.fence)
            self.inside[name] += 1
            self.most_inside = max(self.most_inside, self.inside[name])
            await asyncio.sleep(0.003)
            self.inside[name] -= 1
            await self._answer("lock", adapter.unlock(lock))
            await asyncio.sleep(0)

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
