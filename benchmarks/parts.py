"""The parts of the benchmarks: each a module of this name with ``main(report)``, ``full(report)``, or both.

``main`` takes at most some minutes; ``full`` is what takes longer, or needs more memory.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from time import perf_counter
from types import ModuleType
from typing import Any

from benchmarks import machine
from benchmarks.cores import awake
from benchmarks.report import Report

PARTS = (
    "verbs", "recall", "vectors", "churn", "store", "quality", "redis_speed", "redis_coordination", "throughput",
    "nearest", "growth", "footprint", "redis_failures", "redis_scale", "soak",
)  # fmt: skip


def module_of(part: str) -> ModuleType:
    """What measures it."""
    return import_module(f"benchmarks.{part}")


def chosen(only: list[str], *, full: bool) -> list[str]:
    """The parts to be run, in their order; :class:`ValueError` for one that does not exist."""
    for unknown in (name for name in only if name not in PARTS):
        raise ValueError(f"there is no part {unknown!r}; there are: {', '.join(PARTS)}")
    return [name for name in PARTS if name in only or (not only and (full or hasattr(module_of(name), "main")))]


def measured(part: str, *, full: bool) -> dict[str, Any]:
    """The result of a part, for a file: its figures and notes, with what is needed to understand them.

    One that has nothing but ``full`` is measured whole, whatever ``full`` says: it was asked for by its name.
    """
    module, report = module_of(part), Report()
    is_whole = full or not hasattr(module, "main")
    began, start = datetime.now(UTC), perf_counter()
    with awake():
        for name in ("main", "full") if is_whole else ("main",):
            if hasattr(module, name):
                getattr(module, name)(report)
    return {
        "about": (module.__doc__ or "").strip(),
        "began": began.isoformat(timespec="seconds"),
        "seconds": round(perf_counter() - start, 1),
        "full": is_whole,
        "commit": machine.commit(),
        "machine": machine.machine(),
        "versions": machine.versions() | report.versions,
        **report.as_json(),
    }
