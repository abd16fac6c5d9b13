"""The server that the sentinels call the master."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from attrs import evolve

from axon_redis.errors import explained
from axon_redis.failures import ELSEWHERE, Failure, failure_of
from axon_redis.link import Redirection
from axon_redis.node import Node, Open
from axon_redis.opening import Opening
from axon_redis.standalone import StandaloneLink

if TYPE_CHECKING:
    from axon_redis.carrier import Carrier
    from axon_redis.endpoint import Endpoint
    from axon_redis.retrying import Attempts

_ENOUGH_S = 0.3
"""How long slower sentinels are waited for when one has answered."""

_PATIENCE_S = 2.0
"""How long all of them together may take."""

_ASK_AGAIN = frozenset({"LOST", "LATE", "REFUSED", "UNRESOLVED", "UNREACHABLE", "UNFINDABLE", "READONLY", "MASTERDOWN"})


class SentinelLink(StandaloneLink):
    """All keys are on the master of a service; who that is, the sentinels are asked after each failure.

    A server is used only if it says itself that it is a master: one that returns from the dead does so for a while.
    """

    def __init__(self, endpoint: Endpoint, open: Open) -> None:
        super().__init__(endpoint, open)
        self._sentinels = [
            Opening(endpoint.sentinel_class, {**endpoint.sentinel_settings, "host": host, "port": port})
            for host, port in endpoint.seeds
        ]
        self._names = f"the sentinels {', '.join(sentinel.where for sentinel in self._sentinels)}"
        self._known_as = f"the master {endpoint.service!r} of {self._names}"
        self._node.where = self._known_as  # until they are asked
        self._found = False
        self._finding: asyncio.Task[Node | Failure] | None = None

    async def primaries(self) -> list[Node]:
        """The master."""
        found = await self._find()
        if isinstance(found, Failure):
            raise explained(found, self._known_as)
        return [found]

    async def _client_endpoint(self) -> Endpoint:
        (node,) = await self.primaries()
        return evolve(self.endpoint, kind="standalone", settings=node.opening.settings)

    async def close(self) -> None:
        """Wait until all connections are down; any number of times."""
        finding, self._finding = self._finding, None
        if finding is not None and finding.get_loop() is asyncio.get_running_loop():
            finding.cancel()
            await asyncio.wait([finding])
        await super().close()

    async def _locate(self, key: bytes, attempts: Attempts) -> Node | Failure:  # noqa: ARG002  # there is one master for all keys
        if self._found:
            return self._node
        try:
            async with asyncio.timeout(max(attempts.left, 0.0)):
                return await self._find()
        except TimeoutError:
            return Failure(f"{self._known_as} was not found in time", "UNFINDABLE")

    async def _learn(
        self, failure: Failure, key: bytes, node: Node | None, carrier: Carrier | None
    ) -> Redirection | None:
        if failure.code in _ASK_AGAIN and (node is None or node is self._node):
            self._found = False
        if failure.code in ELSEWHERE and carrier is not None and node is not None:
            node.leave(carrier)
            return None
        return await super()._learn(failure, key, node, carrier)

    async def _find(self) -> Node | Failure:
        """The master, by one question that any number of tasks wait for."""
        finding, loop = self._finding, asyncio.get_running_loop()
        if finding is None or finding.done() or finding.get_loop() is not loop:
            finding = self._finding = loop.create_task(self._ask_all())
        return await asyncio.shield(finding)

    async def _ask_all(self) -> Node | Failure:
        tasks = [asyncio.ensure_future(self._ask(sentinel)) for sentinel in self._sentinels]
        try:
            done, late = await asyncio.wait(tasks, timeout=_ENOUGH_S)
            if late and all(isinstance(task.result(), Failure) for task in done):
                await asyncio.wait(late, timeout=_PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        answers = [task.result() for task in tasks if not task.cancelled()]
        votes = Counter(answer for answer in answers if not isinstance(answer, Failure))
        if not votes:
            return self._unfound([answer for answer in answers if isinstance(answer, Failure)])
        # What most of them say: a sentinel that was cut off goes on naming the old master.
        return await self._take(votes.most_common(1)[0][0])

    async def _take(self, address: tuple[str, int]) -> Node:
        """Use the server at ``address`` from now on."""
        opening = self._opening_to(address)
        if opening.where != self._node.where:
            old, self._node = self._node, Node(opening, self._open, role="master")
            await old.close()
        self._found = True
        return self._node

    def _opening_to(self, address: tuple[str, int]) -> Opening:
        return Opening(
            self.endpoint.connection_class, {**self.endpoint.settings, "host": address[0], "port": address[1]}
        )

    def _unfound(self, failures: list[Failure]) -> Failure:
        for failure in failures:
            if failure.code in {"NOAUTH", "WRONGPASS", "NOPERM", "TLS"}:
                return failure
        if any(failure.code == "NOSERVICE" for failure in failures):
            return Failure(f"{self._names} know no master {self.endpoint.service!r}: check the name", "NOSERVICE")
        return Failure(
            f"None of {self._names} answers: check that they run, their hosts and their ports.", "UNFINDABLE"
        )

    async def _ask(self, sentinel: Opening) -> tuple[str, int] | Failure:
        """Where one sentinel says that the master is."""
        connection = await sentinel.connect()
        if isinstance(connection, Failure):
            connection.where = sentinel.where
            return connection
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await connection.send_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.endpoint.service)
                reply: Any = await connection.read_response(disable_decoding=True)
        except Exception as error:
            failure = failure_of(error, sent=False)
            failure.where = sentinel.where
            return failure
        finally:
            await connection.disconnect(nowait=True)
        if not reply:
            return Failure("", "NOSERVICE")
        host, port = reply
        return host.decode(), int(port)
