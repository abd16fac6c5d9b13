"""What is asked of a contender that recalls, and what it has to do. Nothing of Axon is imported here."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol, TypedDict

_AT_ONCE = 2000


class Row(TypedDict):
    """An entry as plain values."""

    text: str
    tags: list[str]
    user_id: str


class Recalls(Protocol):
    """Finds entries again by what they say or are.

    One that knows words also has ``async def by_words(self, words, count) -> Sequence[str]``: the texts of the
    ``count`` best. One that knows tags has ``async def by_tag(self, tag, count) -> Sequence[str]``.
    """

    async def open(self, folder: Path, port: int | None) -> None:
        """Be ready; what is kept on the disk is kept in ``folder``, what is on Redis on the server at ``port``."""

    async def save(self, rows: Sequence[Row]) -> None:
        """Keep them, in the way that its documentation shows."""

    async def close(self) -> None:
        """Give back what was opened."""


class RecallJobs:
    """The jobs of one contender, as ``benchmarks.contenders.worker`` takes them."""

    def __init__(self, contender: Any) -> None:
        self._contender = contender

    async def open(self, folder: str, port: int | None) -> dict[str, Any]:
        """Begin."""
        await self._contender.open(Path(folder), port)
        return {}

    async def fill(self, path: str) -> dict[str, Any]:
        """Save the rows of a file, one as JSON on each line; how long that takes."""
        seconds = 0.0
        for rows in blocks(Path(path)):
            start = perf_counter()
            await self._contender.save(rows)
            seconds += perf_counter() - start
        return {"seconds": seconds}

    async def recall(self, by: str, questions: Sequence[str], count: int, within: float) -> dict[str, Any]:
        """Ask by ``words`` or by ``tag``: how long one question takes, and the texts that were found.

        No further question is asked after ``within`` seconds.
        """
        ask = getattr(self._contender, f"by_{by}")
        times: list[float] = []
        found = []
        for question in questions:
            if sum(times) > within:
                break
            start = perf_counter()
            texts = await ask(question, count)
            times.append(perf_counter() - start)
            found.append(list(texts))
        return {"p50": statistics.median(times), "found": found}

    async def close(self) -> dict[str, Any]:
        """End."""
        await self._contender.close()
        return {}


def blocks(path: Path) -> Iterator[list[Row]]:
    """The rows of a file, some at once."""
    with path.open(encoding="utf-8") as lines:
        while rows := [json.loads(line) for line in islice(lines, _AT_ONCE)]:
            yield rows
