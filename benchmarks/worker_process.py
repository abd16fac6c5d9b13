"""Processes that measure, seen from here: that of a contender, and that of a module which is to be alone."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.peers import interpreter_of

_ROOT = Path(__file__).parents[1]
_QUIET = {
    "PYTHONPATH": str(_ROOT),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "PYTHONUNBUFFERED": "1",
}
_LONGEST_S = 900


class ContenderFailedError(Exception):
    """A contender could not do what was asked of it; the message is its own."""


class MeasuringFailedError(Exception):
    """A module could not measure; the message has all that it said."""


def measured_alone(module: str, *words: object) -> Any:
    """What ``python -m module words`` prints as JSON: measured in a process that did nothing before.

    :class:`MeasuringFailedError` where it fails or takes over a quarter of an hour.
    """
    command = [sys.executable, "-m", module, *map(str, words)]
    try:
        done = subprocess.run(
            command, capture_output=True, check=True, timeout=_LONGEST_S, env=_environment(), cwd=_ROOT
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        raise MeasuringFailedError(f"{error}\n{said}") from None
    return json.loads(done.stdout)


def _environment() -> dict[str, str]:
    """That of this process, but what it says of a Redis server is not to reach anybody."""
    return {name: value for name, value in os.environ.items() if not name.startswith("REDIS_")} | _QUIET


class WorkerProcess:
    """The process of one contender: :meth:`ask` gives its answer to a request. See ``benchmarks.contenders.worker``."""

    def __init__(self, contender: str) -> None:
        self.contender = contender
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [interpreter_of(contender), "-m", "benchmarks.contenders.worker", contender],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(),
            cwd=_ROOT,
            text=True,
        )
        try:
            self.greeting = self._answer(_LONGEST_S)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def ask(self, job: str, *, patience: float = _LONGEST_S, **arguments: Any) -> dict[str, Any]:
        """What ``job`` gives; :class:`ContenderFailedError` where it fails or takes over ``patience`` seconds."""
        requests = self._process.stdin
        assert requests is not None
        try:
            requests.write(json.dumps({"job": job, **arguments}) + "\n")
            requests.flush()
        except BrokenPipeError:
            raise self._failed("ended") from None
        answer = self._answer(patience)
        if "error" in answer:
            raise self._failed(answer["error"])
        return answer

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _answer(self, patience: float) -> dict[str, Any]:
        answers = self._process.stdout
        assert answers is not None
        ready, _, _ = select.select([answers], [], [], patience)
        if not ready:
            raise self._failed(f"no answer in {patience:g} s")
        line = answers.readline()
        if not line:
            raise self._failed("ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _failed(self, why: str) -> ContenderFailedError:
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return ContenderFailedError(f"{self.contender}: {why}" + (f" ({said[-1]})" if said else ""))
