"""Many servers, each with some of the 16 384 slots."""

from __future__ import annotations

import asyncio
import random
from asyncio import get_running_loop
from binascii import crc_hqx
from typing import TYPE_CHECKING, Any

from axon_redis.carrier import Carrier, Unopened
from axon_redis.commands import pack
from axon_redis.errors import explained
from axon_redis.failures import ELSEWHERE, Failure
from axon_redis.link import Link, Redirection
from axon_redis.node import Node, Open
from axon_redis.opening import Opening
from axon_redis.retrying import Attempts

if TYPE_CHECKING:
    from axon_redis.endpoint import Endpoint

SLOTS = 16384
_ASKED_AT_ONCE = 3
_PATIENCE_S = 1.0
_LOOK_AGAIN = frozenset(
    {"LOST", "LATE", "REFUSED", "UNRESOLVED", "UNREACHABLE", "CLUSTERDOWN", "READONLY", "MASTERDOWN"}
)


def slot_of(key: bytes) -> int:
    """The slot of ``key``: that of what stands in its first braces, if anything does."""
    start = key.find(b"{") + 1
    if start:
        end = key.find(b"}", start)
        if end > start:
            key = key[start:end]
    return crc_hqx(key, 0) % SLOTS


class ClusterLink(Link):
    """Each key is on the node that serves its slot; who that is, any node tells.

    The nodes know each other, so that one that answers is enough; those of the endpoint are asked where none does.
    """

    needs_all_keys = True

    def __init__(self, endpoint: Endpoint, open: Open) -> None:
        super().__init__(endpoint)
        self._open = open
        self._nodes: dict[tuple[str, int], Node] = {}
        self._seeds = [self._node_at(address) for address in endpoint.seeds]
        self._known_as = f"the cluster of {', '.join(node.where for node in self._seeds)}"
        self._table: list[Node | None] = [None] * SLOTS
        self._refreshing: asyncio.Task[Failure | None] | None = None

    async def primaries(self) -> list[Node]:
        """Every node that serves slots, as the cluster is now."""
        failure = await self._refresh()
        if failure is not None:
            raise explained(failure, self._known_as)
        return list({id(node): node for node in self._table if node is not None}.values())

    def where(self, key: bytes) -> str:
        """The node that serves the slot of ``key``, as far as that is known."""
        node = self._table[slot_of(key)]
        return self._known_as if node is None else node.where

    async def close(self) -> None:
        """Wait until all connections are down; any number of times."""
        await super().close()
        refreshing, self._refreshing = self._refreshing, None
        if refreshing is not None and refreshing.get_loop() is get_running_loop():
            refreshing.cancel()
            await asyncio.wait([refreshing])
        await asyncio.gather(*(node.close() for node in self._nodes.values()))

    def _node_at(self, address: tuple[str, int]) -> Node:
        node = self._nodes.get(address)
        if node is None:
            host, port = address
            settings = {**self.endpoint.settings, "host": host, "port": port}
            node = self._nodes[address] = Node(Opening(self.endpoint.connection_class, settings), self._open)
        return node

    def _carrier_of(self, key: bytes) -> Carrier:
        node = self._table[slot_of(key)]
        return _UNOPENED if node is None else node.carrier

    def _node_of(self, key: bytes) -> Node | None:
        return self._table[slot_of(key)]

    async def _locate(self, key: bytes, attempts: Attempts) -> Node | Failure:
        slot = slot_of(key)
        node = self._table[slot]
        if node is not None:
            return node
        try:
            async with asyncio.timeout(max(attempts.left, 0.0)):
                failure = await self._refresh()
        except TimeoutError:
            failure = Failure(f"{self._known_as} was not reached in time", "UNREACHABLE")
        return failure or self._table[slot] or Failure(f"slot {slot} has no node", "CLUSTERDOWN")

    async def _learn(
        self, failure: Failure, key: bytes, node: Node | None, carrier: Carrier | None
    ) -> Redirection | None:
        if failure.code in {"MOVED", "ASK"} and node is not None:
            target = self._node_at(_address(failure.message, node))
            if failure.code == "ASK":
                return Redirection(node=target, asking=True)
            self._table[slot_of(key)] = target
            self._start_refresh()  # where one slot went, others did too; this command need not wait for that
            return None
        if failure.code in ELSEWHERE and carrier is not None and node is not None:
            node.leave(carrier)
        if failure.code in _LOOK_AGAIN:
            await self._refresh()
        return None

    # Who serves what

    def _start_refresh(self) -> asyncio.Task[Failure | None]:
        """The one look around that any number of tasks wait for."""
        refreshing, loop = self._refreshing, get_running_loop()
        if refreshing is None or refreshing.done() or refreshing.get_loop() is not loop:
            refreshing = self._refreshing = loop.create_task(self._look_around())
        return refreshing

    async def _refresh(self) -> Failure | None:
        return await asyncio.shield(self._start_refresh())

    async def _look_around(self) -> Failure | None:
        """Take the first answer of any node; why there is none."""
        known = [node for address, node in self._nodes.items() if node not in self._seeds]
        nodes = [*random.sample(known, len(known)), *random.sample(self._seeds, len(self._seeds))]
        failure = Failure(f"{self._known_as} has no nodes", "CLUSTERDOWN")
        for start in range(0, len(nodes), _ASKED_AT_ONCE):
            waiting = {asyncio.ensure_future(self._ask(node)) for node in nodes[start : start + _ASKED_AT_ONCE]}
            try:
                while waiting:
                    done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        answer = task.result()
                        if not isinstance(answer, Failure):
                            await self._take(*answer)
                            return None
                        if answer.may_pass(repeatable=True) or failure.may_pass(repeatable=True):
                            failure = answer
            finally:
                for task in waiting:
                    task.cancel()
                if waiting:
                    await asyncio.wait(waiting)
        return failure

    async def _ask(self, node: Node) -> tuple[Node, Any] | Failure:
        carrier = await node.ready(Attempts(_PATIENCE_S, repeatable=True))
        if isinstance(carrier, Failure):
            carrier.where = node.where
            return carrier
        try:
            async with asyncio.timeout(_PATIENCE_S):
                rows = await carrier.send(_CLUSTER_SLOTS)
        except TimeoutError:
            return Failure("", "LATE", where=node.where)
        if type(rows) is Failure:
            rows.where = node.where
            if "cluster support disabled" in rows.message:
                rows.code = "NOTACLUSTER"
            return rows
        if not rows:
            return Failure("it serves no slots", "CLUSTERDOWN", where=node.where)
        return node, rows

    async def _take(self, asked: Node, rows: list[Any]) -> None:
        table: list[Node | None] = [None] * SLOTS
        for first, last, primary, *_ in rows:
            node = self._node_at(self._address_in(primary, asked))
            table[first : last + 1] = [node] * (last - first + 1)
        self._table = table
        kept = {*self._seeds, *table}
        gone = [address for address, node in self._nodes.items() if node not in kept]
        await asyncio.gather(*(self._nodes.pop(address).close() for address in gone))

    def _address_in(self, row: list[Any], asked: Node) -> tuple[str, int]:
        """The address of a node, by the one that was asked; that one need not know its own host."""
        host = (row[0] or b"").decode()
        metadata = row[3] if len(row) > 3 else []
        names = {bytes(k): bytes(v).decode() for k, v in zip(metadata[::2], metadata[1::2], strict=False) if v}
        if self.endpoint.ssl:  # certificates are made out to names
            host = names.get(b"hostname") or host
        if host in {"", "?"}:
            host = asked.opening.settings["host"]
        return host, int(row[1])


_UNOPENED = Unopened()
_CLUSTER_SLOTS = pack(("CLUSTER", "SLOTS"))


def _address(message: str, node: Node) -> tuple[str, int]:
    """The address in ``MOVED 3999 127.0.0.1:6381``; without a host it is that of ``node``."""
    host, _, port = message.split()[2].rpartition(":")
    return (host if host not in {"", "?"} else node.opening.settings["host"]), int(port)
