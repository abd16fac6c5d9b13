"""A million short-lived entries in memory: how much of the process is left when all have expired.

In waves of 5,000, each with a tag, a session and a text of its own, which live for a second. Each round has a process
of its own: what another part has freed would hide what this one keeps. Of two rounds the sizes of the process differ by
some MiB, as pages are or are not given back; the blocks in which Python keeps objects are counted exactly.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from datetime import UTC, datetime, timedelta

import psutil

from axon import MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.worker_process import measured_alone

COUNT = 1_000_000
ROUNDS = 3
WAVE = 5_000


async def measure(count: int) -> dict[str, float]:
    """MiB of this process and blocks after 20,000 entries, what ``count`` more add to each, and the entries left."""
    turned = 0.0
    adapter = InMemoryAdapter(clock=lambda: time.time() + turned)

    async def churn(entries: int) -> tuple[float, int]:
        nonlocal turned
        for number in range(entries):
            now = datetime.now(UTC) + timedelta(seconds=turned)
            await adapter.save(
                MemoryEntry(
                    text=f"request {number} of user {number % 977} about thing {number % 5003}",
                    tags=(f"request-{number}", "all"),
                    user_id=f"user-{number % 1000}",
                    session_id=f"session-{number}",
                    created_at=now,
                    expires_at=now + timedelta(seconds=1),
                )
            )
            if number % WAVE == WAVE - 1:
                turned += 1.1
        turned += 2
        await adapter.count()
        gc.collect()
        return psutil.Process().memory_info().rss / 2**20, sys.getallocatedblocks()

    size, blocks = await churn(4 * WAVE)
    size_then, blocks_then = await churn(count)
    more = {"more": size_then - size, "more_blocks": blocks_then - blocks}
    return {"size": size, "blocks": blocks, **more, "left": await adapter.count()}


def main(report: Report) -> None:
    """Report the growth beside its bar."""
    rounds = [measured_alone("benchmarks.churn", COUNT) for _ in range(ROUNDS)]
    of = {name: [each[name] for each in rounds] for name in rounds[0]}
    name = "a million expired entries: more than after 20,000"
    report.barred(name, of["more"], bar=1, at_least=False, unit="MiB")
    name = "a million expired entries: blocks of objects, more than after 20,000"
    report.add(Figure(name, of["more_blocks"], unit="blocks", more_is_better=False))
    report.note(f"{max(of['size']):.0f} MiB and {max(of['blocks']):,} blocks before, {max(of['left'])} entries left")


if __name__ == "__main__":  # the process that is measured
    print(json.dumps(asyncio.run(measure(int(sys.argv[1])))))
