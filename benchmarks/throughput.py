"""Saves and gets by 1, 64 and 256 tasks: Axon and those whom a user would take instead, in turns.

Records of some 400 bytes, of which 200 are text, with two tags, a user and a session, all kept for an hour; 5,000 are
there before the first call, and each round saves new ones. Each contender has a process of its own, and on Redis as
many connections as it wants; each number of tasks has new processes with new stores, and a new server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext

from tests.support.redis_servers.server import Server

from benchmarks import peers
from benchmarks.cores import apart, one_core
from benchmarks.figure import Figure
from benchmarks.report import Report
from benchmarks.rounds import in_turn
from benchmarks.worker_process import ContenderFailedError, WorkerProcess

ON_REDIS = {
    "axon_redis": "Axon's adapter",
    "axon_redis_wordless": "Axon's adapter, no word index",
    "axon_system_redis": "Axon's MemorySystem",
    "redis_py": "redis-py",
    "cashews_redis": "cashews",
    "aiocache_redis": "aiocache",
    "key_value_redis": "py-key-value",
    "axon_beta_redis": "axon-sdk 1.0.0b2",
}
IN_MEMORY = {
    "axon_memory": "Axon's adapter",
    "axon_memory_wordless": "Axon's adapter, no word index",
    "axon_system_memory": "Axon's MemorySystem",
    "cashews_memory": "cashews",
    "aiocache_memory": "aiocache",
    "key_value_memory": "py-key-value",
    "langgraph_memory": "langgraph",
    "axon_beta_memory": "axon-sdk 1.0.0b2",
}
TASKS = (1, 64, 256)
ROUNDS = 5
FILLED = 5_000
_ROUND_S = 0.25
_LEAST, _MOST = 200, 20_000


def main(report: Report) -> None:
    """Report the rates of all."""
    report.versions = peers.versions()
    _measure(report, "on Redis", ON_REDIS, Server)
    _measure(report, "in memory", IN_MEMORY, nullcontext)
    report.note("One task: client and server on one core. Many tasks: the client on one, the server on another.")
    report.note(
        "Axon indexes what it saves, by tag, user, session and, where not said otherwise, by word. No other does."
    )
    report.note(
        "In memory langgraph and axon-sdk 1.0.0b2 let nothing expire; all but py-key-value hold the object itself."
    )
    report.note(
        "What is saved stays until the tasks become more, up to some hundred thousand records of the fastest: "
        "in memory a save is slower than in an empty store."
    )
    report.note("Axon's MemorySystem makes the entry and checks it within the call; its adapters get one that is made.")


def _measure(
    report: Report, where: str, contenders: dict[str, str], serving: Callable[[], AbstractContextManager[Server | None]]
) -> None:
    left = dict(contenders)
    for tasks in TASKS:
        with ExitStack() as stack:
            server = stack.enter_context(serving())
            workers: dict[str, WorkerProcess] = {}
            for contender, who in contenders.items():
                if contender in left:
                    try:
                        workers[who] = _filled(stack, contender, server)
                    except ContenderFailedError as error:
                        report.note(f"{who} {where} could not be measured: {error}")
                        del left[contender]
            servers, clients = [] if server is None else [server.pid], [worker.pid for worker in workers.values()]
            for verb in ("get", "save"):
                report.progress(f"{verb} {where}, {tasks} tasks")
                with one_core(*clients, *servers) if tasks == 1 else apart(servers, clients):
                    rates = _rates(report, workers, verb, tasks)
                for who, rounds in rates.items():
                    report.add(Figure(f"{verb} {where}", rounds, unit="calls/s", who=who, at=tasks))


def _filled(stack: ExitStack, contender: str, server: Server | None) -> WorkerProcess:
    worker = stack.enter_context(WorkerProcess(f"keyed.{contender}"))
    worker.ask("open", port=None if server is None else server.port)
    worker.ask("fill", count=FILLED)
    return worker


def _rates(report: Report, workers: dict[str, WorkerProcess], verb: str, tasks: int) -> dict[str, Sequence[float]]:
    """Calls a second in each round, after one that opens connections and tells how many calls a round should have."""
    rates: dict[str, list[float]] = {who: [] for who in workers}
    least = max(_LEAST, 2 * tasks)
    calls = dict.fromkeys(workers, least)
    for number in range(1 + ROUNDS):
        for who, worker in in_turn(list(workers.items()), number):
            if who in rates:
                try:
                    rate = worker.ask(verb, tasks=tasks, calls=calls[who])["rate"]
                except ContenderFailedError as error:
                    report.note(f"{who}: {verb} by {tasks} tasks failed: {error}")
                    del rates[who]
                    continue
                if number:
                    rates[who].append(rate)
                else:
                    calls[who] = min(_MOST, max(least, int(rate * _ROUND_S)))
    return rates
