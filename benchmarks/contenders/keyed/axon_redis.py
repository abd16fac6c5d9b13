"""Our adapter ``redis``."""

from __future__ import annotations

from axon.adapters.redis import RedisAdapter
from benchmarks.contenders.adapter import AdapterContender


class Contender(AdapterContender):
    """Entries with every index, that of words too, which is the default."""

    text_index = True
    namespace = "axon-worded"

    async def open(self, port: int | None) -> None:
        self.adapter = RedisAdapter("localhost", port or 6379, namespace=self.namespace, text_index=self.text_index)
