"""On which cores something is measured, and that none of them goes to sleep meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

_SPIN = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == PARENT:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def awake() -> Iterator[None]:
    """Let a process spin on each core that runs only where nothing else wants to (``SCHED_IDLE``, see sched(7)).

    A core that sleeps takes some 50 microseconds to wake up on a virtual machine, several times what a command to Redis
    takes: without this a call that waits for a reply measures the machine, and both sides of a ratio as much.
    Where the system has no such scheduler, nothing is done.
    """
    spinning: list[subprocess.Popen[bytes]] = []
    if hasattr(os, "SCHED_IDLE"):
        code = _SPIN.replace("PARENT", str(os.getpid()))
        command = [sys.executable, "-c", code]
        # In a group of their own no Ctrl-C reaches them: they end with this process, and say nothing.
        spinning = [subprocess.Popen(command, process_group=0) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


@contextmanager
def one_core(*processes: int) -> Iterator[None]:
    """Let this process, ``processes`` and those that are started meanwhile run on one core: client and server in turns.

    With two, each reply wakes the other core. On a virtual machine that takes 5 or 50 microseconds, as the host pleases
    from one hour to the next, where all work of a call takes 20: the ratio would be that of the hour. What is left on
    one core is the work of both sides, which is what a library can do something about.
    Where the system knows no affinity, nothing is done.
    """
    cores = _cores()
    one = {max(cores)} if cores else set()
    with _placed(dict.fromkeys((0, *processes), one)):
        yield


@contextmanager
def apart(servers: Iterable[int], clients: Iterable[int] = ()) -> Iterator[None]:
    """Let ``servers`` run on other cores than this process and ``clients``, as they would on another machine.

    Left alone, a system puts both on one core for minutes on end, since they wake each other, and on two the next time.
    """
    cores = _cores()
    if len(cores) < 2:
        yield
        return
    ours, others = {max(cores)}, cores - {max(cores)}
    with _placed(dict.fromkeys((0, *clients), ours) | dict.fromkeys(servers, others)):
        yield


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else set()


@contextmanager
def _placed(places: Mapping[int, set[int]]) -> Iterator[None]:
    """Let processes run on these cores, and then where they did before; nothing is done where there are none."""
    before = {process: os.sched_getaffinity(process) for process, cores in places.items() if cores}
    for process in before:
        os.sched_setaffinity(process, places[process])
    try:
        yield
    finally:
        for process, cores in before.items():
            os.sched_setaffinity(process, cores)
