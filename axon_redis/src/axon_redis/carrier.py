"""What carries commands to one server on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from axon_redis.failures import Failure


class Carrier(Protocol):
    """One multiplexed connection, or a pool of connections.

    ``open_on`` is the loop on which something may be sent right now, else ``None``; ``failure`` is why it carries
    nothing any more, ``None`` while it does; ``scripts`` holds the digests of scripts that were sent through it.
    """

    open_on: asyncio.AbstractEventLoop | None
    failure: Failure | None
    scripts: set[str]

    def send(self, command: bytes, /) -> Awaitable[Any]:
        """The reply to one packed command, or a :class:`Failure`."""
        ...

    def send_all(self, commands: Sequence[bytes], /) -> Awaitable[list[Any]]:
        """The replies to packed commands that go one after the other over one connection."""
        ...

    def room(self) -> Awaitable[None]:
        """Waits until more may be sent."""
        ...

    async def close(self) -> None:
        """Close, and wait until that is done."""

    def drop(self) -> None:
        """Close from wherever this is called, without waiting."""


class Unopened:
    """Stands where there was no carrier yet."""

    open_on: asyncio.AbstractEventLoop | None = None
    failure: Failure | None = Failure("not connected yet", "LOST")
    scripts: set[str] = set()  # noqa: RUF012 - nothing is ever sent

    def send(self, command: bytes) -> Awaitable[Any]:
        """Never asked: ``open_on`` says so."""
        raise NotImplementedError

    def send_all(self, commands: Sequence[bytes]) -> Awaitable[list[Any]]:
        """Never asked: ``open_on`` says so."""
        raise NotImplementedError

    def room(self) -> Awaitable[None]:
        """Never asked: ``failure`` says so."""
        raise NotImplementedError

    async def close(self) -> None:
        """There is nothing to close."""

    def drop(self) -> None:
        """There is nothing to close."""
