"""``python -m benchmarks``: measure, beside those whom a user would take instead. See ``--help`` and CONTRIBUTING."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

# One BLAS thread, before numpy is loaded: a scan runs at the speed of memory, and more threads wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import agreement, machine, results
from benchmarks.page import write_page
from benchmarks.parts import PARTS, chosen, measured, module_of
from benchmarks.unfinished import Unfinished


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=f"Parts: {', '.join(PARTS)}.")
    parser.add_argument("--only", metavar="PARTS", default="", help="these parts, with commas between them")
    parser.add_argument(
        "--full", action="store_true", help="also what takes long: a million entries, failovers, a soak"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results into FILE too")
    parser.add_argument(
        "--page", action="store_true", help="write docs/benchmarks.md and its pictures from the results"
    )
    parser.add_argument(
        "--compare", nargs=2, metavar="FILE", type=Path, help="measure nothing: compare the results of two runs"
    )
    return parser.parse_args()


def _run(parts: list[str], *, full: bool) -> results.Results:
    """The results of ``parts``; those that an interrupted run of the same commit has left are taken as they are."""
    unfinished = Unfinished({"commit": machine.commit(), "parts": parts, "full": full})
    known, found = results.read(), {}
    for number, part in enumerate(parts, 1):
        result = unfinished.result(part)
        about = (module_of(part).__doc__ or "").strip().splitlines()[0]
        last = f"; {known[part]['seconds']:.0f} s last time" if part in known and result is None else ""
        print(f"\n[{number} of {len(parts)}] {part}: {about}{last}", flush=True)
        if result is None:
            result = measured(part, full=full)
            unfinished.keep(part, result)
        else:
            print("        measured before the run was interrupted")
        found[part] = result
    unfinished.drop()
    return found


def _told(found: results.Results) -> str:
    with_bars = [figure for result in found.values() for figure in results.figures(result) if figure.bar is not None]
    missed = [figure for figure in with_bars if not figure.met]
    lines = ["", f"{len(with_bars) - len(missed)} of {len(with_bars)} bars are met"]
    return "\n".join([*lines, *map(str, missed)])


def main() -> None:
    """Do what the command line says."""
    arguments = _arguments()
    if arguments.compare:
        first, second = map(results.read, arguments.compare)
        print(agreement.told(first, second))
        return
    try:
        parts = chosen([name for name in arguments.only.split(",") if name], full=arguments.full)
    except ValueError as error:
        sys.exit(str(error))
    here = ", ".join(f"{name} {value}" for name, value in machine.machine().items())
    print(f"{here}. Ratios hold, absolutes do not.")
    found = _run(parts, full=arguments.full)
    print(_told(found))
    if arguments.json:
        arguments.json.write_text(json.dumps(found), encoding="utf-8")
    if arguments.page:
        whole = results.merged(results.read(), found)
        results.write(whole)
        print(f"Written: {write_page(whole)}")


if __name__ == "__main__":
    main()
