"""A job that several workers start each night and one runs: a report, which is written once and mailed once.

    python examples/coordination/nightly_job.py                         # three workers, and a database in memory
    python examples/coordination/nightly_job.py reports.db 2026-01-31   # of that day, into a file

With ``adapter_type = "memory"`` the workers of one process agree; with "redis" those of all processes.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from axon import LockLost, LockUnavailable, MemorySystem

LOCK_S = 30.0  # so long do others wait for a worker that died; a worker that lives renews it
TWO_DAYS = 2 * 24 * 60 * 60


async def run(memory: MemorySystem, database: sqlite3.Connection, day: str) -> str:
    """Run the job unless somebody else does or has; what came of it."""
    done = memory.flag(f"report/{day}")
    try:
        # A worker that does not get the lock at once need not wait for it: the job is being run.
        async with memory.lock("report", ttl=LOCK_S, wait=0) as lock:
            if await done.read():
                return "was done already"
            if not write(database, day, await report(day), fence=lock.fence):
                return "came too late: a later worker has written"
            # Whoever is first may send the mail; should it die before it has, nobody does. Better no mail than two.
            mailed = await memory.once(f"mail/{day}", ttl=TWO_DAYS)
            # Set when all is done: should a worker die before, the next one does the job. Better twice than never.
            await done.set(ttl=TWO_DAYS)
            return f"wrote {'and mailed ' if mailed else ''}the report with fence {lock.fence}"
    except LockLost:  # it had begun, so that somebody is to know
        raise
    except LockUnavailable as error:
        return f"left it: {error}"


async def report(day: str) -> str:
    """What takes its time."""
    await asyncio.sleep(0.1)
    return f"All is well on {day}"


def write(database: sqlite3.Connection, day: str, text: str, *, fence: int) -> bool:
    """Write the report unless a later holder of the lock has; whether it was written.

    A worker that stood still for longer than its lock lives does not know it. The database does, by the fence.
    """
    statement = """
        insert into reports values (?, ?, ?)
        on conflict (day) do update set text = excluded.text, fence = excluded.fence where fence < excluded.fence
    """
    with database:
        return database.execute(statement, (day, text, fence)).rowcount == 1


async def main(file: str = ":memory:", day: str = "") -> None:
    """Three workers, all at once."""
    day = day or datetime.now(UTC).date().isoformat()
    async with MemorySystem.from_file(Path(__file__).with_name("axon.toml")) as memory:
        with closing(sqlite3.connect(file)) as database:
            database.execute("create table if not exists reports (day text primary key, text text, fence integer)")
            results = await asyncio.gather(*(run(memory, database, day) for _ in range(3)))
        for number, result in enumerate(results, 1):
            print(f"worker {number} {result}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
