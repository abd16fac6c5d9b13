"""One server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axon_redis.errors import explained
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

    async def primaries(self) -> list[Node]:
        """The server."""
        return [self._node]

    def where(self, key: bytes) -> str:  # noqa: ARG002 - one server has all keys
        """The server."""
        return self._node.where

    async def close(self) -> None:
        """Wait until all connections are down; any number of times."""
        await super().close()
        await self._node.close()

    def _carrier_of(self, key: bytes) -> Carrier:  # noqa: ARG002 - one server has all keys
        return self._node.carrier

    def _node_of(self, key: bytes) -> Node | None:  # noqa: ARG002 - one server has all keys
        return self._node

    async def _locate(self, key: bytes, attempts: Attempts) -> Node | Failure:  # noqa: ARG002 - as above
        return self._node

    async def _learn(
        self,
        failure: Failure,
        key: bytes,  # noqa: ARG002 - as above
        node: Node | None,
        carrier: Carrier | None,
    ) -> Redirection | None:
        if failure.code in {"MOVED", "ASK"}:
            raise explained(failure, self._node.where)
        if failure.code in ELSEWHERE and carrier is not None and node is not None:
            # Behind the name there may be another server by now.
            node.leave(carrier)
        return None
