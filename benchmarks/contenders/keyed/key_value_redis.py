"""py-key-value on Redis."""

from __future__ import annotations

# First, since it sets what the package reads when it is imported.
from benchmarks.contenders.store import StoreContender

# isort: split
from key_value.aio.stores.redis import RedisStore
from redis.asyncio import Redis


class Contender(StoreContender):
    """The store with a client of the user's, which is how it gets as many connections as there are tasks."""

    async def open(self, port: int | None) -> None:
        self._client = Redis(port=port or 6379, max_connections=1024, decode_responses=True)
        self.store = RedisStore(client=self._client)

    async def close(self) -> None:
        await self._client.aclose()  # one that was given is the user's to close
