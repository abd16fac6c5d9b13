"""axon-sdk 1.0.0b2 on its adapter ``memory``: the only other one with ``store`` and ``recall(query, filter)``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from axon.core.memory_system import MemorySystem
from axon.core.policies.persistent import PersistentPolicy
from axon.models.filter import Filter

from axon.adapters.memory import InMemoryAdapter
from axon.core.config import MemoryConfig
from benchmarks.contenders.recall_jobs import Row


class Contender:
    """A ``MemorySystem`` with the one tier that it asks for, from which nothing is promoted.

    It looks at every entry and counts how many of the words are in it, however common they are; of equals the oldest
    comes first. The whole question as a part of the text counts five times as much as a word, a tag three quarters.
    """

    async def open(self, folder: Path, port: int | None) -> None:
        config = MemoryConfig(persistent=PersistentPolicy(adapter_type="memory"), default_tier="persistent")
        self._memory: Any = MemorySystem(config)
        self._adapter: Any = self.adapter(port)
        # Registered by hand, since it makes nothing of what a policy says of a server.
        self._memory.registry.register("persistent", "memory", adapter_instance=self._adapter)

    def adapter(self, port: int | None) -> Any:
        return InMemoryAdapter()

    async def save(self, rows: Sequence[Row]) -> None:
        for row in rows:
            about = {"user_id": row["user_id"]}
            await self._memory.store(row["text"], metadata=about, tags=row["tags"], tier="persistent")

    async def by_words(self, words: str, count: int) -> Sequence[str]:
        return [entry.text for entry in await self._memory.recall(words, k=count)]

    async def by_tag(self, tag: str, count: int) -> Sequence[str]:
        # It finds nothing without words; those of a tag count as words.
        found = await self._memory.recall(tag, k=count, filter=Filter(tags=[tag]))
        return [entry.text for entry in found]

    async def close(self) -> None:
        await self._memory.close()
