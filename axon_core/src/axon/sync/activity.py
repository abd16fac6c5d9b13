"""How much has happened lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon.sync.running import wait

if TYPE_CHECKING:
    from axon.coordination.activity import Activity as AsyncActivity


class Activity:
    """Counts what happens within a window that slides, for as many keys as there are."""

    def __init__(self, activity: AsyncActivity) -> None:
        self._activity = activity
        self.name, self.within = activity.name, activity.within

    def record(self, key: str = "", *, weight: int = 1) -> int:
        """Note that something happens now; how much has happened lately, with this."""
        return wait(self._activity.record(key, weight=weight))

    def count(self, key: str = "") -> int:
        """How much has happened within the last ``within`` seconds."""
        return wait(self._activity.count(key))
