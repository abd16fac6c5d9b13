"""What the contenders with an adapter of ours share. None is imported here: none is loaded for the other's sake."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from axon import MemoryEntry
from axon.spi import Adapter
from benchmarks.contenders.contract import HOUR


class AdapterContender:
    """Entries in an adapter, all but opening it."""

    adapter: Adapter

    def prepared(self, key: str, record: dict[str, Any]) -> Any:
        return MemoryEntry(
            id=key,
            text=record["text"],
            tags=record["tags"],
            user_id=record["user_id"],
            session_id=record["session_id"],
            importance=record["importance"],
            created_at=datetime.fromisoformat(record["created_at"]),
            expires_at=datetime.now(UTC) + timedelta(seconds=HOUR),
        )

    async def save(self, _: str, prepared: Any) -> object:
        return await self.adapter.save(prepared)

    async def get(self, key: str) -> object | None:
        return await self.adapter.get(key)

    async def close(self) -> None:
        await self.adapter.close()
