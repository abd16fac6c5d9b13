"""Recall by words over 100,000 entries, and a tag filter over 100,000 against the same over 1,000."""

from __future__ import annotations

import asyncio
import statistics
from time import perf_counter

from axon import Filter, MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from benchmarks import texts
from benchmarks.report import Report

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


async def measure() -> dict[str, list[float]]:
    """Figures of each round, by name."""
    small, large = await _system(SMALL), await _system(LARGE)
    three_words = [(texts.words(3), None, 10) for _ in range(QUERIES)]
    a_common_tag = [(f"all {texts.words(2)}", None, 10) for _ in range(QUERIES)]
    results: dict[str, list[float]] = {"words": [], "common tag": [], "tag": [], "tag and words": []}
    for _ in range(ROUNDS):
        results["words"].append(await _median_ms(large, three_words))
        results["common tag"].append(await _median_ms(large, a_common_tag))
        for name, text in (("tag", None), ("tag and words", texts.words(3))):
            times = []
            for memory, count in ((large, LARGE), (small, SMALL)):
                tags = [f"group-{number * 37 % (count // 20)}" for number in range(QUERIES)]
                times.append(await _median_ms(memory, [(text, Filter(tags=[tag]), 100) for tag in tags]))
            results[name].append(times[0] / times[1])
    return results


def main(report: Report) -> None:
    """Report the figures beside their bars."""
    results = asyncio.run(measure())
    name = "recall by 3 words over 100k entries, k=10: p50"
    report.ratio(name, results["words"], bar=5, at_least=False, unit="ms")
    name = "the same with a tag of all entries among the words: p50"
    report.ratio(name, results["common tag"], bar=5, at_least=False, unit="ms")
    report.ratio("tag filter, 20 hits: 100k entries against 1k", results["tag"], bar=2, at_least=False)
    report.ratio(
        "tag filter with three words to rank by: 100k entries against 1k",
        results["tag and words"],
        bar=2,
        at_least=False,
    )
