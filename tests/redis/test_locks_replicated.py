"""Locks on a server with replicas: each counts once a replica has it, so that it outlives the server."""

from __future__ import annotations

import asyncio
import time

import pytest
import redis
from redis_cut import way_to
from redis_data import awaited, opened, opened_at
from redis_servers.address import HOST, free_port
from redis_servers.sentinel import SentinelSetup

from axon.core.errors import LockUnavailable, StoreUnavailable
from axon_redis.adapter import RedisAdapter

UNCERTAIN = "no replica of .* answers"
KEY = "{axon}!lone"


def test_a_lock_that_was_given_is_on_a_replica(replicated):
    (replica,) = replicated.replicas

    async def main():
        async with opened(replicated.master) as adapter:
            for number in range(50):
                lock = await adapter.lock(f"{number}", ttl=60)
                assert replica.call("EXISTS", f"{{axon}}!l{number}") == 1
                await adapter.renew(lock, ttl=6000)
                assert replica.call("PTTL", f"{{axon}}!l{number}") > 60_000

    asyncio.run(main())


@pytest.mark.parametrize("settings", [{}, {"socket_timeout": 0.1}, {"multiplex": False, "max_connections": 2}])
def test_while_no_replica_answers_no_lock_is_given(replicated, settings):
    (replica,) = replicated.replicas

    async def main():
        async with opened(replicated.master, **settings) as adapter, opened(replicated.master) as other:
            held = await adapter.lock("held", ttl=60)
            replica.freeze()
            for _ in range(2):
                with pytest.raises(LockUnavailable, match=UNCERTAIN):
                    await adapter.lock("one", ttl=60)
            with pytest.raises(StoreUnavailable, match=UNCERTAIN) as caught:
                await adapter.renew(held, ttl=60)
            assert caught.value.sent
            # What was taken meanwhile is given back, and all else goes on.
            await awaited_names(other, ["held"])
            assert await adapter.swap("a", None, b"1", ttl=60)
            waiting = asyncio.ensure_future(adapter.lock("one", ttl=60, wait=20))
            with pytest.raises(LockUnavailable, match=UNCERTAIN):
                await adapter.lock("two", ttl=60)
            replica.thaw()
            lock = await waiting
            assert replica.call("EXISTS", KEY) == 1
            await adapter.renew(held, ttl=60)
            assert await adapter.unlock(lock) is True
            assert await adapter.unlock(held) is True

    asyncio.run(main())


async def awaited_names(adapter, names):
    """Wait until just these locks are held."""
    async with asyncio.timeout(20):
        while [lock.name for lock in await adapter.locks()] != names:  # noqa: ASYNC110 - what a server knows
            await asyncio.sleep(0.001)


def test_a_call_that_is_cancelled_while_it_waits_for_a_replica_leaves_no_lock(replicated):
    (replica,) = replicated.replicas

    async def main():
        async with opened(replicated.master) as other, opened(replicated.master) as adapter:
            await adapter.unlock(await adapter.lock("one", ttl=3600))
            replica.freeze()
            task = asyncio.ensure_future(adapter.lock("one", ttl=3600))
            await awaited_names(other, ["one"])
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await awaited_names(other, [])

    asyncio.run(main())


def test_who_holds_a_lock_may_renew_it_though_the_replicas_are_gone(replicated):
    """As after a failover that leaves one server. Nobody takes a lock meanwhile, from which one would learn it."""
    (replica,) = replicated.replicas

    async def main():
        async with opened(replicated.master) as adapter:
            lock = await adapter.lock("one", ttl=60)
            replica.kill()
            await asyncio.to_thread(awaited_offline, replicated)
            await adapter.renew(lock, ttl=60)
            await adapter.renew(lock, ttl=60)
            assert "cmdstat_wait:calls=2," in replicated.master.call("INFO", "commandstats")  # and no third

    asyncio.run(main())


def awaited_offline(setup):
    asyncio.run(awaited(lambda: setup.online == 0, "the master's notice of it"))


def test_a_wait_that_was_cut_off_is_repeated_with_what_it_waits_for(replicated):
    """On a new connection alone it would be about nothing, and say that a replica has that."""
    (replica,) = replicated.replicas

    async def main():
        async with way_to(replicated.master) as way, opened(replicated.master) as other:
            adapter = RedisAdapter(HOST, way.port)
            await adapter.unlock(await adapter.lock("one", ttl=60))
            replica.freeze()
            way.cut(b"WAIT", loses="nothing")  # the script has answered, and the wait has not
            with pytest.raises(LockUnavailable, match=UNCERTAIN):
                await adapter.lock("one", ttl=60)
            assert way.cuts == 1
            await awaited_names(other, [])
            await adapter.close()

    asyncio.run(main())


def test_a_script_that_the_server_forgot_runs_before_the_wait_for_it(replicated):
    (replica,) = replicated.replicas

    async def main():
        async with opened(replicated.master) as adapter:
            await adapter.unlock(await adapter.lock("one", ttl=60))
            replica.freeze()
            replicated.master.call("SCRIPT", "FLUSH")
            with pytest.raises(LockUnavailable, match=UNCERTAIN):
                await adapter.lock("one", ttl=60)

    asyncio.run(main())


def test_a_master_that_becomes_a_replica_while_a_lock_is_taken(replicated):
    (replica,) = replicated.replicas

    async def main():
        async with opened(replicated.master, deadline=0.5) as adapter:
            await adapter.unlock(await adapter.lock("one", ttl=60))
            replica.freeze()
            task = asyncio.ensure_future(adapter.lock("one", ttl=60))
            async with asyncio.timeout(20):
                while (await asyncio.to_thread(replicated.master.info, "clients"))["blocked_clients"] == "0":
                    pass
            await asyncio.to_thread(replicated.master.call, "REPLICAOF", HOST, free_port())
            with pytest.raises(StoreUnavailable, match="is a replica and takes no writes"):
                await task

    asyncio.run(main())


def test_the_promoted_replica_still_has_the_lock():
    ttl = 8.0
    with SentinelSetup() as sentinel:

        async def main():
            async with opened_at(sentinel.url) as holder, opened_at(sentinel.url) as adapter:
                begun = time.monotonic()
                lock = await holder.lock("one", ttl=ttl)
                next_one = asyncio.ensure_future(adapter.lock("one", ttl=60, wait=60))
                await asyncio.to_thread(sentinel.fail_over)
                with redis.Redis(HOST, sentinel.master.port) as raw:
                    if time.monotonic() - begun < ttl - 1:
                        assert raw.get(KEY).decode().startswith(lock.token)
                given = await next_one
                assert given.fence > lock.fence
                assert time.monotonic() - begun >= ttl  # from before it was asked for: never too early

        asyncio.run(main())
