"""A server that sentinels watch."""

from __future__ import annotations

from pathlib import Path

from .address import HOST, free_port
from .group import Group
from .patience import wait_until
from .server import Server


class SentinelSetup(Group):
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
        super().__init__(password)
        self.service = service
        self.sentinel_password = sentinel_password
        with self._whole_or_ended():
            first = self._run(Server(binary, *arguments, password=password))
            self.servers = [first]
            for _ in range(2):
                replica = Server(binary, *arguments, "--replicaof", HOST, first.port, password=password)
                self.servers.append(self._run(replica))
            for replica in self.servers[1:]:
                wait_until(lambda it=replica: it.info("replication")["master_link_status"] == "up", "the replica")
            self.sentinels: list[Server] = []
            ports = [free_port() for _ in range(3)]
            for own in ports:
                text = self._configuration(own, ports, down_after_ms)
                sentinel = Server(binary, port=own, password=sentinel_password, sentinel=text)
                self.sentinels.append(self._run(sentinel))
            for sentinel in self.sentinels:
                wait_until(lambda it=sentinel: self._knows_all(it), f"the sentinel at {sentinel.where}")

    @property
    def url(self) -> str:
        """``redis+sentinel://...`` with the password of the servers; that of the sentinels is not part of a URL."""
        return f"redis+sentinel://{self._user}{','.join(it.where for it in self.sentinels)}/{self.service}"

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
