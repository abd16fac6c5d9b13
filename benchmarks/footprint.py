"""Memory for each entry, of the client and of the server, and the time from nothing to the first entry.

50,000 records of some 400 bytes, each with a text of its own. Who starts is a new process that imports, opens and saves
one record; the time of a Python that does nothing is taken off.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from redis import Redis
from tests.support.redis_servers.server import Server

from benchmarks import peers
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.rounds import in_turn
from benchmarks.throughput import IN_MEMORY, ON_REDIS
from benchmarks.worker_process import ContenderFailedError, WorkerProcess

ENTRIES = 50_000
ROUNDS = 5
_FIRST = """
import asyncio
from benchmarks.contenders.keyed.{contender} import Contender
from benchmarks.contenders.records import first
async def main():
    contender = Contender()
    await contender.open({port})
    await contender.save("first", contender.prepared("first", first()))
asyncio.run(main())
"""


def main(report: Report) -> None:
    """Report the bytes and the times of all."""
    report.versions = peers.versions()
    _in_memory(report)
    _on_redis(report)
    _first(report, "in memory", IN_MEMORY, None)
    with Server() as server:
        _first(report, "on Redis", ON_REDIS, server.port)
    _import(report)


def _in_memory(report: Report) -> None:
    for contender, who in IN_MEMORY.items():
        report.progress(f"{ENTRIES:,} entries in memory: {who}")
        try:
            with WorkerProcess(f"keyed.{contender}") as worker:
                worker.ask("open", port=None)
                grown = worker.ask("fill", count=ENTRIES)["grown"]
        except ContenderFailedError as error:
            report.note(f"{who} in memory could not be measured: {error}")
        else:
            name = "memory of the process, an entry in memory"
            report.add(Figure(name, [grown / ENTRIES], unit="bytes", more_is_better=False, who=who))


def _on_redis(report: Report) -> None:
    for contender, who in ON_REDIS.items():
        report.progress(f"{ENTRIES:,} entries on Redis: {who}")
        with Server() as server:
            client = Redis(port=server.port)
            try:
                with WorkerProcess(f"keyed.{contender}") as worker:
                    worker.ask("open", port=server.port)
                    before = client.info("memory")["used_memory"]
                    worker.ask("fill", count=ENTRIES)
                    used = client.info("memory")["used_memory"] - before
            except ContenderFailedError as error:
                report.note(f"{who} on Redis could not be measured: {error}")
            else:
                name = "memory of the server, an entry on Redis"
                report.add(Figure(name, [used / ENTRIES], unit="bytes", more_is_better=False, who=who))
            client.close()


def _first(report: Report, where: str, contenders: dict[str, str], port: int | None) -> None:
    """Milliseconds from nothing to the first record saved, without those of a process that does nothing."""
    times: dict[str, list[float]] = {who: [] for who in contenders.values()}
    for number in range(1 + ROUNDS):
        for contender, who in in_turn(list(contenders.items()), number):
            if who in times:
                interpreter = peers.interpreter_of(f"keyed.{contender}")
                try:
                    took = _process(interpreter, _FIRST.format(contender=contender, port=port))
                except subprocess.CalledProcessError as error:
                    report.note(f"{who} {where} could not be started: {error.stderr.decode().splitlines()[-1]}")
                    del times[who]
                    continue
                if number:
                    times[who].append((took - _process(interpreter, "import asyncio")) * 1000)
    for who, rounds in times.items():
        name = f"import, and the first record saved {where}"
        report.add(Figure(name, rounds, unit="ms", more_is_better=False, who=who))


def _import(report: Report) -> None:
    python = Path(sys.executable)
    took = [(_process(python, "import axon") - _process(python, "pass")) * 1000 for _ in range(ROUNDS)]
    report.add(Figure("import axon, which loads what is used when it is used", took, unit="ms", more_is_better=False))


def _process(interpreter: Path, code: str) -> float:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    start = perf_counter()
    subprocess.run([interpreter, "-c", code], check=True, capture_output=True, env=environment)
    return perf_counter() - start
