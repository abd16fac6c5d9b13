"""The embedded store against numpy and the disk: exact and eight-bit scans, filters, durable writes, opening.

Entries of some 150 characters, each with 384 numbers by chance; 40 questions make a round, and no question is asked
twice. A filter that is *known* was asked before, of one that is *new* what it admits has to be looked up; numpy is told
the rows, of a known filter the same ones again, of a new one others each time. What is written is in turns with a bare
write of 2 KB that waits for the disk (``fdatasync``). Linux alone can be told to forget a file.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from axon import Filter, MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.spi import Query, as_embedding
from benchmarks.cores import one_core
from benchmarks.report import Report
from benchmarks.rounds import in_rounds
from benchmarks.texts import Texts

DIMENSION = 384
SIZES = (1_000, 10_000, 100_000)
QUERIES = 40
ROUNDS = 3
WRITES = 100
LARGE = 100_000
"""From so many entries on it is asked what eight bits and opening take."""
_AT_ONCE = 5000
_FORGOTTEN_AFTER = 20
"""So many other filters, and a store has forgotten what one admits."""


class Stores:
    """Entries of one size in a directory, opened exactly and, where it pays, with eight bits."""

    def __init__(self, count: int, directory: str) -> None:
        self.count = count
        self.directory = directory
        self._random, self._texts = np.random.default_rng(count), Texts(count)
        self.matrix = self._random.standard_normal((count, DIMENSION), np.float32)
        self.matrix /= np.linalg.norm(self.matrix, axis=1, keepdims=True)

    def entries(self, start: int, end: int) -> list[MemoryEntry]:
        """Entries of about 150 characters: every user has a half of them, every tag a hundredth."""
        return [
            MemoryEntry(
                id=str(number),
                text=self._texts.words(24),
                user_id=f"user-{number % 2}",
                tags=[f"group-{number % 100}"],
                embedding=self.matrix[number],
            )
            for number in range(start, end)
        ]

    async def save(self, adapter: VectorAdapter) -> float:
        """Save all of them; how many a second."""
        seconds = 0.0
        for start in range(0, self.count, _AT_ONCE):
            batch = self.entries(start, min(start + _AT_ONCE, self.count))
            began = perf_counter()
            await adapter.save_many(batch)
            seconds += perf_counter() - began
        return self.count / seconds

    def questions(self, count: int = QUERIES) -> Any:
        """Vectors that were not asked for before."""
        return self._random.standard_normal((count, DIMENSION), np.float32)

    async def seconds(
        self,
        adapter: VectorAdapter,
        filters: Iterable[Filter | None] = (None,),
        *,
        before: Sequence[Filter] = (),
    ) -> float:
        """Of a top-10, the median; ``filters`` take turns, and those of ``before`` are asked before each."""
        times = []
        for vector, filter in zip(self.questions(), cycle(filters), strict=False):
            for other in before:
                await adapter.query(Query(vector=as_embedding(vector), filter=other, limit=1))
            query = Query(vector=as_embedding(vector), filter=filter, limit=10)
            start = perf_counter()
            await adapter.query(query)
            times.append(perf_counter() - start)
        return median(times)

    def numpy_seconds(self, *groups: int) -> float:
        """Of one product and the ten best of it; with ``groups``, of the rows of one of them, in turns."""
        admitted = [np.arange(group, self.count, 100) for group in groups] or [slice(None)]
        times = []
        for vector, rows in zip(self.questions(), cycle(admitted), strict=False):
            began = perf_counter()
            scores = self.matrix[rows] @ vector
            np.argpartition(scores, -10)[-10:]
            times.append(perf_counter() - began)
        return median(times)


async def measure(report: Report, count: int) -> None:
    """Report the figures for ``count`` entries."""
    with tempfile.TemporaryDirectory() as directory:
        stores = Stores(count, directory)
        exact, eight_bits = VectorAdapter(directory), VectorAdapter(directory, scan="int8")
        rates = [await stores.save(exact)]
        _tell_scans(report, count, await in_rounds(ROUNDS, lambda _: _scans(stores, exact, eight_bits)))
        _tell_writes(report, count, await in_rounds(ROUNDS, lambda number: _writes(stores, exact, number)))
        await exact.close()
        await eight_bits.close()
        if count >= LARGE:
            ratios = await in_rounds(ROUNDS, lambda _: _opening(stores))
            report.barred(f"{count:,}: opening, times reading the bytes", ratios[""], bar=1.5, at_least=False)
    if count >= SIZES[1]:
        rates += [await _rate(stores) for _ in range(ROUNDS - 1 if count <= LARGE else 0)]
        rounds = [rate / 1000 for rate in rates]
        report.barred(f"{count:,}: save_many", rounds, bar=25, at_least=True, unit="thousand/s")


async def _rate(stores: Stores) -> float:
    """How many entries a second are saved in an empty directory."""
    with tempfile.TemporaryDirectory() as directory:
        adapter = VectorAdapter(directory)
        rate = await stores.save(adapter)
        await adapter.close()
        return rate


async def _scans(stores: Stores, exact: VectorAdapter, eight_bits: VectorAdapter) -> dict[str, float]:
    half, hundredths = Filter(user_id="user-1"), [Filter(tags=[f"group-{number}"]) for number in range(100)]
    yard = stores.numpy_seconds()
    unfiltered = await stores.seconds(exact)
    figures = {
        "ms": unfiltered * 1000,
        "exact": unfiltered / yard,
        "half, known": await stores.seconds(exact, [half]) / unfiltered,
        "hundredth, new": await stores.seconds(exact, hundredths) / stores.numpy_seconds(*range(100)),
        "hundredth, known": await stores.seconds(exact, hundredths[:1]) / stores.numpy_seconds(0),
        # So many others that a store has forgotten it.
        "half, new": await stores.seconds(exact, [half], before=hundredths[:_FORGOTTEN_AFTER]) / unfiltered,
    }
    return figures | ({"int8": await stores.seconds(eight_bits) / yard} if stores.count >= LARGE else {})


def _tell_scans(report: Report, count: int, figures: Mapping[str, list[float]]) -> None:
    if count == SIZES[0]:
        report.barred("1,000: top-10", figures["ms"], bar=0.2, at_least=False, unit="ms")
        return
    report.barred(f"{count:,}: exact top-10, times one product", figures["exact"], bar=1.15, at_least=False)
    for filter in ("known", "new"):
        name = f"{count:,}: a filter for 50 %, {filter}, times unfiltered"
        report.barred(name, figures[f"half, {filter}"], bar=1.15, at_least=False)
        name = f"{count:,}: a filter for 1 %, {filter}, times numpy on those rows"
        report.barred(name, figures[f"hundredth, {filter}"], bar=2, at_least=False)
    if "int8" in figures:
        bar = 0.25 if count <= LARGE else 0.33
        report.barred(f"{count:,}: int8 top-10, times one product", figures["int8"], bar=bar, at_least=False)


async def _writes(stores: Stores, adapter: VectorAdapter, number: int) -> dict[str, float]:
    """Milliseconds of an insert and of a delete, and the insert by a write that waits for the disk."""
    old = [str(each) for each in range(number * WRITES, (number + 1) * WRITES)]
    vectors = stores.matrix[:WRITES]
    new = [
        MemoryEntry(text=e.text, tags=["a", "b"], embedding=vectors[n]) for n, e in enumerate(stores.entries(0, WRITES))
    ]
    flushes, inserts, deletes = [], [], []
    with (Path(stores.directory) / "fdatasync").open("wb", buffering=0) as file:
        for entry, entry_id in zip(new, old, strict=True):
            start = perf_counter()
            file.write(b"x" * 2048)
            os.fdatasync(file.fileno())
            flushed = perf_counter()
            await adapter.save(entry)
            inserted = perf_counter()
            await adapter.delete(entry_id)
            deletes.append(perf_counter() - inserted)
            inserts.append(inserted - flushed)
            flushes.append(flushed - start)
    return {
        "durable insert, times a bare 2 KB fdatasync": median(inserts) / median(flushes),
        "durable insert": median(inserts) * 1000,
        "delete": median(deletes) * 1000,
    }


def _tell_writes(report: Report, count: int, figures: Mapping[str, list[float]]) -> None:
    for (name, rounds), bar in zip(figures.items(), (4, 0.5, 0.4), strict=True):
        unit = "" if "times" in name else "ms"
        report.barred(f"{count:,}: {name}", rounds, bar=bar, at_least=False, unit=unit)


async def _opening(stores: Stores) -> dict[str, float]:
    """From opening to the first answer, by reading the same numbers from a flat file; both from the disk."""
    flat = Path(stores.directory) / "flat.npy"
    if not flat.exists():
        np.save(flat, stores.matrix)
    _forget_files(Path(stores.directory))
    start = perf_counter()
    np.load(flat)
    read = perf_counter() - start
    adapter = VectorAdapter(stores.directory)
    start = perf_counter()
    await adapter.query(Query(vector=as_embedding(stores.questions(1)[0]), limit=10))
    took = perf_counter() - start
    await adapter.close()
    return {"": took / read}


def _forget_files(directory: Path) -> None:
    """Let the operating system drop the files from its memory, so that all of them are read from the disk."""
    for file in directory.iterdir():
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


async def _gap(report: Report) -> None:
    """Report the longest time that a ticker of 1 ms waited during 64 recalls at once over 100,000 entries."""
    with tempfile.TemporaryDirectory() as directory:
        stores, adapter = Stores(LARGE, directory), VectorAdapter(directory)
        await stores.save(adapter)

        async def measure(_: int) -> dict[str, float]:
            queries = [Query(vector=as_embedding(vector), limit=10) for vector in stores.questions(64)]
            recalls = asyncio.gather(*map(adapter.query, queries))
            longest = 0.0
            while not recalls.done():
                start = perf_counter()
                await asyncio.sleep(0.001)
                longest = max(longest, perf_counter() - start - 0.001)
            return {"event loop: longest gap during 64 recalls at 100k": longest * 1000}

        for name, rounds in (await in_rounds(ROUNDS, measure)).items():
            report.barred(name, rounds, bar=10, at_least=False, unit="ms")
        await adapter.close()


def main(report: Report) -> None:
    """Report the figures beside their bars."""
    with one_core():  # one task, and its thread that works while it waits
        for count in SIZES:
            asyncio.run(measure(report, count))
    asyncio.run(_gap(report))


def full(report: Report) -> None:
    """Report those of a million entries."""
    with one_core():
        asyncio.run(measure(report, 1_000_000))
