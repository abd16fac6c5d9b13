"""Our adapter ``memory`` without the index of words, for those who get and filter but do not search by words."""

from __future__ import annotations

from benchmarks.contenders.keyed import axon_memory


class Contender(axon_memory.Contender):
    """Entries with the indexes of tags, users, sessions and expiry."""

    text_index = False
