"""One contender in a process: ``python -m benchmarks.contenders.worker keyed.redis_py``, spoken to by lines of JSON.

Each line on standard input is a request, each line on standard output its answer. A request is the name of a job and
its arguments; an answer is what the job gives, or ``{"error": ...}``. What the contender itself prints goes to standard
error.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.contenders.recall_jobs import RecallJobs
from benchmarks.contenders.records import Records


def resident() -> int:
    """Bytes of this process that are in the memory of the machine (``/proc``, else the most there ever were)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return pages * os.sysconf("SC_PAGE_SIZE")


class KeyedJobs:
    """What is asked of a contender that keeps values under keys."""

    def __init__(self, contender: Any) -> None:
        self._contender = contender
        self._records = Records()
        self._saved = 0

    async def open(self, port: int | None) -> dict[str, Any]:
        """Begin."""
        await self._contender.open(port)
        return {}

    async def fill(self, count: int) -> dict[str, Any]:
        """Save ``count`` new records, 64 tasks at once; how many bytes this process has grown by."""
        await self._spread(self._prepare(10), 1)  # what only the first ones need is there
        gc.collect()
        before = resident()
        for start in range(0, count, 1000):
            await self._spread(self._prepare(min(1000, count - start)), 64)
        gc.collect()
        return {"grown": resident() - before}

    async def save(self, tasks: int, calls: int) -> dict[str, Any]:
        """The rate of so many saves of new records by so many tasks."""
        return await self._spread(self._prepare(calls), tasks)

    async def get(self, tasks: int, calls: int) -> dict[str, Any]:
        """The rate of so many gets, of keys that are there."""
        get, saved = self._contender.get, self._saved

        async def one(number: int) -> None:
            if await get(f"key-{number * 7919 % saved}") is None:
                raise LookupError(f"key-{number * 7919 % saved} is not there")

        return await _rate(one, tasks, calls)

    async def close(self) -> dict[str, Any]:
        """End."""
        await self._contender.close()
        return {}

    def _prepare(self, count: int) -> list[tuple[str, Any]]:
        keys = [f"key-{number}" for number in range(self._saved, self._saved + count)]
        made = [
            (key, self._contender.prepared(key, self._records.record(self._saved + number)))
            for number, key in enumerate(keys)
        ]
        self._saved += count
        return made

    async def _spread(self, made: list[tuple[str, Any]], tasks: int) -> dict[str, Any]:
        save = self._contender.save

        async def one(number: int) -> None:
            await save(*made[number])

        return await _rate(one, tasks, len(made))


async def _rate(call: Any, tasks: int, calls: int) -> dict[str, Any]:
    """Calls a second, made by so many tasks."""
    numbers = iter(range(calls))

    async def work() -> None:
        for number in numbers:
            await call(number)

    gc.collect()
    start = perf_counter()
    await asyncio.gather(*(work() for _ in range(tasks)))
    return {"rate": calls / (perf_counter() - start)}


class NearestJobs:
    """What is asked of a contender that finds vectors."""

    def __init__(self, contender: Any) -> None:
        self._contender = contender

    async def open(self, folder: str, dimension: int) -> dict[str, Any]:
        """Begin."""
        import numpy as np  # noqa: F401  # what this job itself needs is none of what the contender takes

        await self._contender.open(Path(folder), dimension)
        gc.collect()
        self._before = resident()
        return {}

    async def insert(self, path: str, at_once: int = 1000) -> dict[str, Any]:
        """Add the rows of the matrix in a file; how long that takes."""
        import numpy as np

        matrix = np.load(path, mmap_mode="r")
        seconds = 0.0
        for first in range(0, len(matrix), at_once):
            rows = np.array(matrix[first : first + at_once])
            start = perf_counter()
            await self._contender.insert(first, rows)
            seconds += perf_counter() - start
        start = perf_counter()
        await self._contender.finish()
        return {"seconds": seconds + perf_counter() - start}

    async def grown(self) -> dict[str, Any]:
        """How many bytes this process has grown by since it was opened."""
        gc.collect()
        return {"grown": resident() - self._before}

    async def tune(self, effort: int) -> dict[str, Any]:
        """Let an index that is approximate look at so many candidates."""
        await self._contender.tune(effort)
        return {}

    async def search(self, path: str, count: int, groups: list[int] | None = None) -> dict[str, Any]:
        """Look for each row of the matrix in a file, in a group of its own if told.

        How long one takes, and what was found.
        """
        import numpy as np

        if groups is not None and not hasattr(self._contender, "search_group"):
            return {"error": "it has no filter"}
        times, found = [], []
        for number, vector in enumerate(np.load(path)):
            start = perf_counter()
            if groups is None:
                ids = await self._contender.search(vector, count)
            else:
                ids = await self._contender.search_group(vector, count, groups[number])
            times.append(perf_counter() - start)
            found.append([int(each) for each in ids])
        return {"p50": statistics.median(times), "found": found}

    async def close(self) -> dict[str, Any]:
        """End."""
        await self._contender.close()
        return {}


_JOBS = {"keyed": KeyedJobs, "nearest": NearestJobs, "recall": RecallJobs}


async def _serve(module: str) -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    contender = import_module(f"benchmarks.contenders.{module}").Contender()
    jobs = _JOBS[module.partition(".")[0]](contender)
    answer: dict[str, Any] = {}
    while True:
        print(json.dumps(answer), file=answers, flush=True)
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            return
        request = json.loads(line)
        try:
            answer = await getattr(jobs, request.pop("job"))(**request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    # One BLAS thread and no telemetry, set before anything is imported: see benchmarks/__main__.py.
    asyncio.run(_serve(sys.argv[1]))
