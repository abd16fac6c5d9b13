"""Rate limits in Redis: among processes, at the edges of their numbers, and what they leave on the server."""

from __future__ import annotations

import asyncio
import math
import time

import pytest
from redis_data import awaited, opened
from redis_peer import together
from redis_servers.cluster import ClusterSetup

THOUSAND_YEARS = 1000 * 365.0 * 86_400


def test_of_300_callers_in_four_processes_100_pass(shared):
    assert sum(together(shared.url, "allow", [[75, 100]] * 4)) == 100


def test_and_so_in_a_cluster():
    with ClusterSetup(replicas=0) as cluster:
        assert sum(together(cluster.url, "allow", [[75, 100]] * 4)) == 100


def test_weights_count(shared):
    async def main():
        async with opened(shared) as adapter:
            answers = await asyncio.gather(*(adapter.allow("a", limit=100, per=60, weight=7) for _ in range(20)))
            assert [answer.allowed for answer in answers].count(True) == 14
            last = await adapter.allow("a", limit=100, per=60, weight=3)
            assert (last.allowed, last.remaining) == (False, 2)
            assert (await adapter.allow("a", limit=100, per=60, weight=2)).remaining == 0
            assert await adapter.used("a", per=60) == 100
            assert (await adapter.allow("a", limit=100, per=60, weight=101)).retry_after == math.inf

    asyncio.run(main())


def test_sums_that_begin_anew_at_2_to_the_52nd_stay_right(shared):
    half, per = 2**49, 0.2

    async def main():
        async with opened(shared) as adapter:
            loop = asyncio.get_running_loop()
            allowed = []
            while len(allowed) < 40:  # the sum of eight is 2^52
                begun = loop.time()
                answer = await adapter.allow("a", limit=2 * half, per=per, weight=half)
                if answer.allowed:
                    allowed.append((begun, loop.time()))
                    assert answer.remaining in {0, half}
                    assert await adapter.used("a", per=per) in {0, half, 2 * half}
                    await asyncio.sleep(per / 3)  # so that they overlap, each time by another part
                else:
                    assert answer.remaining == 0
                    assert 0 < answer.retry_after <= per
                    await asyncio.sleep(answer.retry_after)
            for (begun, _), (_, answered) in zip(allowed, allowed[2:], strict=False):
                assert answered - begun >= per  # never three in one window, wherever it begins
            assert (await adapter.allow("a", limit=2 * half, per=per, weight=half)).remaining in {0, half}

    asyncio.run(main())


def test_a_window_that_is_not_exact_has_few_parts_however_many_there_were(shared, raw):
    async def main():
        async with opened(shared) as adapter:
            loop = asyncio.get_running_loop()
            begun, most, count = loop.time(), 0, 0
            while loop.time() < begun + 1.5 or count < 3000:
                calls = [adapter.allow("a", limit=1_000_000, per=1, exact=False) for _ in range(50)]
                count += sum(answer.allowed for answer in await asyncio.gather(*calls))
                (key,) = raw.keys("{axon}!w*")
                most = max(most, raw.llen(key))
            assert 16 < most <= 34
            used = await adapter.used("a", per=1)
            assert 0 < used < count

    asyncio.run(main())


@pytest.mark.parametrize("exact", [True, False])
def test_the_shortest_window_and_the_longest(shared, raw, exact):
    async def main():
        async with opened(shared) as adapter:
            for _ in range(50):
                answer = await adapter.allow("short", limit=1, per=0.000001, exact=exact)
                assert (answer.allowed, answer.remaining) == (True, 0)
            assert (await adapter.allow("long", limit=2, per=THOUSAND_YEARS, exact=exact)).remaining == 1
            assert (await adapter.allow("long", limit=2, per=THOUSAND_YEARS, exact=exact)).remaining == 0
            refused = await adapter.allow("long", limit=2, per=THOUSAND_YEARS, exact=exact)
            most = THOUSAND_YEARS * (1 if exact else 33 / 32)
            assert not refused.allowed
            assert most * 0.96 < refused.retry_after <= most + 1
            (window,) = [window for window in await adapter.windows() if window.name == "long"]
            assert (window.per, window.used) == (THOUSAND_YEARS, 2)
            (key,) = raw.keys("{axon}!w*long")
            assert refused.retry_after * 1000 - 60_000 < raw.pttl(key) <= most * 1000 + 1000

    asyncio.run(main())


@pytest.mark.parametrize("exact", [True, False])
def test_nothing_is_left_of_a_window_when_it_is_over(shared, raw, exact):
    async def main():
        async with opened(shared) as adapter:
            for number in range(30):
                await adapter.allow(f"{number}", limit=1, per=0.3, exact=exact)
                await adapter.allow(f"{number}", limit=1, per=0.3, exact=exact)  # a refusal does not prolong it
            keys = raw.keys("{axon}!w*")
            assert len(keys) == 30
            assert all(raw.pttl(key) <= 300 * 33 / 32 + 1 for key in keys)
            await awaited(lambda: not raw.keys("{axon}!*"), "the end of the windows")

    asyncio.run(main())


def test_the_clock_of_the_server_counts(shared, monkeypatch):
    async def main():
        async with opened(shared, local_clock=lambda: 1.0) as late, opened(shared) as early:
            assert (await late.allow("a", limit=2, per=60)).allowed
            monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
            assert (await early.allow("a", limit=2, per=60)).remaining == 0
            refused = await late.allow("a", limit=2, per=60)
            assert not refused.allowed
            assert refused.retry_after <= 60
            assert await early.used("a", per=60) == 2

    asyncio.run(main())
