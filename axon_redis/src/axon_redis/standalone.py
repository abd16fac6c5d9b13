"""One server."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from axon_redis.commands import Argument, Command, Script, pack
from axon_redis.explanations import explained
from axon_redis.failures import ELSEWHERE, Failure
from axon_redis.link import Link, Redirection
from axon_redis.node import Node, Open
from axon_redis.opening import Opening

if TYPE_CHECKING:
    from axon_redis.carrier import Carrier
    from axon_redis.endpoint import Endpoint
    from axon_redis.retrying import Attempts


class StandaloneLink(Link):
    """All keys are on one server."""

    def __init__(self, endpoint: Endpoint, open: Open) -> None:
        super().__init__(endpoint)
        self._open = open
        self._node = Node(Opening(endpoint.connection_class, endpoint.settings), open)

    async def call(self, key: bytes, command: Command, *, repeatable: bool = True) -> Any:
        """The reply to ``command``."""
        # As little as can be: this is what each command of a program that is well goes through.
        carrier = self._node.carrier
        reply = None
        if carrier.open_on is get_running_loop():
            reply = await carrier.send(pack(command if type(command) is tuple else tuple(command)))
            if type(reply) is not Failure:
                return reply
        return await self._again(key, command, repeatable=repeatable, failure=reply, carrier=carrier)

    async def run(
        self,
        script: Script,
        key: bytes,
        arguments: Sequence[Argument] = (),
        *,
        others: Sequence[bytes] = (),
        repeatable: bool = True,
    ) -> Any:
        """The reply of ``script``."""
        carrier = self._node.carrier
        reply = None
        if carrier.open_on is get_running_loop():
            reply = await carrier.send(pack(("EVALSHA", script.sha, 1 + len(others), key, *others, *arguments)))
            if type(reply) is not Failure:
                return reply
            if reply.code == "NOSCRIPT":
                carrier.scripts.discard(script.sha)
                reply = None
        command = script.command(key, arguments, others=others)
        return await self._again(key, command, repeatable=repeatable, failure=reply, carrier=carrier)

    async def primaries(self) -> list[Node]:
        """The server."""
        return [self._node]

    def where(self, key: bytes) -> str:  # noqa: ARG002
        """The server."""
        return self._node.where

    async def close(self) -> None:
        """Wait until all connections are down; any number of times."""
        await super().close()
        await self._node.close()

    def _node_of(self, key: bytes) -> Node | None:  # noqa: ARG002
        return self._node

    async def _locate(self, key: bytes, attempts: Attempts) -> Node | Failure:  # noqa: ARG002
        return self._node

    async def _learn(
        self,
        failure: Failure,
        key: bytes,  # noqa: ARG002
        node: Node | None,
        carrier: Carrier | None,
    ) -> Redirection | None:
        if failure.code in {"MOVED", "ASK"}:
            raise explained(failure, self._node.where)
        if failure.code in ELSEWHERE and carrier is not None and node is not None:
            # Behind the name there may be another server by now.
            node.leave(carrier)
        return None
