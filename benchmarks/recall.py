"""Recall from memory: by words over 100,000 entries, and by a tag of 20 over 100,000 against 1,000.

The entries have 30 words (some 200 bytes), drawn by Zipf's law from 5,000 made-up ones, and no two have the same text;
300 different questions make a round.
"""

from __future__ import annotations

import asyncio
import statistics
from time import perf_counter

from axon import Filter, MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from benchmarks import texts
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.rounds import in_rounds
from benchmarks.texts import Texts

SMALL, LARGE = 1_000, 100_000
QUERIES = 300
ROUNDS = 3


async def _system(count: int) -> MemorySystem:
    adapter = InMemoryAdapter()
    for entry in texts.entries(count):
        await adapter.save(entry)
    return MemorySystem(MemoryConfig(session=SessionPolicy()), adapters={"session": adapter})


async def _median_ms(memory: MemorySystem, queries: list[tuple[str | None, Filter | None, int]]) -> float:
    times = []
    for query, where, k in queries:
        start = perf_counter()
        await memory.recall(query, filter=where, k=k)
        times.append((perf_counter() - start) * 1000)
    return statistics.median(times)


async def _measure() -> dict[str, list[float]]:
    """Figures of each round, by name."""
    small, large = await _system(SMALL), await _system(LARGE)
    asked = Texts(7)
    three_words = [(asked.words(3), None, 10) for _ in range(QUERIES)]
    a_common_tag = [(f"all {asked.words(2)}", None, 10) for _ in range(QUERIES)]

    async def by_tag(text: str | None) -> float:
        times = []
        for memory, count in ((large, LARGE), (small, SMALL)):
            tags = [f"group-{number * 37 % (count // 20)}" for number in range(QUERIES)]
            times.append(await _median_ms(memory, [(text, Filter(tags=[tag]), 100) for tag in tags]))
        return times[0] / times[1]

    async def measure(_: int) -> dict[str, float]:
        return {
            "words": await _median_ms(large, three_words),
            "common tag": await _median_ms(large, a_common_tag),
            "tag": await by_tag(None),
            "tag and words": await by_tag(three_words[0][0]),
        }

    return await in_rounds(ROUNDS, measure)


def main(report: Report) -> None:
    """Report the figures beside their bars."""
    results = asyncio.run(_measure())
    name = "recall by 3 words over 100k entries, k=10: p50"
    report.barred(name, results["words"], bar=5, at_least=False, unit="ms")
    name = "the same with a tag of all entries among the words: p50"
    report.add(Figure(name, results["common tag"], unit="ms", more_is_better=False))
    report.barred("tag filter, 20 hits: 100k entries against 1k", results["tag"], bar=2, at_least=False)
    name = "tag filter with three words to rank by: 100k entries against 1k"
    report.add(Figure(name, results["tag and words"], more_is_better=False))
