"""One server that is asked how it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import hiredis

from axon.core.errors import AxonError
from axon_redis.doctor.redis_cli import redis_cli
from axon_redis.errors import explained
from axon_redis.failures import Failure
from axon_redis.retrying import Attempts

if TYPE_CHECKING:
    from axon_redis.node import Node

REFUSED: Any = object()
"""In the place of the reply to a command that the server does not run for us, or has not got."""

_NOT_FOR_US = frozenset({"NOPERM", "UNSUPPORTED", "ERR", "DENIED"})
_PATIENCE_S = 5.0


class Unanswered(Exception):
    """A server gave no reply, or one that says that it cannot work; internal."""

    def __init__(self, failure: Failure, where: str) -> None:
        super().__init__()
        self.failure = failure
        self.error: AxonError = explained(failure, where)


class Server:
    """Asks one server, each command once; ``information`` is what it said to INFO, by field.

    ``lacking`` holds the commands that the adapter needs and may not run, ``withheld`` those that only this examination
    wanted.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.where = node.where
        self.information: dict[str, str] = {}
        self.lacking: dict[str, str] = {}
        self.withheld: dict[str, str] = {}

    async def meet(self) -> None:
        """Whether it answers, and what it says of itself; :class:`Unanswered`."""
        await self.ask("PING")
        text = await self.ask("INFO")
        if text is not REFUSED:
            lines = text.decode(errors="replace").splitlines()
            self.information = dict(line.split(":", 1) for line in lines if ":" in line)

    async def ask(self, *command: Any) -> Any:
        """The reply to a command that the adapter sends too, or :data:`REFUSED`; :class:`Unanswered`."""
        return (await self._replies([command], self.lacking, command[0].lower()))[0]

    async def ask_each(self, *commands: tuple[Any, ...]) -> list[Any]:
        """The replies to such commands, all of one name, in one round trip."""
        return await self._replies(commands, self.lacking, commands[0][0].lower()) if commands else []

    async def wish(self, *command: Any, name: str) -> Any:
        """The reply to a command that only tells us more, or :data:`REFUSED`; ``name`` is its name in an ACL."""
        return (await self._replies([command], self.withheld, name))[0]

    async def wish_each(self, *commands: tuple[Any, ...], name: str) -> list[Any]:
        """The replies to such commands in one round trip."""
        return await self._replies(commands, self.withheld, name) if commands else []

    async def _replies(self, commands: Sequence[tuple[Any, ...]], refused: dict[str, str], name: str) -> list[Any]:
        attempts = Attempts(self.node.opening.reply_timeout or _PATIENCE_S, repeatable=False)
        carrier = await self.node.ready(attempts)
        if isinstance(carrier, Failure):
            raise Unanswered(carrier, self.where)
        replies = await carrier.send_all([hiredis.pack_command(command) for command in commands])
        for place, reply in enumerate(replies):
            if type(reply) is Failure:
                replies[place] = REFUSED
                if reply.code == "MISCONF":  # PING gets this too while writes are refused; why, INFO tells
                    continue
                if reply.code not in _NOT_FOR_US:
                    raise Unanswered(reply, self.where)
                refused[name] = reply.code
        return replies

    def number(self, field: str) -> int | None:
        """A number from INFO."""
        try:
            return int(self.information[field])
        except (KeyError, ValueError):
            return None

    def cli(self, *arguments: str) -> str:
        """A command for the shell that asks this server."""
        return redis_cli(self.node.opening, *arguments)
