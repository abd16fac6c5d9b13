"""Our ``MemorySystem`` from end to end, its one tier on the adapter ``redis``."""

from __future__ import annotations

from benchmarks.contenders.keyed import axon_system_memory


class Contender(axon_system_memory.Contender):
    """The same calls, with another word in the configuration."""

    adapter_type = "redis"
