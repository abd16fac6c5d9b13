"""The parts of the benchmarks: each a module of this name with ``main(report)``, ``full(report)``, or both.

``main`` takes at most some minutes; ``full`` is what takes longer, or needs more memory.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from time import perf_counter
from types import ModuleType
from typing import Any

from benchmarks import machine, peers
from benchmarks.cores import awake
from benchmarks.report import Report
from benchmarks.results import KINDS

PARTS = (
    "verbs", "recall", "vectors", "churn", "store", "quality", "redis_speed", "redis_coordination", "pieces",
    "throughput", "nearest", "growth", "footprint", "redis_failures", "redis_scale", "soak",
)  # fmt: skip


def module_of(part: str) -> ModuleType:
    """What measures it."""
    return import_module(f"benchmarks.{part}")


def about(part: str) -> str:
    """What is measured, as the module says it."""
    return (module_of(part).__doc__ or "").strip()


def chosen(only: list[str], *, full: bool) -> list[str]:
    """The parts to be run, in their order; :class:`ValueError` for one that does not exist."""
    for unknown in (name for name in only if name not in PARTS):
        raise ValueError(f"there is no part {unknown!r}; there are: {', '.join(PARTS)}")
    return [name for name in PARTS if name in only or (not only and (full or hasattr(module_of(name), "main")))]


def kinds(part: str, *, full: bool) -> list[str]:
    """The kinds of run that are asked for: one that has nothing but ``full`` was asked for by its name."""
    there_are = [kind for kind in KINDS if hasattr(module_of(part), kind)]
    return there_are if full else there_are[:1]


def measured(part: str, kind: str) -> dict[str, Any]:
    """A run of a part, for a file: its figures and notes, with what is needed to understand them.

    What it is measured on is asked before, so that nothing that was measured is lost where that fails.
    """
    report = Report()
    commit, here, ours = machine.commit(), machine.machine(), machine.versions()
    began, start = datetime.now(UTC), perf_counter()
    with awake():
        getattr(module_of(part), kind)(report)
    seconds = perf_counter() - start
    missing = peers.missing() if report.versions else []
    return {
        "began": began.isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "commit": commit,
        "machine": here,
        "versions": {"Axon": ours, "peers": report.versions},
        "notes": [*report.notes, *missing],
        "figures": report.as_json()["figures"],
    }
