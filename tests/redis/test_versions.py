"""Every server of this machine: the data is the same on each. ``AXON_TEST_REDIS=NAME`` runs all other tests on one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import redis
from adapter_clock import START, Clock
from adapter_model import AdapterModel
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from redis_data import audit, entry, found, ids, opened, stored
from redis_servers.address import HOST
from redis_servers.binaries import available_binaries, default_binary
from redis_servers.server import Server
from redis_time import pass_time

from axon import Filter
from axon_redis.adapter import RedisAdapter

OTHERS = [name for name, path in available_binaries().items() if path != default_binary()]


@pytest.fixture(scope="module", params=OTHERS)
def other(request):
    with Server(request.param) as server, redis.Redis(HOST, server.port) as raw:
        yield server, raw


def test_answers_are_those_of_the_model(other):
    server, raw = other

    class Machine(AdapterModel):
        second = 1000.0

        def build(self, clock, *, refresh_on_read):
            raw.flushall()
            return RedisAdapter(HOST, server.port, local_clock=clock, refresh_on_read=refresh_on_read)

        def passed(self, seconds):
            pass_time(raw, seconds)

    run_state_machine_as_test(Machine, settings=settings(max_examples=30, stateful_step_count=30, deadline=None))


@pytest.mark.parametrize("eviction", ["oldest", "lru", "importance", "ttl"])
def test_what_is_evicted_is_gone_from_every_index(other, eviction):
    server, raw = other
    entries = [entry(f"e{number}", tags=["t"], importance=number % 10 / 10) for number in range(300)]

    async def main():
        raw.flushall()
        async with opened(server, max_entries=10, eviction=eviction) as adapter:
            await asyncio.gather(*map(adapter.save, entries))
            assert len(await audit(adapter, entries)) == len(stored(raw)) == 10
            await adapter.clear()
            assert raw.keys("*") == []

    asyncio.run(main())


def test_what_expires_is_gone_and_an_index_that_was_lost_is_made_anew(other):
    server, raw = other

    async def main():
        raw.flushall()
        clock = Clock()
        async with opened(server, refresh_on_read=True, local_clock=clock) as adapter:
            ends = [START + timedelta(seconds=1000 * (1 + number % 2)) for number in range(200)]
            await adapter.save_many([entry(f"e{number}", expires_at=end) for number, end in enumerate(ends)])
            raw.delete(b"{axon}:w")
            assert await found(adapter, text="e7") == ["e7"]
            clock.turn(900)
            pass_time(raw, 900)
            assert await adapter.get("e0") is not None  # lives for its 1000 seconds again
            clock.turn(200)
            pass_time(raw, 200)
            assert await ids(adapter) == {"e0", *(f"e{number}" for number in range(1, 200, 2))}
            assert await adapter.count(Filter()) == 101

    asyncio.run(main())
