"""Pieces of calls of the embedded store, in microseconds."""

# ruff: noqa: SLF001 - pieces of calls are not what anybody calls

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from itertools import count, cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from axon import Filter, MemoryEntry
from axon.adapters.vector import VectorAdapter
from axon.spi import Query, as_embedding
from axon_vector.database import FILE
from axon_vector.quantized import Quantized
from axon_vector.rows import are_intact
from benchmarks.cores import one_core
from benchmarks.rounds import in_rounds, in_turn
from benchmarks.store import DIMENSION, LARGE, Stores

_ROUNDS = 5
_ROWS = 256
"""So many rows a store reads at once."""
_WRITES = 200
_TRIPS = 400

Pieces = dict[str, list[float]]


def measured() -> dict[str, Pieces]:
    """The rounds of each piece, by what it is a piece of."""
    with tempfile.TemporaryDirectory() as directory, one_core():
        return asyncio.run(_of_store(directory))


async def _of_store(directory: str) -> dict[str, Pieces]:
    stores = Stores(LARGE, directory)
    adapter = VectorAdapter(directory)
    await stores.save(adapter)
    await adapter.query(Query(vector=as_embedding(stores.questions(1)[0]), limit=10))
    recalls = await adapter._worker.run(lambda store: _recalls(store, stores))
    recalls["to go to the store's thread and back"] = await _there_and_back(adapter)
    await adapter.close()
    return {
        "The store, a recall": recalls,
        "The store, a pass over 100,000 vectors": _passes(stores),
        "The store, to open it": _opening(Path(directory), stores),
        "The store, a write": await _writes(stores),
    }


def _rounds(pieces: Mapping[str, Callable[[], object]], *, times: int) -> Pieces:
    """The median of some calls of each piece, round by round."""
    found: dict[str, list[float]] = {name: [] for name in pieces}
    for number in range(_ROUNDS + 1):
        for name, call in in_turn(list(pieces.items()), number):
            taken = []
            for _ in range(times):
                start = perf_counter()
                call()
                taken.append((perf_counter() - start) * 1e6)
            if number:
                found[name].append(median(taken))
    return found


def _recalls(store: Any, stores: Stores) -> Pieces:
    chance = random.Random(1)

    def read() -> None:
        store.kept.forget_entries()
        store.entries_at(chance.sample(range(1, LARGE), 10))

    tags = iter(count())

    def admit() -> None:
        store.kept.admitted(Filter(tags=[f"group-{next(tags) % 100}"]))

    def admit_half() -> None:
        store.kept._admitted.clear()
        store.kept.admitted(Filter(user_id="user-1"))

    rows, others = np.arange(7, LARGE, 100), cycle([np.arange(first, LARGE, 100) for first in range(100)])
    question = stores.questions(1)[0]
    return _rounds(
        {
            "to read ten entries": read,
            "to look up what a new filter for 1 % admits": admit,
            "to look up what a new filter for 50 % admits": admit_half,
            "to see that nobody has written": store.kept.is_current,
            "numpy's product of the same 1 % of the rows again": lambda: stores.matrix[rows] @ question,
            "numpy's product of another 1 % each time": lambda: stores.matrix[next(others)] @ question,
        },
        times=40,
    )


async def _there_and_back(adapter: VectorAdapter) -> list[float]:
    found = []
    for _ in range(_ROUNDS):
        taken = []
        for _ in range(_TRIPS):
            start = perf_counter()
            await adapter._worker.run(lambda _: None)
            taken.append((perf_counter() - start) * 1e6)
        found.append(median(taken))
    return found


def _passes(stores: Stores) -> Pieces:
    quantized = Quantized(DIMENSION)
    quantized.set(0, stores.matrix, LARGE)
    question = stores.questions(1)[0]
    question /= np.linalg.norm(question)
    estimates = quantized.estimates(question, LARGE)
    return _rounds(
        {
            "in float32, by numpy": lambda: stores.matrix @ question,
            "in eight bits": lambda: quantized.estimates(question, LARGE),
            "to choose among these": lambda: estimates.possible(10),
        },
        times=20,
    )


def _opening(directory: Path, stores: Stores) -> Pieces:
    """As a store does it: some rows at once, each some checked and copied while the processor's cache holds them."""
    flat = directory / "flat.npy"
    np.save(flat, stores.matrix)
    matrix = np.empty_like(stores.matrix)
    with closing(sqlite3.connect(directory / FILE)) as connection:
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute("PRAGMA cell_size_check = ON")

        def read(*then: Callable[[list[bytes], int], object]) -> None:
            rows = connection.execute("SELECT position, embedding FROM vector WHERE namespace = 1 ORDER BY position")
            first = 0
            while batch := rows.fetchmany(_ROWS):
                blobs = [blob for _, blob in batch]
                for each in then:
                    each(blobs, first)
                first += len(batch)

        def check(blobs: list[bytes], _: int) -> None:
            if not are_intact(blobs, DIMENSION):
                raise RuntimeError("a vector is damaged")

        def copy(blobs: list[bytes], first: int) -> None:
            some = np.frombuffer(b"".join(blobs), np.float32).reshape(-1, DIMENSION + 1)
            matrix[first : first + len(some)] = some[:, :-1]

        return _rounds(
            {
                "to read the vectors from a flat file": lambda: np.load(flat),
                "to read them through SQLite": read,
                "to read and check them": lambda: read(check),
                "to read, check and copy them": lambda: read(check, copy),
            },
            times=1,
        )


async def _writes(stores: Stores) -> Pieces:
    """Of a store without waits for the disk, beside one wait."""
    with tempfile.TemporaryDirectory() as directory:
        adapter = VectorAdapter(directory, synchronous="normal")
        await adapter.save_many(stores.entries(0, 10_000))
        left = iter(range(10_000))
        new = iter(
            [
                MemoryEntry(text=entry.text, tags=["a", "b"], embedding=entry.embedding)
                for entry in stores.entries(0, (_ROUNDS + 1) * _WRITES)
            ]
        )

        async def flush(_: int) -> None:
            file.write(b"x" * 2048)
            os.fdatasync(file.fileno())

        with (Path(directory) / "fdatasync").open("wb", buffering=0) as file:
            calls: dict[str, Callable[[int], Awaitable[object]]] = {
                "an insert that waits for no disk": lambda _: adapter.save(next(new)),
                "a delete that waits for no disk": lambda _: adapter.delete(str(next(left))),
                "a bare fdatasync of 2 KB": flush,
            }

            async def measure(number: int) -> dict[str, float]:
                found = {}
                for name, call in in_turn(list(calls.items()), number):
                    taken = []
                    for each in range(_WRITES):
                        start = perf_counter()
                        await call(each)
                        taken.append((perf_counter() - start) * 1e6)
                    found[name] = median(taken)
                return found

            rounds = await in_rounds(_ROUNDS, measure)
        await adapter.close()
    return {name: rounds[name] for name in calls}
