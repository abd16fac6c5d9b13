"""What several tests of the core use: a clock to turn, and a store that fails."""

from __future__ import annotations

import time

import pytest

from axon import EphemeralPolicy, MemoryConfig, MemorySystem, PersistentPolicy, SessionPolicy
from axon.spi import Adapter


class Clock:
    """Seconds since the epoch, from now on only forward and only by hand."""

    def __init__(self):
        self.now = time.time()

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += seconds


class Failing(Adapter):
    """Raises what it is given, from every verb; says whether it was closed."""

    def __init__(self, error):
        self.error = error
        self.closed = 0

    def fail(self):
        raise self.error

    async def save(self, entry):
        self.fail()

    async def get(self, entry_id):
        self.fail()

    async def delete(self, entry_id):
        self.fail()

    async def query(self, query):
        self.fail()

    async def scan(self, cursor=None, *, limit=100):
        self.fail()

    async def close(self):
        self.closed += 1


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def failing():
    return Failing


@pytest.fixture
def config():
    """All three tiers in memory."""
    return MemoryConfig(
        ephemeral=EphemeralPolicy(),
        session=SessionPolicy(),
        persistent=PersistentPolicy(adapter_type="memory"),
        namespace="app",
    )


@pytest.fixture
def memory(config):
    return MemorySystem(config)
