"""A process that uses an example of examples/coordination."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Timer
from typing import Self

SUPPORT = Path(__file__).parent
EXAMPLES = SUPPORT.parents[1] / "examples" / "coordination"
PATIENCE_S = 90.0
"""A process that runs for longer is ended, which its test then sees."""


class ExampleProcess:
    """Runs ``code``, which can import the examples and what helps to test them, until it ends or ``with`` does.

    ``environment`` is all of AXON_* and REDIS_* that it sees.
    """

    def __init__(self, code: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", code],
            env=cleared() | environment | {"PYTHONPATH": os.pathsep.join(map(str, (EXAMPLES, SUPPORT)))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._watch = Timer(PATIENCE_S, self._process.kill)
        self._watch.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def hear(self) -> str:
        """The next line that it prints."""
        line = self._process.stdout.readline()
        assert line, f"the process ended:\n{self._process.communicate()[1]}"
        return line.rstrip("\n")

    def tell(self, line: str = "") -> None:
        """Give it a line to read."""
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def end(self) -> str:
        """Wait until it ends by itself, and well; what else it printed."""
        said, complaints = self._process.communicate()
        assert self._process.returncode == 0, f"exit status {self._process.returncode}:\n{said}{complaints}"
        return said

    def kill(self) -> None:
        """End it at once; any number of times."""
        self._watch.cancel()
        self._process.kill()
        self._process.communicate()


def cleared() -> dict[str, str]:
    """This environment without what would configure an example."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AXON_", "REDIS_"))}


def main_of(example: str, *arguments: str) -> str:
    """Code that runs an example as ``python examples/coordination/NAME.py ARGUMENTS`` does."""
    file = str(EXAMPLES / example)
    return f"import runpy, sys; sys.argv[1:] = {arguments!r}; runpy.run_path({file!r}, None, '__main__')"


def run(code: str, environment: Mapping[str, str]) -> str:
    """What one process prints."""
    with ExampleProcess(code, environment) as process:
        process.tell()
        return process.end()


def run_at_once(codes: Sequence[str], environment: Mapping[str, str], *, first: str = "") -> list[str]:
    """What each of several processes prints, of which none begins before all are there and have run ``first``."""
    with ExitStack() as stack:
        begin = f"{first}\nprint('ready'); input()\n"
        processes = [stack.enter_context(ExampleProcess(begin + code, environment)) for code in codes]
        assert [process.hear() for process in processes] == ["ready"] * len(codes)
        for process in processes:
            process.tell()
        return [process.end() for process in processes]
