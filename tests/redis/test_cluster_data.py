"""The data of a namespace on a cluster: while its slot moves, and when the node that holds it dies."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import redis
from adapter_clock import START
from redis_data import audit, awaited, entry, found, garbage, ids, opened_at, stored
from redis_servers.address import HOST
from redis_servers.cluster import ClusterSetup

from axon import Filter
from axon.core.errors import AxonError
from axon_redis.cluster import slot_of

WRITERS = 6
TAGS = {1: ["live"], 3: [f"live3#{number}/3" for number in range(3)]}
"""What is in the braces of the keys of each shard, by the number of shards."""


def version(entry_id, number):
    """An entry whose words, tags and session are those of no other version."""
    return entry(
        entry_id,
        text=f"common word{number}",
        tags=["all", f"tag{number}"],
        session_id=f"session{number}",
        metadata={"version": number},
        created_at=START + timedelta(seconds=number),
    )


@pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])
@pytest.mark.parametrize("shards", [1, 3])
def test_every_verb_works(cluster, shards, multiplex):
    async def main():
        async with opened_at(cluster.url, namespace="every", shards=shards, multiplex=multiplex) as adapter:
            entries = [version(f"e{number}", number) for number in range(300)]
            await asyncio.gather(*map(adapter.save, entries[:100]))
            await adapter.save_many(entries[100:])
            assert await audit(adapter, entries) == {one.id for one in entries}
            assert await found(adapter, text="word7") == ["e7"]
            assert await found(adapter, filter=Filter(tags=["all"]), limit=2) == ["e299", "e298"]
            assert (await adapter.update("e7", text="common other")).text == "common other"
            assert await found(adapter, text="word7") == []
            assert await found(adapter, text="other") == ["e7"]
            assert await adapter.delete_many(["e1", "e2", "none"]) == 2
            assert await adapter.delete_where(Filter(tags=["tag3"])) == 1
            assert await ids(adapter) == {one.id for one in entries} - {"e1", "e2", "e3"}
            assert await adapter.clear() == 297
            assert await ids(adapter) == set()

    asyncio.run(main())


def node_of(cluster, tag):
    """A plain client of the node that has the keys whose braces hold ``tag``."""
    return redis.Redis(HOST, cluster.master_of(slot_of(f"{{{tag}}}".encode())).port)


class Work:
    """Writers of a namespace, each with ids of its own, and readers; what was acknowledged, and what failed."""

    def __init__(self, adapter, *, repeatable=False):
        self.adapter = adapter
        self.verbs = ["save", "save", "save_many", "update"] + ([] if repeatable else ["delete"])
        """Where a connection may break in the middle, all but deletions are repeated: these count."""
        self.acknowledged = {}
        self.unsure = set()
        self.errors = []
        self.calls = 0
        self.longest = 0.0
        self._stop = False
        self._number = 0

    @asynccontextmanager
    async def going_on(self):
        """Writers and readers work until this is left."""
        tasks = [asyncio.ensure_future(self._write(writer)) for writer in range(WRITERS)]
        tasks += [asyncio.ensure_future(self._read(reader)) for reader in range(2)]
        try:
            yield self
        finally:
            self._stop = True
            await asyncio.gather(*tasks)

    async def progress(self, calls=100):
        """Wait until so many more calls are done."""
        target = self.calls + calls
        while self.calls < target:  # noqa: ASYNC110 - what other tasks count
            await asyncio.sleep(0.005)

    async def _write(self, writer):
        chance = random.Random(writer)
        mine = [f"w{writer}-{number}" for number in range(20)]
        while not self._stop:
            self._number += 1
            number, name = self._number, chance.choice(mine)
            some = chance.sample(mine, 3)
            match chance.choice(self.verbs):
                case "save":
                    await self._acknowledge(self.adapter.save(version(name, number)), {name: number})
                case "save_many":
                    many = self.adapter.save_many([version(one, number) for one in some])
                    await self._acknowledge(many, dict.fromkeys(some, number))
                case "update":
                    new = version(name, number)
                    fields = ("text", "tags", "session_id", "metadata", "created_at")
                    changes = {field: getattr(new, field) for field in fields}
                    there = self.acknowledged.get(name) is not None
                    await self._acknowledge(self.adapter.update(name, **changes), {name: number if there else None})
                case "delete":
                    await self._acknowledge(self.adapter.delete_many(some), dict.fromkeys(some))

    async def _acknowledge(self, call, outcome):
        self.unsure.update(outcome)
        if await self._done(call):
            self.acknowledged.update(outcome)
            self.unsure.difference_update(outcome)

    async def _read(self, reader):
        chance = random.Random(-1 - reader)
        while not self._stop:
            number = chance.randint(max(1, self._number - 100), self._number + 1)
            match chance.choice(["tag", "words", "get_many", "count"]):
                case "tag":
                    await self._done(found(self.adapter, filter=Filter(tags=[f"tag{number}"])))
                case "words":
                    await self._done(found(self.adapter, text=f"word{number}"))
                case "get_many":
                    await self._done(self.adapter.get_many([f"w{writer}-{number % 20}" for writer in range(WRITERS)]))
                case "count":
                    await self._done(self.adapter.count())

    async def _done(self, call):
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            await call
        except AxonError as error:
            self.errors.append(error)
            return False
        finally:
            self.calls += 1
            self.longest = max(self.longest, loop.time() - start)
        return True

    async def check(self, *, lost=0):
        """Every acknowledged write is there but so many, and the index leads to all there is and to nothing else."""
        everything = [version(name, 0) for name in self.acknowledged]
        await audit(self.adapter, everything)
        there = await self.adapter.get_many(list(self.acknowledged))
        others = [
            name
            for (name, number), one in zip(self.acknowledged.items(), there, strict=True)
            if name not in self.unsure and (one and one.metadata["version"]) != number
        ]
        assert len(others) <= lost, others
        print(f"{self.calls} calls, {len(self.errors)} errors, longest {self.longest:.2f} s")  # noqa: T201


class Reshard:
    """A slot on its way from one node to another, as ``redis-cli --cluster reshard`` moves it."""

    def __init__(self, cluster, slot):
        self._cluster = cluster
        self.slot = slot
        self.source = cluster.master_of(slot)
        self.target = next(it for it in cluster.masters if it is not self.source)

    def begin(self):
        self.target.call("CLUSTER", "SETSLOT", self.slot, "IMPORTING", self._cluster.id_of(self.source))
        self.source.call("CLUSTER", "SETSLOT", self.slot, "MIGRATING", self._cluster.id_of(self.target))

    def left(self):
        return self.source.call("CLUSTER", "GETKEYSINSLOT", self.slot, 10_000)

    def move(self, *keys):
        for key in keys:
            self.source.call("MIGRATE", HOST, self.target.port, key, 0, 5000)

    def finish(self):
        while keys := self.left():
            self.move(*keys)
        for node in (self.target, self.source, *self._cluster.masters):
            node.call("CLUSTER", "SETSLOT", self.slot, "NODE", self._cluster.id_of(self.target))


ORDERS = {
    "index first": lambda key: ("}:" not in key, key),
    "entries first": lambda key: ("}:" in key, key),
    "any": lambda key: random.Random(key).random(),
}


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("order", ORDERS)
def test_a_slot_that_moves_under_load_loses_nothing(cluster, order, shards):
    async def main():
        async with opened_at(cluster.url, namespace=TAGS[shards][0].partition("#")[0], shards=shards) as adapter:
            await adapter.clear()
            async with Work(adapter).going_on() as work:
                await work.progress(400)
                move = await asyncio.to_thread(Reshard, cluster, slot_of(f"{{{TAGS[shards][0]}}}".encode()))
                await asyncio.to_thread(move.begin)
                await asyncio.sleep(0.1)  # nothing has moved yet: what begins now must not end in the middle
                for number, key in enumerate(sorted(await asyncio.to_thread(move.left), key=ORDERS[order])):
                    await asyncio.to_thread(move.move, key)
                    if number % 4 == 0:
                        await asyncio.sleep(0.01)
                await asyncio.to_thread(move.finish)
                await work.progress(400)
            assert [*map(str, work.errors)] == []
            await work.check()
            for tag in TAGS[shards]:
                with node_of(cluster, tag) as raw:
                    assert garbage(raw, tag)[0] == 0

    asyncio.run(main())


@pytest.mark.parametrize("how", ["words", "filter", "count", "prune", "clear", "delete"])
def test_what_has_not_arrived_yet_counts_as_nobodys_loss(cluster, how):
    """On its new node the index is there and the entry is not: it must stay in the index."""

    async def main():
        async with opened_at(cluster.url, namespace="half", deadline=5) as adapter:
            await adapter.clear()
            others = ["b"] if how in {"words", "prune"} else []
            await adapter.save_many([entry(name, text="text", tags=["t"]) for name in ["a", *others]])
            assert await adapter.count() == 1 + len(others)
            with node_of(cluster, "half") as raw:
                # An entry that was read again and again: its index knows of its first end only.
                raw.zadd(b"{half}:x", {b"=a\0": 1})
            move = Reshard(cluster, slot_of(b"{half}"))
            move.begin()
            move.move(*(key for key in move.left() if not key.endswith("=a\0")))
            calls = {
                "words": lambda: found(adapter, text="text"),
                "filter": lambda: found(adapter, filter=Filter(tags=["t"])),
                "count": lambda: adapter.count(),
                "prune": lambda: adapter._pruners[0]._prune(),
                "clear": lambda: adapter.clear(),
                "delete": lambda: adapter.delete("a"),
            }
            call = asyncio.ensure_future(calls[how]())
            await asyncio.sleep(0.3)
            move.finish()
            result = await call
            if how in {"clear", "delete"}:
                assert result == 1
                assert await adapter.get("a") is None
            else:
                assert result == {"words": ["b", "a"], "filter": ["a"], "count": 1}.get(how, result)
                assert await found(adapter, filter=Filter(tags=["t"])) == [*others, "a"]
            with node_of(cluster, "half") as raw:
                assert stored(raw, "half") == (set() if how in {"clear", "delete"} else {"a", *others})

    asyncio.run(main())


def test_a_rebuild_that_a_moving_slot_overtakes_misses_nothing(cluster):
    """Whoever looks through a node for entries does not see those that have left it."""

    async def main():
        async with opened_at(cluster.url, namespace="made anew") as adapter:
            entries = [version(f"e{number}", number) for number in range(3000)]
            await adapter.clear()
            await adapter.save_many(entries)
            assert await adapter.count() == len(entries)
            with node_of(cluster, "made anew") as raw:
                raw.delete(b"{made anew}:w")
            move = Reshard(cluster, slot_of(b"{made anew}"))
            healing = asyncio.ensure_future(found(adapter, text="word7"))
            with node_of(cluster, "made anew") as raw:
                await awaited(lambda: raw.zcard(b"{made anew}:x") > 300, "the beginning of a new index")
            move.begin()
            move.move(*[key for key in move.left() if "}:" not in key][::2])
            await asyncio.sleep(0.2)
            await asyncio.to_thread(move.finish)
            assert await healing == ["e7"]
            assert await audit(adapter, entries) == {one.id for one in entries}

    asyncio.run(main())


@pytest.mark.parametrize("shards", [1, 3])
def test_a_slot_that_the_servers_move_in_one_step_costs_nothing(shards):
    """As Valkey has it from 9.0 on: CLUSTER MIGRATESLOTS."""
    with ClusterSetup(replicas=0) as cluster:
        if "valkey_version" not in cluster.nodes[0].info("server"):
            pytest.skip("this server moves slots key by key only")

        async def main():
            async with opened_at(cluster.url, namespace=TAGS[shards][0].partition("#")[0], shards=shards) as adapter:
                async with Work(adapter).going_on() as work:
                    await work.progress(400)
                    slot = slot_of(f"{{{TAGS[shards][0]}}}".encode())
                    source = await asyncio.to_thread(cluster.master_of, slot)
                    target = next(it for it in cluster.masters if it is not source)
                    command = ("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", cluster.id_of(target))
                    await asyncio.to_thread(source.call, *command)
                    await awaited(lambda: cluster.master_of(slot) is target, "the slot's arrival")
                    await work.progress(400)
                assert [*map(str, work.errors)] == []
                await work.check()

        asyncio.run(main())


@pytest.mark.parametrize("shards", [1, 3])
def test_the_loss_of_the_node_that_holds_the_namespace(shards):
    with ClusterSetup(None, "--min-replicas-to-write", 0) as cluster:

        async def main():
            namespace = TAGS[shards][0].partition("#")[0]
            async with opened_at(cluster.url, namespace=namespace, shards=shards, socket_timeout=0.5) as adapter:
                async with Work(adapter, repeatable=True).going_on() as work:
                    await work.progress(400)
                    slot = slot_of(f"{{{TAGS[shards][0]}}}".encode())
                    victim = await asyncio.to_thread(cluster.master_of, slot)
                    await asyncio.to_thread(victim.kill)
                    await asyncio.to_thread(cluster.wait_for_new_master, slot, victim)
                    await work.progress(400)
                assert [*map(str, work.errors)] == []
                await work.check(lost=20)

        asyncio.run(main())
