"""The way to the master of a service, while masters come and go."""

import asyncio

import pytest
from redis_servers.address import HOST, free_port
from redis_servers.sentinel import SentinelSetup

from axon.core.errors import ConfigError, StoreAuthError, StoreUnavailable
from axon_redis.commands import Script
from axon_redis.endpoint import Endpoint
from axon_redis.link import open_link

KEY = b"key"
SECRET = "s3cr3t-of-the-servers"
SENTINELS_SECRET = "s3cr3t-of-the-sentinels"
SET_SCRIPT = Script("set", "return redis.call('SET', KEYS[1], ARGV[1])")


def run_with(endpoint, use, *, multiplex=True):
    async def main():
        link = open_link(endpoint, multiplex=multiplex)
        try:
            return await use(link)
        finally:
            await link.close()

    return asyncio.run(main())


async def until(condition):
    while not condition():  # noqa: ASYNC110 - what other tasks count
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
def test_a_failover_under_load_fails_no_call_that_may_be_repeated(sentinel, multiplex):
    async def use(link):
        loop = asyncio.get_running_loop()
        acknowledged, gap, last, stop = {}, 0.0, loop.time(), False

        async def work(number):
            nonlocal gap, last
            count = 0
            while not stop:
                count += 1
                key = b"%d:%d" % (number, count)
                if count % 2:
                    await link.call(key, ("SET", key, count))
                else:
                    await link.run(SET_SCRIPT, key, [count])
                acknowledged[key] = b"%d" % count
                gap, last = max(gap, loop.time() - last), loop.time()
                if not multiplex:
                    await asyncio.sleep(0)

        workers = [asyncio.ensure_future(work(number)) for number in range(16)]
        await until(lambda: len(acknowledged) >= 1000)
        new = await asyncio.to_thread(sentinel.fail_over)
        before = len(acknowledged)
        await until(lambda: len(acknowledged) >= before + 1000)
        stop = True
        await asyncio.gather(*workers)
        print(f"longest gap {gap:.2f} s, {len(acknowledged)} calls")  # noqa: T201
        assert link.where(KEY) == new.where
        (node,) = await link.primaries()
        assert node.where == new.where
        return len(acknowledged)

    endpoint = Endpoint.of(sentinel.url, socket_timeout=0.5)
    assert run_with(endpoint, use, multiplex=multiplex) > 2000


def test_a_master_that_is_demoted_while_the_connection_stays_is_noticed(sentinel):
    old, new = sentinel.master, sentinel.replicas[0]

    def exchange():
        for it in sentinel.sentinels:
            it.call("SENTINEL", "REMOVE", sentinel.service)
        new.call("REPLICAOF", "NO", "ONE")
        old.call("REPLICAOF", HOST, new.port)
        for it in sentinel.sentinels:
            it.call("SENTINEL", "MONITOR", sentinel.service, HOST, new.port, 2)

    async def use(link):
        await link.call(KEY, ("SET", KEY, 1))
        (node,) = await link.primaries()
        carrier = node.carrier
        await asyncio.to_thread(exchange)
        assert carrier.failure is None
        assert await link.call(KEY, ("SET", KEY, 2), repeatable=False) == b"OK"
        assert link.where(KEY) == new.where

    run_with(Endpoint.of(sentinel.url), use)


def test_a_server_that_is_no_master_is_not_used(sentinel):
    """Sentinels that name a replica, as they do for a while: REPLICAOF behind their back."""
    master, replica = sentinel.master, sentinel.replicas[0]

    async def use(link):
        for it in sentinel.sentinels:
            it.freeze()  # so that they do not undo it
        await asyncio.to_thread(master.call, "REPLICAOF", HOST, replica.port)
        for it in sentinel.sentinels:
            it.thaw()
        with pytest.raises(StoreUnavailable, match="is a replica") as caught:
            await link.call(KEY, ("GET", KEY))
        assert not caught.value.sent

    run_with(Endpoint.of(sentinel.url, deadline=0.2), use)


def test_a_frozen_master_is_left_when_the_sentinels_name_another(sentinel):
    async def use(link):
        await link.call(KEY, ("SET", KEY, 1))
        sentinel.master.freeze()
        return await link.call(KEY, ("SET", KEY, 2))

    assert run_with(Endpoint.of(sentinel.url, socket_timeout=0.3), use) == b"OK"


def test_sentinels_and_servers_have_passwords_of_their_own_and_one_of_them_may_be_dead():
    with SentinelSetup(password=SECRET, sentinel_password=SENTINELS_SECRET) as setup:
        setup.sentinels[0].kill()

        async def use(link):
            client = await link.client()
            await client.set(KEY, "v")
            return await link.call(KEY, ("GET", KEY))

        endpoint = Endpoint.of(setup.url, sentinel_password=SENTINELS_SECRET)
        assert SECRET not in repr(endpoint)
        assert run_with(endpoint, use) == b"v"
        assert run_with(endpoint, use, multiplex=False) == b"v"

        async def use_in_vain(link):
            with pytest.raises(StoreAuthError) as caught:
                await link.call(KEY, ("GET", KEY))
            return str(caught.value)

        message = run_with(Endpoint.of(setup.url), use_in_vain)
        assert any(it.where in message for it in setup.sentinels[1:])
        message = run_with(Endpoint.of(setup.url, sentinel_password=SECRET), use_in_vain)
        assert any(it.where in message for it in setup.sentinels[1:])
        assert SECRET not in message
        message = run_with(Endpoint.of(setup.url, password="wrong", sentinel_password=SENTINELS_SECRET), use_in_vain)
        assert setup.servers[0].where in message


def test_a_service_that_they_do_not_know(sentinel):
    async def use(link):
        with pytest.raises(ConfigError, match="know no master 'other'"):
            await link.call(KEY, ("GET", KEY))
        with pytest.raises(ConfigError):
            await link.primaries()

    run_with(Endpoint.of(sentinel.url.replace("mymaster", "other")), use)


def test_no_sentinel_that_answers():
    port = free_port()

    async def use(link):
        with pytest.raises(StoreUnavailable, match=f"{HOST}:{port}") as caught:
            await link.call(KEY, ("GET", KEY))
        assert not caught.value.sent

    run_with(Endpoint.of(f"redis+sentinel://{HOST}:{port}/mymaster", deadline=0.2), use)
