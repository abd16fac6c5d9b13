"""The adapter ``redis`` keeps the contract: on one server, with Sentinel and in a cluster, multiplexed or not."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from redis_servers.address import HOST

from axon.testing import AdapterConformance

NOBODY: dict[str, Any] = {"url": f"redis://{HOST}:1", "deadline": 0.2}


class OnRedis(AdapterConformance):
    adapter = "redis"
    unreachable: ClassVar = NOBODY


class TestOneServer(OnRedis):
    @pytest.fixture(autouse=True)
    def _where(self, server):
        type(self).settings = {"url": server.url}


class TestWithRedisPy(OnRedis):
    @pytest.fixture(autouse=True)
    def _where(self, server):
        type(self).settings = {"url": server.url, "multiplex": False}


class TestSentinel(OnRedis):
    @pytest.fixture(autouse=True)
    def _where(self, sentinel):
        type(self).settings = {"url": sentinel.url}


class TestCluster(OnRedis):
    @pytest.fixture(autouse=True)
    def _where(self, cluster):
        type(self).settings = {"url": cluster.url}


class TestShards(OnRedis):
    @pytest.fixture(autouse=True)
    def _where(self, cluster):
        type(self).settings = {"url": cluster.url, "shards": 3}
