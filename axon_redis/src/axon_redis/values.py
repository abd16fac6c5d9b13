"""Values by name, each for a limited time."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from axon.core.errors import AxonError, StoreUnavailable
from axon.core.identifiers import check_name
from axon.core.quantities import check_span, check_value
from axon_redis import scripts

if TYPE_CHECKING:
    from axon_redis.commands import Argument
    from axon_redis.keys import Keys
    from axon_redis.link import Link

_STAMP_SIZE = 8


class Values:
    """The part of the adapter that is values.

    Before each of them stands a random stamp: it tells what one call has put from the same value of another call.
    """

    _link: Link
    _keys: Keys

    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        """Let ``name`` have ``value`` for ``ttl`` seconds."""
        key = self._keys.value(check_name(name, "name"))
        stamped = _stamped(check_value(value, "value"))
        await self._link.call(key, ("SET", key, stamped, "PX", math.ceil(check_span(ttl, "ttl") * 1000)))

    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        """If ``name`` has ``old``, let it have ``new``; whether it had. ``None`` is no value.

        Where the answer is lost, and what this call would have put is there, it had. Whatever else is there tells
        nothing: others may have been there since.
        """
        key = self._keys.value(check_name(name, "name"))
        if old is not None:
            check_value(old, "old")
        stamped, milliseconds = b"", 0
        if new is not None:
            stamped = _stamped(check_value(new, "new"))
            milliseconds = math.ceil(check_span(ttl, "ttl") * 1000)
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
        keys = [self._keys.value(check_name(name, "name")) for name in names]
        found: list[bytes | None] = await self._link.call(self._keys.base, ("MGET", *keys)) if keys else []
        return [None if stamped is None else stamped[_STAMP_SIZE:] for stamped in found]

    async def drop(self, name: str) -> bool:
        """Remove the value; whether there was one."""
        key = self._keys.value(check_name(name, "name"))
        return bool(await self._link.call(key, ("DEL", key), repeatable=False))


_chance = random.Random()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_chance.seed)  # else parent and child would go on alike


def _stamped(value: bytes) -> bytes:
    return _chance.randbytes(_STAMP_SIZE) + value
