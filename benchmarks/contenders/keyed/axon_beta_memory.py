"""The adapter ``memory`` of axon-sdk 1.0.0b2, an older package of another make whose import name is ``axon`` too.

Its adapters only: its ``MemorySystem`` has no ``get``, and takes no id.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from axon.models import MemoryEntry, MemoryMetadata

from axon.adapters.memory import InMemoryAdapter


class Contender:
    """The entry itself is kept. Nothing ends: this adapter knows no TTL."""

    async def open(self, _: int | None) -> None:
        self._adapter: Any = InMemoryAdapter()

    def prepared(self, key: str, record: dict[str, Any]) -> Any:
        metadata = MemoryMetadata(
            tags=record["tags"],
            user_id=record["user_id"],
            session_id=record["session_id"],
            importance=record["importance"],
            created_at=datetime.fromisoformat(record["created_at"]),
        )
        return MemoryEntry(id=key, text=record["text"], metadata=metadata)

    async def save(self, _: str, prepared: Any) -> object:
        return await self._adapter.save(prepared)

    async def get(self, key: str) -> object | None:
        try:
            return await self._adapter.get(key)
        except KeyError:
            return None

    async def close(self) -> None:
        pass
