"""aiocache on Redis."""

from __future__ import annotations

from aiocache import Cache

from benchmarks.contenders.keyed import aiocache_memory


class Contender(aiocache_memory.Contender):
    """Values as JSON, which is its default."""

    async def open(self, port: int | None) -> None:
        # timeout=0 as in the memory; redis-py has a timeout of its own for a server that does not answer.
        self._cache = Cache(Cache.REDIS, port=port or 6379, namespace="aiocache", pool_max_size=1024, timeout=0)
