"""A server process that serves an example of examples/coordination."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from example_process import EXAMPLES, cleared
from redis_servers.patience import wait_until

_LISTENS = re.compile(r"Uvicorn running on (?P<url>http://127\.0\.0\.1:\d+)")


class ExampleServer:
    """uvicorn on a port of its own; ``url`` says where. ``with`` ends it as an operator would."""

    def __init__(self, module: str, environment: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="axon-example-")
        self._log = Path(self._folder.name) / "log"
        command = ["-m", "uvicorn", "--app-dir", str(EXAMPLES), f"{module}:app", "--port", "0", "--no-access-log"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                env=cleared() | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
            said = self._log.read_text()
            self._folder.cleanup()
        # An endpoint that failed in a way that nobody thought of has left a traceback.
        assert problem[0] or ("Application shutdown complete" in said and "Traceback" not in said), said

    @property
    def url(self) -> str:
        """Where it listens, as soon as it does."""
        return wait_until(self._listens, "the server of the example")["url"]

    def _listens(self) -> re.Match[str] | None:
        if self._process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{self._log.read_text()}")
        return _LISTENS.search(self._log.read_text())
