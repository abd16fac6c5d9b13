"""Memory for each entry, of the client and of the server, and the time that an import takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from redis import Redis
from tests.support.redis_servers.server import Server

from benchmarks import peers
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.throughput import IN_MEMORY, ON_REDIS
from benchmarks.worker_process import ContenderFailedError, WorkerProcess

ENTRIES = 50_000
ROUNDS = 5
IMPORTS = {
    "Axon": ("axon_core", "import axon"),
    "Axon with its adapter for Redis": ("axon_core", "from axon.adapters.redis import RedisAdapter"),
    "axon-sdk 1.0.0b2": ("axon_beta_core", "import axon"),
    "redis-py": ("redis_py", "import redis.asyncio"),
    "cashews": ("cashews_memory", "import cashews"),
    "aiocache": ("aiocache_memory", "import aiocache"),
    "py-key-value": ("key_value_memory", "import key_value.aio.stores.memory"),
    "langgraph": ("langgraph_memory", "import langgraph.store.memory"),
    "chroma": ("chroma", "import chromadb"),
    "lancedb": ("lancedb_flat", "import lancedb"),
}

_FIRST_ENTRY = """
import asyncio
from axon import MemoryConfig, MemorySystem, SessionPolicy
memory = MemorySystem(MemoryConfig(session=SessionPolicy(), persistent=None))
asyncio.run(memory.store("The first entry.", tier="session"))
"""


def main(report: Report) -> None:
    """Report the bytes and the times of all."""
    report.versions = peers.versions()
    _in_memory(report)
    _on_redis(report)
    _imports(report)


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


def _imports(report: Report) -> None:
    """Milliseconds that a process takes for the import, without those of one that imports nothing."""
    times: dict[str, list[float]] = {who: [] for who in IMPORTS}
    for number in range(1 + ROUNDS):
        for who, (contender, code) in IMPORTS.items():
            interpreter = peers.interpreter_of(f"keyed.{contender}")
            took = _process(interpreter, code) - _process(interpreter, "pass")
            if number:
                times[who].append(took * 1000)
    for who, rounds in times.items():
        report.add(Figure("import", rounds, unit="ms", more_is_better=False, who=who))
    python = Path(sys.executable)
    took = [(_process(python, _FIRST_ENTRY) - _process(python, "pass")) * 1000 for _ in range(ROUNDS)]
    report.add(Figure("import, a system, and the first entry stored in memory", took, unit="ms", more_is_better=False))


def _process(interpreter: Path, code: str) -> float:
    times = []
    for _ in range(3):
        start = perf_counter()
        subprocess.run([interpreter, "-c", code], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(perf_counter() - start)
    return statistics.median(times)
