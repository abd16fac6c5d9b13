"""Our adapter ``redis`` without the index of words, for those who get and filter but do not search by words."""

from __future__ import annotations

from benchmarks.contenders.keyed import axon_redis


class Contender(axon_redis.Contender):
    """Entries with the indexes of tags, users, sessions and expiry."""

    text_index = False
    namespace = "axon-wordless"
