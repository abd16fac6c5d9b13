"""Servers that the adapters of this folder keep their entries on."""

from __future__ import annotations

import pytest
from redis_servers import ClusterSetup, SentinelSetup, Server


@pytest.fixture(scope="module")
def server():
    with Server() as it:
        yield it


@pytest.fixture(scope="module")
def sentinel():
    with SentinelSetup() as it:
        yield it


@pytest.fixture(scope="module")
def cluster():
    with ClusterSetup() as it:
        yield it
