"""Servers that the adapters of this folder keep their entries on."""

from __future__ import annotations

from redis_fixtures import running
from redis_servers.cluster import ClusterSetup
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

server = running(Server, "module")
sentinel = running(SentinelSetup, "module")
cluster = running(ClusterSetup, "module")
