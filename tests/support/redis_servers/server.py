"""One server."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from redis.connection import Connection

from .address import HOST, free_port
from .binaries import available_binaries, default_binary
from .patience import PATIENCE_S

_LISTENING = ("Ready to accept connections", "Sentinel ID is")


class Server:
    """One server. ``binary`` is a name of :func:`available_binaries` or a path; ``arguments`` go to its command line.

    ``password`` is what it requires, and what it gives to its master. ``start()`` or ``with`` starts it.
    It keeps nothing on the disk unless the arguments ask for it (a later ``--save`` or ``--appendonly`` wins).
    """

    def __init__(
        self,
        binary: str | Path | None = None,
        *arguments: str | int,
        port: int | None = None,
        password: str | None = None,
        cluster: bool = False,
        sentinel: str | None = None,
    ) -> None:
        self.binary = available_binaries().get(str(binary), binary) if binary is not None else default_binary()
        self.arguments = tuple(map(str, arguments))
        self.password = password
        self.directory = Path(tempfile.mkdtemp(prefix="axon-redis-"))
        self.log = self.directory / "log"
        self._port = port
        self._bus = cluster
        self._sentinel = sentinel
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen = False
        self._log_start = 0
        self.port = port if port is not None else free_port(bus=cluster)
        _made.add(self)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def where(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"redis://{'' if self.password is None else f':{self.password}@'}{self.where}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError(f"the server at {self.where} does not run")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, wait: bool = True) -> Server:
        """Start it with what is in its directory; ``wait=False`` does not wait for its first answer."""
        for _ in range(20):
            self._launch()
            if not wait or self._comes_up():
                return self
            if self._port is not None or "in use" not in self.text():
                break
            self.log.unlink()  # somebody else was faster: another port
            self.port = free_port(bus=self._bus)
        raise RuntimeError(f"the server at {self.where} did not start:\n{self.text()[-2000:]}")

    def wait(self) -> Server:
        """Wait for the first answer of a server that was started with ``wait=False``."""
        if not self._comes_up():
            raise RuntimeError(f"the server at {self.where} did not start:\n{self.text()[-2000:]}")
        return self

    def stop(self) -> None:
        """End it as an operator would, and wait until it is gone."""
        self.kill(signal.SIGTERM)

    def kill(self, with_signal: int = signal.SIGKILL) -> None:
        """Send the signal and wait until the server is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        self._frozen = False
        with suppress(ProcessLookupError):
            os.kill(process.pid, with_signal)
            os.kill(process.pid, signal.SIGCONT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:  # a script without an end does not listen to SIGTERM
            process.kill()
            process.wait()

    def freeze(self) -> None:
        """Stop it in the middle of what it does: connections stay open, nobody answers."""
        os.kill(self.pid, signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        """Let a frozen server go on; does nothing to another one."""
        if self._frozen and self.running:
            os.kill(self.pid, signal.SIGCONT)
        self._frozen = False

    def restart(self, *, empty: bool = True, with_signal: int = signal.SIGKILL) -> Server:
        """End it and start it on the same port, ``empty`` or with the same data."""
        if not empty:
            self.call("SAVE")
        self.kill(with_signal)
        if empty:
            self.clear()
        return self.start()

    def clear(self) -> None:
        """Take away what a stopped server has on the disk."""
        for path in self.directory.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.suffix != ".conf":
                path.unlink()

    def close(self) -> None:
        """End it and take its directory away; any number of times."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        _made.discard(self)

    def call(self, *command: Any, timeout: float | None = 10.0) -> Any:
        """The server's raw reply to one command, on a connection of its own; text is decoded."""
        connection = Connection(
            host=HOST, port=self.port, password=self.password, socket_timeout=timeout, decode_responses=True, protocol=2
        )
        try:
            connection.send_command(*command)
            return connection.read_response()
        finally:
            connection.disconnect()

    def info(self, section: str = "default") -> dict[str, str]:
        """``INFO section`` by field."""
        lines = self.call("INFO", section).splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def text(self) -> str:
        """What it has written to its log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _launch(self) -> None:
        if self.running:
            raise RuntimeError(f"the server at {self.where} runs already")
        command: list[str] = [str(self.binary)]
        if self._sentinel is not None:
            command += [str(self._sentinel_file()), "--sentinel"]
        command += ["--port", str(self.port), "--bind", HOST, "--dir", str(self.directory), "--daemonize", "no"]
        if self._sentinel is None:
            command += ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"]
        if self.password is not None:
            command += ["--requirepass", self.password]
            command += ["--masterauth", self.password] if self._sentinel is None else []
        if self._bus:
            command += ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"]
        self._log_start = len(self.text())
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _sentinel_file(self) -> Path:
        file = self.directory / "sentinel.conf"
        if not file.exists():  # the sentinel keeps what it knows in it
            file.write_text(self._sentinel or "")
        return file

    def _comes_up(self) -> bool:
        """Whether it answers PING; ``False`` if it is gone."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.running:
            # Another server that took the port a moment earlier would answer too.
            if any(line in self.text()[self._log_start :] for line in _LISTENING):
                with suppress(OSError), socket.create_connection((HOST, self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(64).startswith((b"+PONG", b"-NOAUTH", b"-DENIED")):
                        return True
            time.sleep(0.01)
        self.kill()
        return False


_made: set[Server] = set()
_owner = os.getpid()


@atexit.register
def _end_all() -> None:
    if os.getpid() != _owner:  # a forked child ends nothing of its parent's
        return
    for server in list(_made):
        server.close()
