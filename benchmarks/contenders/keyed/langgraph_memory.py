"""The store of LangGraph in the memory of the process."""

from __future__ import annotations

from typing import Any

from langgraph.store.memory import InMemoryStore

_NAMESPACE = ("records",)


class Contender:
    """Values as they are. Nothing ends: this store raises if it is given a ``ttl``."""

    async def open(self, _: int | None) -> None:
        self._store = InMemoryStore()

    def prepared(self, _: str, record: dict[str, Any]) -> Any:
        return record

    async def save(self, key: str, prepared: Any) -> object:
        return await self._store.aput(_NAMESPACE, key, prepared)

    async def get(self, key: str) -> object | None:
        return await self._store.aget(_NAMESPACE, key)

    async def close(self) -> None:
        pass
