"""Our adapter ``memory``."""

from __future__ import annotations

from axon.adapters.memory import InMemoryAdapter
from benchmarks.contenders.adapter import AdapterContender


class Contender(AdapterContender):
    """Entries with every index, that of words too, which is the default."""

    text_index = True

    async def open(self, _: int | None) -> None:
        self.adapter = InMemoryAdapter(text_index=self.text_index)
