"""The way to the nodes of a cluster, while slots move and nodes die."""

import asyncio

import pytest
from redis.crc import key_slot
from redis_servers.address import HOST, free_port
from redis_servers.cluster import ClusterSetup
from redis_servers.server import Server

from axon.core.errors import ConfigError, StoreError, StoreUnavailable
from axon_redis.cluster import slot_of
from axon_redis.commands import Script
from axon_redis.endpoint import Endpoint
from axon_redis.link import open_link

GET_SCRIPT = Script("get", "return redis.call('GET', KEYS[1])")
SET_SCRIPT = Script("set", "return redis.call('SET', KEYS[1], ARGV[1])")
KEYS = [b"k%d" % number for number in range(300)]

either = pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])


def run_with(endpoint, use, *, multiplex=True):
    async def main():
        link = open_link(endpoint, multiplex=multiplex)
        try:
            return await use(link)
        finally:
            await link.close()

    return asyncio.run(main())


@pytest.mark.parametrize("key", [b"", b"a", b"{a}b", b"{}a", b"a{b}{c}", b"a{b", b"}{a}", b"{{a}}", "é".encode()])
def test_slots_are_those_of_redis_py(key):
    assert slot_of(key) == key_slot(key)


@either
def test_every_key_goes_to_its_node(cluster, multiplex):
    async def use(link):
        assert await asyncio.gather(*(link.call(key, ("SET", key, key)) for key in KEYS)) == [b"OK"] * len(KEYS)
        assert await asyncio.gather(*(link.run(GET_SCRIPT, key) for key in KEYS)) == KEYS
        assert await link.calls(b"{t}", [("SET", "{t}1", 1), GET_SCRIPT.command(b"{t}1")]) == [b"OK", b"1"]
        nodes = await link.primaries()
        assert sorted(node.where for node in nodes) == sorted(master.where for master in cluster.masters)
        assert {link.where(key) for key in KEYS} == {node.where for node in nodes}
        assert {await node.call("PING") for node in nodes} == {b"PONG"}
        with pytest.raises(StoreError):
            await link.call(b"a", ("MGET", b"a", b"b", b"c"))
        client = await link.client()
        assert await client.get(KEYS[0]) == KEYS[0]

    run_with(Endpoint.of(cluster.url), use, multiplex=multiplex)


def test_one_seed_that_lives_is_enough(cluster):
    async def use(link):
        return await link.call(b"a", ("ECHO", "a"))

    url = f"redis+cluster://{HOST}:{free_port()},{cluster.nodes[-1].where}"
    assert run_with(Endpoint.of(url), use) == b"a"


def test_no_seed_that_lives():
    async def use(link):
        with pytest.raises(StoreUnavailable, match=HOST) as caught:
            await link.call(b"a", ("GET", b"a"))
        assert not caught.value.sent

    run_with(Endpoint.of(f"redis+cluster://{HOST}:{free_port()}", deadline=0.2), use)


def test_a_server_that_is_no_cluster():
    async def use(link):
        with pytest.raises(ConfigError, match="redis://"):
            await link.call(b"a", ("GET", b"a"))

    with Server() as server:
        run_with(Endpoint.of(f"redis+cluster://{server.where}"), use)


@either
def test_a_plain_link_to_a_node_says_how_to_reach_the_cluster(cluster, multiplex):
    async def use(link):
        with pytest.raises(ConfigError, match=r"redis\+cluster://"):
            await asyncio.gather(*(link.call(key, ("GET", key)) for key in KEYS))

    run_with(Endpoint.of(host=HOST, port=cluster.nodes[0].port, environ={}), use, multiplex=multiplex)


def test_slots_that_were_moved_are_found_again(cluster):
    key = b"{moved}k"
    slot = slot_of(key)

    async def use(link):
        await link.call(key, ("SET", key, "v"))
        for _ in range(2):
            target = next(it for it in cluster.masters if it is not cluster.master_of(slot))
            await asyncio.to_thread(migrate, cluster, slot, target)
            assert await link.call(key, ("GET", key), repeatable=False) == b"v"
            assert link.where(key) == target.where

    run_with(Endpoint.of(cluster.url), use)


def migrate(cluster, slot, target, between=lambda: None):
    """Move the slot as redis-cli --cluster reshard does; ``between`` is called after each key."""
    source = cluster.master_of(slot)
    target.call("CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.id_of(source))
    source.call("CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.id_of(target))
    while keys := source.call("CLUSTER", "GETKEYSINSLOT", slot, 3):
        for key in keys:
            source.call("MIGRATE", HOST, target.port, key, 0, 5000)
            between()
    for node in (target, source, *cluster.masters):
        node.call("CLUSTER", "SETSLOT", slot, "NODE", cluster.id_of(target))


@either
def test_resharding_under_load_loses_and_repeats_nothing(cluster, multiplex):
    keys = [b"{live}%d" % number for number in range(200)]
    slot = slot_of(keys[0])

    async def use(link):
        counts, stop = dict.fromkeys(keys, 0), False

        async def work(start):
            while not stop:
                for key in keys[start::8]:
                    counts[key] += 1
                    assert await link.call(key, ("INCR", key), repeatable=False) == counts[key]
                    assert await link.run(GET_SCRIPT, key) == b"%d" % counts[key]
                    assert await link.calls(key, [("GET", key), GET_SCRIPT.command(key)]) == [b"%d" % counts[key]] * 2

        await asyncio.gather(*(link.call(key, ("SET", key, 0)) for key in keys))
        workers = [asyncio.ensure_future(work(start)) for start in range(8)]
        loop = asyncio.get_running_loop()

        def wait_for_work():
            asyncio.run_coroutine_threadsafe(asyncio.sleep(0.002), loop).result()

        target = next(it for it in cluster.masters if it is not cluster.master_of(slot))
        await asyncio.to_thread(migrate, cluster, slot, target, wait_for_work)
        stop = True
        await asyncio.gather(*workers)
        assert [await link.call(key, ("GET", key)) for key in keys] == [b"%d" % counts[key] for key in keys]
        assert link.where(keys[0]) == target.where
        assert all(await asyncio.gather(*(link.run(SET_SCRIPT, key, [1]) for key in keys)))

    run_with(Endpoint.of(cluster.url), use, multiplex=multiplex)


def test_a_pipeline_while_its_keys_are_on_their_way(cluster):
    keys = [b"{half}%d" % number for number in range(9)]
    slot = slot_of(keys[0])

    async def use(link):
        await asyncio.gather(*(link.call(key, ("SET", key, key)) for key in keys))
        target = next(it for it in cluster.masters if it is not cluster.master_of(slot))
        loop, seen = asyncio.get_running_loop(), 0

        def look():
            nonlocal seen
            commands = [(("GET", key) if n % 2 else GET_SCRIPT.command(key)) for n, key in enumerate(keys)]
            for result in (link.calls(keys[0], commands), link.calls(keys[0], [*commands, ("SET", b"{half}new", 1)])):
                assert asyncio.run_coroutine_threadsafe(result, loop).result()[: len(keys)] == keys
            seen += 1

        await asyncio.to_thread(migrate, cluster, slot, target, look)
        assert seen >= len(keys)

    run_with(Endpoint.of(cluster.url), use)


def test_nodes_with_a_password():
    with ClusterSetup(masters=2, replicas=0, password="s3cr3t", node_timeout_ms=2000) as setup:

        async def use(link):
            return await asyncio.gather(*(link.call(key, ("SET", key, 1)) for key in KEYS))

        assert run_with(Endpoint.of(setup.url), use) == [b"OK"] * len(KEYS)


@either
def test_the_loss_of_a_node_fails_no_call_that_may_be_repeated(multiplex):
    with ClusterSetup() as cluster:

        async def use(link):
            loop = asyncio.get_running_loop()
            done, gap, last, stop = dict.fromkeys(KEYS, 0), 0.0, dict.fromkeys(range(16), loop.time()), False

            async def work(number):
                nonlocal gap
                while not stop:
                    for key in KEYS[number::16]:
                        await link.call(key, ("SET", key, done[key]))
                        done[key] += 1
                        gap, last[number] = max(gap, loop.time() - last[number]), loop.time()
                    await asyncio.sleep(0)

            workers = [asyncio.ensure_future(work(number)) for number in range(16)]
            await until(lambda: min(done.values()) > 3)
            victim = await asyncio.to_thread(cluster.master_of, 0)
            await asyncio.to_thread(victim.kill)
            await asyncio.to_thread(cluster.wait_for_new_master, 0, victim)
            before = dict(done)
            await until(lambda: all(done[key] > before[key] + 3 for key in KEYS))
            stop = True
            await asyncio.gather(*workers)
            print(f"longest gap {gap:.2f} s, {sum(done.values())} calls")  # noqa: T201
            assert victim.where not in {node.where for node in await link.primaries()}

        run_with(Endpoint.of(cluster.url, socket_timeout=0.5), use, multiplex=multiplex)


async def until(condition):
    while not condition():  # noqa: ASYNC110 - what other tasks count
        await asyncio.sleep(0.001)
