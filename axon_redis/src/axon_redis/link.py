"""The way to the server that holds a key: one interface for a single server, Sentinel and Cluster."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from axon.core.errors import Closed
from axon_redis.commands import Argument, Command, Script, ScriptCommand, pack
from axon_redis.errors import explained
from axon_redis.failures import TRANSIENT, Failure
from axon_redis.opening import Opening
from axon_redis.retrying import Attempts

if TYPE_CHECKING:
    from axon_redis.carrier import Carrier
    from axon_redis.endpoint import Endpoint
    from axon_redis.node import Node


class Link(ABC):
    """Carries commands to the server that holds a key.

    Every call has a deadline and is tried again until then where that is harmless: always while the command did not
    run, and also where that is not known if the call is ``repeatable``. Replies are RESP2: ``bytes``, ``int``,
    ``list`` or ``None``. Errors are those of :mod:`axon.core.errors`; an error reply raises.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.keeps_order = True
        """Whether what is sent to a server later runs later there, even where the earlier call was cancelled."""
        self._closed = False
        self._client: Any = None
        self._client_of: tuple[Endpoint, asyncio.AbstractEventLoop] | None = None

    async def call(self, key: bytes, command: Command, *, repeatable: bool = True) -> Any:
        """The reply to ``command``, which concerns ``key``."""
        # As little as can be: this is what each command of a program that is well goes through.
        carrier = self._carrier_of(key)
        reply = None
        if carrier.open_on is asyncio.get_running_loop():
            reply = await carrier.send(pack(command if type(command) is tuple else tuple(command)))
            if type(reply) is not Failure:
                return reply
        return await self._again(key, command, repeatable=repeatable, failure=reply, carrier=carrier)

    async def calls(self, key: bytes, commands: Sequence[Command], *, repeatable: bool = True) -> list[Any]:
        """The replies to commands that leave in one write over one connection, in their order.

        The first error reply raises once all replies are read; the others have run nevertheless.
        """
        if not commands:
            return []
        node = self._node_of(key)
        if node is not None and node.carrier.open_on is asyncio.get_running_loop():
            carrier = node.carrier
            replies = await _send(carrier, commands)
            if not any(type(reply) is Failure for reply in replies):
                return replies
            return await self._carry(key, commands, repeatable=repeatable, replies=replies, carrier=carrier)
        return await self._carry(key, commands, repeatable=repeatable)

    needs_all_keys: ClassVar[bool] = False
    """Whether a script must be told of every key that it touches: in a cluster, so that it does not begin on a server
    from which some of them have moved away."""

    async def run(
        self,
        script: Script,
        key: bytes,
        arguments: Sequence[Argument] = (),
        *,
        others: Sequence[bytes] = (),
        repeatable: bool = True,
    ) -> Any:
        """The reply of ``script``, run with ``key`` as ``KEYS[1]``, then ``others``, and ``arguments`` as ``ARGV``."""
        carrier = self._carrier_of(key)
        reply = None
        if carrier.open_on is asyncio.get_running_loop():
            reply = await carrier.send(pack(("EVALSHA", script.sha, 1 + len(others), key, *others, *arguments)))
            if type(reply) is not Failure:
                return reply
            if reply.code == "NOSCRIPT":
                carrier.scripts.discard(script.sha)
                reply = None
        command = script.command(key, arguments, others=others)
        return await self._again(key, command, repeatable=repeatable, failure=reply, carrier=carrier)

    @abstractmethod
    async def primaries(self) -> list[Node]:
        """Every server that takes writes."""

    @abstractmethod
    def where(self, key: bytes) -> str:
        """The server that holds ``key``, for messages, as far as that is known."""

    @abstractmethod
    def _carrier_of(self, key: bytes) -> Carrier:
        """What carries commands to the server that holds ``key``; closed where that is not known."""

    @abstractmethod
    def _node_of(self, key: bytes) -> Node | None:
        """The server that holds ``key``, as far as that is known."""

    @abstractmethod
    async def _locate(self, key: bytes, attempts: Attempts) -> Node | Failure:
        """The server that holds ``key``; asks who that is where it is not known."""

    @abstractmethod
    async def _learn(
        self, failure: Failure, key: bytes, node: Node | None, carrier: Carrier | None
    ) -> Redirection | None:
        """Look around after ``failure``, and say where just the next attempt goes if it goes elsewhere."""

    async def client(self) -> Any:
        """An asyncio client of redis-py for what blocks a connection or changes its state; closed with the link.

        Ask for it each time: after a failover, and on another event loop, it is another one. Its errors are those of
        redis-py, and it repeats nothing.
        """
        self._check_open()
        loop = asyncio.get_running_loop()
        endpoint = await self._client_endpoint()
        if self._client is None or self._client_of != (endpoint, loop):
            from axon_redis.clients import client_of

            await self._leave_client()
            self._client, self._client_of = client_of(endpoint), (endpoint, loop)
        return self._client

    async def close(self) -> None:
        """Wait until all connections are down; any number of times."""
        self._closed = True
        await self._leave_client()

    async def _client_endpoint(self) -> Endpoint:
        """Where a client of redis-py is to connect to."""
        return self.endpoint

    async def _leave_client(self) -> None:
        client, self._client = self._client, None
        if client is None or self._client_of is None:
            return
        loop = self._client_of[1]
        if loop is asyncio.get_running_loop():
            await getattr(client, "aclose", client.close)()  # redis-py 5.0.0 has only close
        else:
            from axon_redis.clients import leave_client

            leave_client(client, loop)

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("this link to Redis was closed")

    async def _again(
        self, key: bytes, command: Command, *, repeatable: bool, failure: Failure | None, carrier: Carrier
    ) -> Any:
        """The reply to ``command``, whose first attempt ended with ``failure``, or was not made if that is ``None``."""
        replies = None if failure is None else [failure]
        return (await self._carry(key, [command], repeatable=repeatable, replies=replies, carrier=carrier))[0]

    async def _carry(
        self,
        key: bytes,
        commands: Sequence[Command],
        *,
        repeatable: bool,
        replies: list[Any] | None = None,
        carrier: Carrier | None = None,
    ) -> list[Any]:
        """Try until each command has its reply, or one of them an error that will not pass.

        ``replies`` are those of a first attempt through ``carrier``. What has its reply is not sent again, so it runs
        before what is; except in a transaction, which runs as a whole or not at all, and with a ``WAIT``.
        """
        self._check_open()
        node = self._node_of(key)
        first: Failure | None = None
        places: Sequence[int] = range(len(commands))
        if replies is None:
            replies = [None] * len(commands)
            failure = None
        else:
            places = _to_be_repeated(commands, replies)
            failure = first = next((replies[p] for p in places if type(replies[p]) is Failure), None)
            if failure is None:
                return _all_well(replies, self.where(key), repeatable=repeatable)
        attempts = Attempts(self.endpoint.deadline, repeatable=repeatable, first=first)
        while True:
            redirection = None
            if failure is not None:
                await attempts.pause(failure, self.where(key) if node is None else node.where)
                redirection = await self._learn(failure, key, node, carrier)
            located = await self._locate(key, attempts) if redirection is None else redirection.node
            if isinstance(located, Failure):
                failure, node, carrier = located, None, None
                continue
            node = located
            ready = await node.ready(attempts)
            if isinstance(ready, Failure):
                failure, carrier = ready, None
                continue
            carrier = ready
            asking = redirection is not None and redirection.asking
            fresh = await _send(carrier, [commands[place] for place in places], asking=asking)
            for place, reply in zip(places, fresh, strict=True):
                replies[place] = reply
            places = _to_be_repeated(commands, replies)
            failure = next((replies[p] for p in places if type(replies[p]) is Failure), None)
            if failure is None:
                return _all_well(replies, node.where, repeatable=repeatable)


@frozen
class Redirection:
    """Where the next attempt goes; ``asking`` tells that node that the key is on its way to it."""

    node: Node
    asking: bool


_AS_ONE = frozenset({"MULTI", b"MULTI", "WAIT"})
"""Where one of these is among the commands, all are repeated: ``WAIT`` is about what its own connection has written."""


def _to_be_repeated(commands: Sequence[Command], replies: Sequence[Any]) -> Sequence[int]:
    """The places of the commands that another attempt may help."""
    places = [place for place, reply in enumerate(replies) if type(reply) is Failure and reply.code in TRANSIENT]
    if places and any(command[0] in _AS_ONE for command in commands):
        return range(len(commands))
    return places


def _all_well(replies: list[Any], where: str, *, repeatable: bool) -> list[Any]:
    for reply in replies:
        if type(reply) is Failure:
            raise explained(reply, where, repeatable=repeatable)
    return replies


async def _send(carrier: Carrier, commands: Sequence[Command], *, asking: bool = False) -> list[Any]:
    """The replies to ``commands``, with the source of scripts that the server has not got."""
    packed = [_packed(command, carrier) for command in commands]
    if asking:
        replies = (await carrier.send_all([part for one in packed for part in (_ASKING, one)]))[1::2]
    else:
        replies = await carrier.send_all(packed)
    for place, command in enumerate(commands):
        if type(command) is ScriptCommand:
            reply = replies[place]
            if type(reply) is Failure and reply.code == "NOSCRIPT":
                again = pack(command.in_full)
                replies[place] = (await carrier.send_all([_ASKING, again] if asking else [again]))[-1]
    return replies


_ASKING = pack(("ASKING",))


def _packed(command: Command, carrier: Carrier) -> bytes:
    if type(command) is ScriptCommand and command.script.sha not in carrier.scripts:
        carrier.scripts.add(command.script.sha)
        return pack(command.in_full)
    return pack(tuple(command))


def open_link(endpoint: Endpoint, *, multiplex: bool = True) -> Link:
    """The link to what ``endpoint`` describes; it connects when it is first used.

    With ``multiplex`` all commands to one server share one connection; without it, each has one of redis-py's to
    itself for as long as it takes, and waits where ``max_connections`` are in use.
    """
    from axon_redis.cluster import ClusterLink
    from axon_redis.pooled import pool_opener
    from axon_redis.sentinel import SentinelLink
    from axon_redis.standalone import StandaloneLink

    kinds = {"standalone": StandaloneLink, "sentinel": SentinelLink, "cluster": ClusterLink}
    opener = Opening.open if multiplex else pool_opener(endpoint.max_connections)
    link = kinds[endpoint.kind](endpoint, opener)
    link.keeps_order = multiplex
    return link
