"""A memory over a store whose clock tests turn."""

from __future__ import annotations

import pytest
from sync_store import CONFIG, Clock, Store

from axon.sync import MemorySystem


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return Store(clock)


@pytest.fixture
def memory(store):
    with MemorySystem(CONFIG, adapters={"ephemeral": store}) as made:
        yield made
