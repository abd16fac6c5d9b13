"""Values by name, each for a limited time."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from axon.core.errors import AxonError, StoreUnavailable
from axon_redis import scripts

if TYPE_CHECKING:
    from axon_redis.keys import Keys
    from axon_redis.link import Argument, Link

_STAMP_SIZE = 8


class Values:
    """The values of a namespace.

    Before each of them stands a random stamp: it tells what one call has put from the same value of another call.
    """

    def __init__(self, link: Link, keys: Keys) -> None:
        self._link = link
        self._keys = keys

    async def put(self, name: str, value: bytes, ttl: float) -> None:
        """Let ``name`` have ``value`` for ``ttl`` seconds."""
        key = self._keys.value(name)
        await self._link.call(key, ("SET", key, _stamped(value), "PX", math.ceil(ttl * 1000)))

    async def swap(self, name: str, old: bytes | None, new: bytes | None, ttl: float) -> bool:
        """If ``name`` has ``old``, let it have ``new``; whether it had.

        Where the answer is lost, and what this call would have put is there, it had. Whatever else is there tells
        nothing: others may have been there since.
        """
        key = self._keys.value(name)
        stamped = b"" if new is None else _stamped(new)
        milliseconds = math.ceil(ttl * 1000)
        try:
            if old is not None:
                arguments: tuple[Argument, ...] = (old,) if new is None else (old, stamped, milliseconds)
                return bool(await self._link.run(scripts.SWAP, key, arguments, repeatable=False))
            if new is not None:
                command = ("SET", key, stamped, "PX", milliseconds, "NX")
                return await self._link.call(key, command, repeatable=False) is not None
            return not await self._link.call(key, ("EXISTS", key))
        except StoreUnavailable as error:
            with suppress(AxonError):
                if error.sent and new is not None and await self._link.call(key, ("GET", key)) == stamped:
                    return True
            raise

    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of ``names``, in their order."""
        keys = [self._keys.value(name) for name in names]
        found: list[bytes | None] = await self._link.call(self._keys.base, ("MGET", *keys)) if keys else []
        return [None if stamped is None else stamped[_STAMP_SIZE:] for stamped in found]

    async def drop(self, name: str) -> bool:
        """Remove the value; whether there was one."""
        key = self._keys.value(name)
        return bool(await self._link.call(key, ("DEL", key), repeatable=False))


def _stamped(value: bytes) -> bytes:
    return os.urandom(_STAMP_SIZE) + value
