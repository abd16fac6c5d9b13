"""py-key-value in the memory of the process."""

from __future__ import annotations

# First, since it sets what the package reads when it is imported.
from benchmarks.contenders.store import StoreContender

# isort: split
from key_value.aio.stores.memory import MemoryStore


class Contender(StoreContender):
    """A store without a bound, which is its default."""

    async def open(self, _: int | None) -> None:
        self.store = MemoryStore()
