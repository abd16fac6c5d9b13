"""redis-py: JSON under a key, as its documentation shows."""

from __future__ import annotations

import json
from typing import Any

from redis.asyncio import Redis

from benchmarks.contenders.contract import HOUR


class Contender:
    """Values as JSON."""

    async def open(self, port: int | None) -> None:
        self._client = Redis(port=port or 6379, max_connections=1024)

    def prepared(self, _: str, record: dict[str, Any]) -> Any:
        return record

    async def save(self, key: str, prepared: Any) -> object:
        return await self._client.set(f"redis-py:{key}", json.dumps(prepared), ex=HOUR)

    async def get(self, key: str) -> object | None:
        value = await self._client.get(f"redis-py:{key}")
        return None if value is None else json.loads(value)

    async def close(self) -> None:
        await self._client.aclose()
