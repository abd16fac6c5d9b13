"""Servers that the adapters of this folder keep their entries on."""

from __future__ import annotations

from redis_fixtures import running
from redis_servers.cluster import ClusterSetup
from redis_servers.sentinel import SentinelSetup
from redis_servers.server import Server

server = running(Server, "module")
sentinel = running(SentinelSetup, "module")
cluster = running(ClusterSetup, "module")

_IN_ONE_SLOT = (
    "test_agreement_", "test_arguments_", "test_counters_", "test_endurance_", "test_limits_", "test_locks_",
    "test_names_", "test_spans_", "test_values_", "test_waiting_",
)  # fmt: skip
"""Topics of what lies in one slot however many shards there are: they run with one shard, and not again with three."""


def pytest_collection_modifyitems(config, items):
    again = [item for item in items if "TestShards" in item.nodeid and item.name.startswith(_IN_ONE_SLOT)]
    config.hook.pytest_deselected(items=again)
    left_out = set(again)
    items[:] = [item for item in items if item not in left_out]
