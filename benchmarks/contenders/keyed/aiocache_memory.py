"""aiocache in the memory of the process."""

from __future__ import annotations

from typing import Any

from aiocache import Cache

from benchmarks.contenders.contract import HOUR


class Contender:
    """Values as they are: the object itself is kept, and a timer of the event loop ends it."""

    async def open(self, _: int | None) -> None:
        # Without timeout=0 each call is a task of its own, which five seconds watch over.
        self._cache = Cache(Cache.MEMORY, namespace="aiocache", timeout=0)

    def prepared(self, _: str, record: dict[str, Any]) -> Any:
        return record

    async def save(self, key: str, prepared: Any) -> object:
        return await self._cache.set(key, prepared, ttl=HOUR)

    async def get(self, key: str) -> object | None:
        return await self._cache.get(key)

    async def close(self) -> None:
        await self._cache.close()
