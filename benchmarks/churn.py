"""A million short-lived entries in memory: how much of the process is left when all have expired.

In waves of 5,000, each with a tag, a session and a text of its own, which live for a second.
"""

from __future__ import annotations

import asyncio
import gc
import time
from datetime import UTC, datetime, timedelta

import psutil

from axon import MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from benchmarks.report import Report

WAVE = 5_000


async def measure(count: int = 1_000_000) -> tuple[float, float, int]:
    """MiB of this process after 20,000 entries and after ``count`` more, and the entries left."""
    turned = 0.0
    adapter = InMemoryAdapter(clock=lambda: time.time() + turned)

    async def churn(entries: int) -> float:
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
        return psutil.Process().memory_info().rss / 2**20

    before = await churn(4 * WAVE)
    return before, await churn(count), await adapter.count()


def main(report: Report) -> None:
    """Report the growth beside its bar."""
    before, after, left = asyncio.run(measure())
    name = "a million expired entries: more than after 20,000"
    report.barred(name, [after - before], bar=1, at_least=False, unit="MiB")
    report.note(f"{before:.0f} MiB before, {after:.0f} MiB after, {left} entries left")
