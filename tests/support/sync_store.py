"""What tests of ``axon.sync`` share: a store with a clock to turn, and patience."""

from __future__ import annotations

import threading
import time

from axon import EphemeralPolicy, MemoryConfig
from axon.adapters.memory import InMemoryAdapter

CONFIG = MemoryConfig(ephemeral=EphemeralPolicy())
PATIENCE_S = 60


class Clock:
    """Seconds that a test turns."""

    def __init__(self):
        self.now = time.time()

    def __call__(self):
        return self.now


class Store(InMemoryAdapter):
    """Says when it was asked to renew; fails then if a test wants that."""

    def __init__(self, clock):
        super().__init__(clock=clock)
        self.renewed = threading.Semaphore(0)
        self.error = None

    async def renew(self, lock, *, ttl):
        if self.error is not None:
            raise self.error
        await super().renew(lock, ttl=ttl)
        self.renewed.release()


def until(condition):
    """Wait for what no event tells."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)
