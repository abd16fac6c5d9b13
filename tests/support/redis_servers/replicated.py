"""A server with replicas, and nobody who would let one of them take over."""

from __future__ import annotations

from pathlib import Path

from .address import HOST
from .group import Group
from .patience import wait_until
from .server import Server


class ReplicatedSetup(Group):
    """A master and replicas of it; each has all data when made."""

    def __init__(self, binary: str | Path | None = None, *arguments: str | int, replicas: int = 1) -> None:
        super().__init__(None)
        with self._whole_or_ended():
            self.master = self._run(Server(binary, *arguments))
            self.replicas = [
                self._run(Server(binary, *arguments, "--replicaof", HOST, self.master.port)) for _ in range(replicas)
            ]
            for replica in self.replicas:  # which the master calls online before it has loaded what it was sent
                wait_until(lambda it=replica: it.info("replication")["master_link_status"] == "up", "the replica")
            wait_until(lambda: self.online == replicas, "the replicas")

    @property
    def online(self) -> int:
        """How many replicas have all data, as the master sees it."""
        return sum("state=online" in value for value in self.master.info("replication").values())
