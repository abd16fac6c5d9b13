"""Our ``MemorySystem`` from end to end, its one tier on the adapter ``memory``."""

from __future__ import annotations

from typing import Any

from axon import MemoryConfig, MemorySystem, SessionPolicy
from benchmarks.contenders.contract import HOUR


class Contender:
    """What an application calls: each save makes and checks an entry, whose end is the policy's."""

    adapter_type = "memory"

    async def open(self, port: int | None) -> None:
        config = MemoryConfig(
            session=SessionPolicy(adapter_type=self.adapter_type, ttl_seconds=HOUR),
            namespace="axon-system",
            adapters={"redis": {"host": "localhost", "port": port or 6379}},
        )
        self._memory = MemorySystem(config)

    def prepared(self, key: str, record: dict[str, Any]) -> Any:
        # When it was created is not said: that is the moment of the save.
        return {"id": key, **{name: value for name, value in record.items() if name != "created_at"}}

    async def save(self, _: str, prepared: Any) -> object:
        return await self._memory.store(**prepared)

    async def get(self, key: str) -> object | None:
        return await self._memory.get(key)

    async def close(self) -> None:
        await self._memory.aclose()
