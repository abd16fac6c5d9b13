"""Which entries have a value: the index of tags, users and sessions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from axon.spi import MemoryEntry


class FieldIndex(dict[str, "dict[str, MemoryEntry]"]):
    """Entries by id by value; nothing is kept of a value that no entry has.

    It holds the entries and not only their ids: a filter then touches nothing else in memory.
    ``index[value][entry.id] = entry`` adds one or takes the place of the one with its id.
    """

    def __missing__(self, value: str) -> dict[str, MemoryEntry]:
        entries: dict[str, MemoryEntry] = {}
        self[value] = entries
        return entries

    @property
    def places(self) -> int:
        """How many places are taken: one by each value, and one by each entry that has it."""
        return len(self) + sum(map(len, self.values()))

    def remove(self, value: str, entry_id: str) -> None:
        """The entry has ``value`` no longer."""
        entries = self[value]
        del entries[entry_id]
        if not entries:
            del self[value]

    def having(self, value: str) -> Mapping[str, MemoryEntry]:
        """The entries that have ``value``, by id; not to be changed."""
        return self.get(value, _NONE)


_NONE: Mapping[str, MemoryEntry] = MappingProxyType({})
