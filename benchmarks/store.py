"""The embedded store against numpy and the disk: exact and eight-bit scans, filters, durable writes, opening."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from axon import Filter, MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.spi import Query, as_embedding
from benchmarks import texts
from benchmarks.cores import one_core
from benchmarks.report import Report

DIMENSION = 384
SIZES = (1_000, 10_000, 100_000)
QUERIES = 40
ROUNDS = 3
WRITES = 100


class Stores:
    """Entries of one size in a directory, opened exactly and, where it pays, with eight bits."""

    def __init__(self, count: int, directory: str) -> None:
        self.count = count
        self.directory = directory
        random = np.random.default_rng(count)
        self.matrix = random.standard_normal((count, DIMENSION), np.float32)
        self.matrix /= np.linalg.norm(self.matrix, axis=1, keepdims=True)
        self.queries = random.standard_normal((QUERIES, DIMENSION), np.float32)

    def entries(self, start: int, end: int) -> list[MemoryEntry]:
        """Entries of about 150 characters: every user has a half of them, every tag a hundredth."""
        return [
            MemoryEntry(
                id=str(number),
                text=texts.words(24),
                user_id=f"user-{number % 2}",
                tags=[f"group-{number % 100}"],
                embedding=self.matrix[number],
            )
            for number in range(start, end)
        ]

    async def seconds(self, adapter: VectorAdapter, filter: Filter | None = None) -> float:
        """Of a top-10, the median."""
        times = []
        for vector in self.queries:
            query = Query(vector=as_embedding(vector), filter=filter, limit=10)
            start = perf_counter()
            await adapter.query(query)
            times.append(perf_counter() - start)
        return median(times)

    def numpy_seconds(self, rows: Any = slice(None)) -> float:
        """Of one product and the ten best of it; with ``rows``, of those only."""
        times = []
        for vector in self.queries:
            start = perf_counter()
            scores = self.matrix[rows] @ vector
            np.argpartition(scores, -10)[-10:]
            times.append(perf_counter() - start)
        return median(times)


async def _timed(calls: list[Callable[[], Awaitable[Any]]]) -> float:
    times = []
    for call in calls:
        start = perf_counter()
        await call()
        times.append(perf_counter() - start)
    return median(times)


async def measure(report: Report, count: int) -> None:
    """Report the figures for ``count`` entries."""
    with tempfile.TemporaryDirectory() as directory:
        stores = Stores(count, directory)
        exact, eight_bits = VectorAdapter(directory), VectorAdapter(directory, scan="int8")
        batches = [stores.entries(start, min(start + 5000, count)) for start in range(0, count, 5000)]
        start = perf_counter()
        for batch in batches:
            await exact.save_many(batch)
        rate = count / (perf_counter() - start)
        await _scans(report, stores, exact, eight_bits)
        await _writes(report, stores, exact, rate)
        await exact.close()
        await eight_bits.close()
        await _opening(report, stores)


async def _scans(report: Report, stores: Stores, exact: VectorAdapter, eight_bits: VectorAdapter) -> None:
    count = stores.count
    half, hundredth = Filter(user_id="user-1"), Filter(tags=["group-7"])
    figures: dict[str, list[float]] = {"exact": [], "int8": [], "half": [], "hundredth": [], "ms": []}
    recalled = 0
    for adapter in (exact, eight_bits):
        await stores.seconds(adapter)
    for _ in range(ROUNDS):
        yard, rows = stores.numpy_seconds(), stores.numpy_seconds(np.arange(7, count, 100))
        unfiltered = await stores.seconds(exact)
        figures["ms"].append(unfiltered * 1000)
        figures["exact"].append(unfiltered / yard)
        figures["int8"].append(await stores.seconds(eight_bits) / yard)
        figures["half"].append(await stores.seconds(exact, half) / unfiltered)
        figures["hundredth"].append(await stores.seconds(exact, hundredth) / rows)
    for vector in stores.queries:
        hits = await eight_bits.query(Query(vector=as_embedding(vector), limit=10))
        best = np.argsort(-(stores.matrix @ vector))[:10]
        recalled += len({int(hit.entry.id) for hit in hits} & set(best.tolist()))
    if count == SIZES[0]:
        report.ratio("1,000: top-10", figures["ms"], bar=0.2, at_least=False, unit="ms")
        return
    report.ratio(f"{count:,}: exact top-10, times one product", figures["exact"], bar=1.15, at_least=False)
    report.ratio(f"{count:,}: a filter for 50 %, times unfiltered", figures["half"], bar=1.15, at_least=False)
    name = f"{count:,}: a filter for 1 %, times numpy on those rows"
    report.ratio(name, figures["hundredth"], bar=2, at_least=False)
    if count >= 100_000:
        bar = 0.25 if count < 1_000_000 else 0.33
        report.ratio(f"{count:,}: int8 top-10, times one product", figures["int8"], bar=bar, at_least=False)
        report.ratio(f"{count:,}: int8 recall@10", [recalled / (10 * QUERIES)], bar=0.999, at_least=True)


async def _writes(report: Report, stores: Stores, adapter: VectorAdapter, rate: float) -> None:
    one = [entry for start in range(0, WRITES, 50) for entry in stores.entries(start, start + 50)]
    new = [MemoryEntry(text=entry.text, tags=["a", "b"], embedding=entry.embedding) for entry in one]
    inserts = [lambda e=entry: adapter.save(e) for entry in new]
    with (Path(stores.directory) / "fdatasync").open("wb", buffering=0) as file:
        flushes = []
        for _ in range(WRITES):
            start = perf_counter()
            file.write(b"x" * 2048)
            os.fdatasync(file.fileno())
            flushes.append(perf_counter() - start)
    insert = await _timed(inserts)
    delete = await _timed([lambda i=i: adapter.delete(str(i)) for i in range(WRITES)])
    name = f"{stores.count:,}: durable insert"
    report.ratio(f"{name}, times a bare 2 KB fdatasync", [insert / median(flushes)], bar=4, at_least=False)
    report.ratio(name, [insert * 1000], bar=0.5, at_least=False, unit="ms")
    report.ratio(f"{stores.count:,}: delete", [delete * 1000], bar=0.4, at_least=False, unit="ms")
    if stores.count >= 10_000:
        report.ratio(f"{stores.count:,}: save_many", [rate / 1000], bar=25, at_least=True, unit="thousand/s")


async def _opening(report: Report, stores: Stores) -> None:
    flat = Path(stores.directory) / "flat.npy"
    np.save(flat, stores.matrix)
    ratios = []
    for _ in range(ROUNDS):
        _forget_files(Path(stores.directory))
        start = perf_counter()
        np.load(flat)
        read = perf_counter() - start
        adapter = VectorAdapter(stores.directory)
        start = perf_counter()
        await adapter.query(Query(vector=as_embedding(stores.queries[0]), limit=10))
        ratios.append((perf_counter() - start) / read)
        await adapter.close()
    if stores.count >= 100_000:
        report.ratio(f"{stores.count:,}: opening, times reading the bytes", ratios, bar=1.5, at_least=False)


def _forget_files(directory: Path) -> None:
    """Let the operating system drop the files from its memory, so that all of them are read from the disk."""
    for file in directory.iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


async def gap(report: Report) -> None:
    """Report the longest time that a ticker of 1 ms waited during 64 recalls at once over 100,000 entries."""
    with tempfile.TemporaryDirectory() as directory:
        stores = Stores(100_000, directory)
        adapter = VectorAdapter(directory)
        for start in range(0, 100_000, 5000):
            await adapter.save_many(stores.entries(start, start + 5000))
        await stores.seconds(adapter)
        recalls = asyncio.gather(
            *(adapter.query(Query(vector=as_embedding(stores.queries[i % QUERIES]), limit=10)) for i in range(64))
        )
        longest = 0.0
        while not recalls.done():
            start = perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, perf_counter() - start - 0.001)
        await adapter.close()
        name = "event loop: longest gap during 64 recalls at 100k"
        report.ratio(name, [longest * 1000], bar=10, at_least=False, unit="ms")


def main(report: Report) -> None:
    """Report the figures beside their bars."""
    with one_core():  # one task, and its thread that works while it waits
        for count in SIZES:
            asyncio.run(measure(report, count))
    asyncio.run(gap(report))


def full(report: Report) -> None:
    """Report those of a million entries."""
    with one_core():
        asyncio.run(measure(report, 1_000_000))
