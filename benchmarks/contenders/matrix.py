"""What the contenders share that search a matrix in memory themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


class Matrix:
    """All vectors in one matrix, which is there once :meth:`finish` was called."""

    async def open(self, folder: Path, dimension: int) -> None:  # noqa: ARG002 - nothing is kept on the disk
        self._parts: list[Any] = []

    async def insert(self, first: int, matrix: Any) -> None:  # noqa: ARG002 - rows come in order
        self._parts.append(matrix)

    async def finish(self) -> None:
        self._matrix = np.concatenate(self._parts)
        self._parts.clear()

    async def close(self) -> None:
        del self._matrix
