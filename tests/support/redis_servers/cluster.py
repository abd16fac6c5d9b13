"""A cluster of servers."""

from __future__ import annotations

from pathlib import Path

from .address import HOST
from .group import Group
from .patience import wait_until
from .server import Server


class ClusterSetup(Group):
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
        super().__init__(password)
        with self._whole_or_ended():
            timeout = ("--cluster-node-timeout", node_timeout_ms, "--cluster-replica-validity-factor", "0")
            self.nodes = [
                self._run(Server(binary, *timeout, *arguments, cluster=True, password=password))
                for _ in range(masters * (1 + replicas))
            ]
            self._assign_slots(masters)
            self._introduce()
            self._replicate(masters)
            wait_until(lambda: all(self._sees(it, masters, replicas) for it in self.nodes), "the cluster")

    @property
    def url(self) -> str:
        return f"redis+cluster://{self._user}{','.join(it.where for it in self.nodes)}"

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
