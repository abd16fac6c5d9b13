"""Which entries have a value: the index of tags, users and sessions."""

from __future__ import annotations


class FieldIndex:
    """Ids by value; nothing is kept of a value that no entry has."""

    def __init__(self) -> None:
        self._ids: dict[str, set[str]] = {}

    def add(self, value: str, entry_id: str) -> None:
        """``entry_id`` has ``value``."""
        ids = self._ids.get(value)
        if ids is None:
            self._ids[value] = {entry_id}
        else:
            ids.add(entry_id)

    def remove(self, value: str, entry_id: str) -> None:
        """``entry_id`` has ``value`` no longer."""
        ids = self._ids[value]
        ids.remove(entry_id)
        if not ids:
            del self._ids[value]

    def ids(self, value: str) -> set[str] | frozenset[str]:
        """Those that have ``value``; not to be changed."""
        return self._ids.get(value, _NONE)

    def clear(self) -> None:
        """Forget everything."""
        self._ids.clear()


_NONE: frozenset[str] = frozenset()
