"""The adapter ``redis`` of axon-sdk 1.0.0b2."""

from __future__ import annotations

from axon.adapters.redis import RedisAdapter
from benchmarks.contenders.contract import HOUR
from benchmarks.contenders.keyed import axon_beta_memory


class Contender(axon_beta_memory.Contender):
    """Entries as hashes."""

    async def open(self, port: int | None) -> None:
        # With its ten connections the eleventh task is refused. Only default_ttl sets an end; no policy does.
        self._adapter = RedisAdapter(port=port or 6379, namespace="axon-beta", default_ttl=HOUR, max_connections=1024)

    async def close(self) -> None:
        await self._adapter.close()
