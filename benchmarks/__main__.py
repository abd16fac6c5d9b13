"""``python -m benchmarks``: measure, beside those whom a user would take instead. See ``--help`` and CONTRIBUTING."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

# One BLAS thread, before numpy is loaded: a scan runs at the speed of memory, and more threads wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from benchmarks import agreement, machine, peers, results
from benchmarks.page import write_page
from benchmarks.parts import PARTS, about, chosen, kinds, measured
from benchmarks.unfinished import FOLDER, Unfinished

_INTERRUPTED = 130


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=f"Parts: {', '.join(PARTS)}.")
    parser.add_argument(
        "--only", nargs="+", metavar="PART", default=[], help="these parts, with commas or spaces between them"
    )
    parser.add_argument(
        "--full", action="store_true", help="also what takes long: a million entries, failovers, a soak"
    )
    parser.add_argument("--json", metavar="FILE", type=_writable, help="write the results into FILE too")
    parser.add_argument(
        "--page", action="store_true", help="write docs/benchmarks.md and its pictures from the results"
    )
    parser.add_argument(
        "--compare", nargs=2, metavar="FILE", type=_readable, help="measure nothing: compare the results of two runs"
    )
    arguments = parser.parse_args(words)
    if arguments.compare:
        if not agreement.pairs(*arguments.compare):
            parser.error("the results of the two runs have no ratio in common")
        return arguments
    only = " ".join(arguments.only).replace(",", " ").split()
    if arguments.only and not only:
        parser.error(f"--only names no part; there are: {', '.join(PARTS)}")
    try:
        arguments.parts = chosen(only, full=arguments.full)
    except ValueError as error:
        parser.error(str(error))
    return arguments


def _writable(name: str) -> Path:
    """Told before anything is measured, not when it is to be written."""
    file = Path(name)
    is_new = not file.exists()
    try:
        file.open("a").close()
    except OSError:
        raise argparse.ArgumentTypeError(f"{name} cannot be written") from None
    if is_new:
        file.unlink()
    return file


def _readable(name: str) -> results.Results:
    if not Path(name).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {name}")
    try:
        found = results.read(Path(name))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{name} holds no results: {error}") from None
    if not any(isinstance(run, dict) for result in found.values() for _, run in results.runs(result)):
        raise argparse.ArgumentTypeError(f"{name} holds no results")
    return found


def _run(parts: list[str], unfinished: Unfinished, *, full: bool) -> tuple[results.Results, list[str]]:
    """What was found, and the parts that failed; what an interrupted command has left is taken as it is."""
    found: results.Results = {}
    known, failed = results.read(), []
    for number, part in enumerate(parts, 1):
        try:
            print(f"\n[{number} of {len(parts)}] {part}: {about(part).splitlines()[0]}", flush=True)
            for kind in kinds(part, full=full):
                run = unfinished.run(part, kind)
                if run is not None:
                    print(f"        {kind}: measured at {run['began']}, before the command was interrupted")
                else:
                    if kind in known.get(part, {}):
                        print(f"        {kind}: {known[part][kind]['seconds']:.0f} s last time", flush=True)
                    run = measured(part, kind)
                    unfinished.keep(part, kind, run)
                found.setdefault(part, {"about": about(part)})[kind] = run
        except Exception:
            traceback.print_exc()
            failed.append(part)
    return found, failed


def _told(found: results.Results) -> str:
    with_bars = [figure for result in found.values() for figure in results.figures(result) if figure.bar is not None]
    missed = [figure for figure in with_bars if not figure.met]
    lines = ["", f"{len(with_bars) - len(missed)} of {len(with_bars)} bars are met"]
    return "\n".join([*lines, *map(str, missed)])


def _measure(arguments: argparse.Namespace) -> int:
    """Measure, tell and write; what was measured is kept until all of that is done."""
    here = machine.machine()
    wanted = {
        "state": machine.state(),
        "parts": arguments.parts,
        "full": arguments.full,
        "machine": here,
        "versions": machine.versions(),
        "peers": peers.requirements(),
    }
    unfinished = Unfinished(wanted, FOLDER)
    told = ", ".join(f"{name} {value}" for name, value in here.items())
    print(f"{told}. Compare ratios: times are those of a machine.")
    found, failed = _run(arguments.parts, unfinished, full=arguments.full)
    print(_told(found))
    written = _written(found, arguments)
    if failed:
        print(f"Failed, for the reasons above: {', '.join(failed)}. The same command measures these alone again.")
    if failed or not written:
        return 1
    unfinished.drop()
    return 0


def _written(found: results.Results, arguments: argparse.Namespace) -> bool:
    """Write what is to be written; whether that could be done, and if not, why is told."""
    try:
        if arguments.json:
            results.write(found, arguments.json)
        if arguments.page:
            whole = results.merged(results.read(), found)
            results.write(whole)
            print(f"Written: {write_page(whole)}")
    except OSError as error:
        print(f"The results could not be written: {error}. {_next_time()}", file=sys.stderr)
        return False
    return True


def _next_time() -> str:
    """What becomes of the parts that are done."""
    return "The same command goes on where it was." if machine.state() else "The next one begins anew."


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says; the status that the process ends with."""
    arguments = _arguments(words)
    if arguments.compare:
        print(agreement.told(*arguments.compare))
        return 0
    try:
        return _measure(arguments)
    except KeyboardInterrupt:
        print(f"\nInterrupted. {_next_time()}")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
