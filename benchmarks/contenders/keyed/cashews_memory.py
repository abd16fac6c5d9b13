"""cashews in the memory of the process."""

from __future__ import annotations

from typing import Any

from cashews import Cache

from benchmarks.contenders.contract import HOUR


class Contender:
    """Values as they are: this backend keeps a shallow copy."""

    def __init__(self) -> None:
        self._cache = Cache()

    async def open(self, _: int | None) -> None:
        # Of the default size it forgets all but the last thousand, and once a second it looks at every key.
        self._cache.setup("mem://?check_interval=10&size=100000000")
        await self._cache.init()

    def prepared(self, _: str, record: dict[str, Any]) -> Any:
        return record

    async def save(self, key: str, prepared: Any) -> object:
        return await self._cache.set(f"cashews:{key}", prepared, expire=HOUR)

    async def get(self, key: str) -> object | None:
        return await self._cache.get(f"cashews:{key}")

    async def close(self) -> None:
        await self._cache.close()
