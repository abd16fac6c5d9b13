"""``python -m benchmarks [NAME ...]``: all figures, or those of some parts."""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module

from benchmarks.awake import awake

PARTS = (
    "verbs", "recall", "vectors", "churn", "store", "quality", "redis_speed", "redis_failures", "redis_scale",
    "redis_coordination",
)  # fmt: skip


def main(parts: list[str]) -> None:
    """Run ``parts``, or all of them."""
    for unknown in (part for part in parts if part not in PARTS):
        sys.exit(f"there is no part {unknown!r}; there are: {', '.join(PARTS)}")
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}"
    print(f"{machine}, kept awake. Ratios hold, absolutes do not.")
    for part in parts or PARTS:
        print(f"\n{part}: {(import_module(f'benchmarks.{part}').__doc__ or '').splitlines()[0]}")
        with awake():
            import_module(f"benchmarks.{part}").main()


if __name__ == "__main__":
    # One BLAS thread, before numpy is loaded: a scan runs at the speed of memory, and more threads wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main(sys.argv[1:])
