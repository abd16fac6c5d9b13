"""What a contender has to do. Nothing of Axon is imported here: most of them run where it is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

HOUR = 3600
"""How many seconds what is saved lives, with every contender that knows an end."""


GROUPS = 100
"""A vector with the id ``number`` belongs to the group ``number % GROUPS``; whoever has a filter is told so."""


class Keyed(Protocol):
    """Keeps records under their keys."""

    async def open(self, port: int | None) -> None:
        """Be ready; ``port`` is that of a Redis server on this machine, for those that keep things there."""

    def prepared(self, key: str, record: dict[str, Any]) -> Any:
        """What ``save`` is given for ``record``, made before the clock runs: making it is not what is measured."""

    async def save(self, key: str, prepared: Any) -> object:
        """Keep it for an :data:`HOUR`, in the way that its documentation shows."""

    async def get(self, key: str) -> object | None:
        """What was saved, as the user gets it; ``None`` if there is nothing."""

    async def close(self) -> None:
        """Give back what was opened."""


class Nearest(Protocol):
    """Finds the nearest vectors by the cosine; the vectors have length one.

    One that has a filter also has ``async def search_group(self, vector, count, group) -> Sequence[int]``: the ids of
    the ``count`` nearest of one group, by the filter that its documentation shows. See :data:`GROUPS`. One that is
    approximate, and finds more if it may look at more, has ``async def tune(self, effort) -> None``: at how many
    candidates it looks from now on.
    """

    async def open(self, folder: Path, dimension: int) -> None:
        """Be ready; what is kept on the disk, if anything is, is kept in ``folder``."""

    async def insert(self, first: int, matrix: Any) -> None:
        """Add the rows of a float32 ``matrix``; their ids are the numbers from ``first`` on."""

    async def finish(self) -> None:
        """Do what is to be done once after all inserts, such as to build an index."""

    async def search(self, vector: Any, count: int) -> Sequence[int]:
        """The ids of the ``count`` nearest, the nearest first."""

    async def close(self) -> None:
        """Give back what was opened."""
