"""axon-sdk 1.0.0b2 on its adapter ``redis``: by a tag, since it heeds no words there."""

from __future__ import annotations

from typing import Any

from axon.adapters.redis import RedisAdapter
from benchmarks.contenders.recall import axon_beta_memory


class Contender(axon_beta_memory.Contender):
    """Every key of the server is scanned and every entry read, one command each.

    The newest come first, and whatever words are asked for, they are the newest.
    """

    def adapter(self, port: int | None) -> Any:
        return RedisAdapter(port=port or 6379, namespace="axon-beta")
