"""Our adapter ``vector``: an exact scan, of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from axon.adapters.vector import VectorAdapter
from benchmarks.contenders.nearest import axon_memory


class Contender(axon_memory.Contender):
    """Entries with a short text and its words, each with its vector."""

    scan: Literal["exact", "int8"] = "exact"

    async def open(self, folder: Path, dimension: int) -> None:
        self.adapter = VectorAdapter(folder, scan=self.scan)
