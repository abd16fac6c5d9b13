"""A flag: a value that is set for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axon.coordination.encoding import decoded, encoded
from axon.coordination.names import stored_name
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy

if TYPE_CHECKING:
    from axon.core.tier import Tier


class Flag:
    """Something that is on for a while, or has a value of JSON, and is off by itself."""

    def __init__(self, tier: Tier, name: str) -> None:
        self._stored = stored_name("flag", name)
        self.name = name
        self._tier = tier

    async def set(self, value: Any = True, *, ttl: TTL | ByPolicy = BY_POLICY) -> None:  # noqa: FBT002  # a flag is a value
        """Let the flag have ``value`` for ``ttl`` seconds; left out, for as long as the policy of its tier says."""
        self._tier.check_open()
        blob = encoded(value, f"the flag {self.name!r}")
        await self._tier.ask("put", name=self._stored, value=blob, ttl=self._tier.seconds(ttl))

    async def read(self, default: Any = False) -> Any:  # noqa: FBT002  # a flag is a value
        """Its value; ``default`` where it is not set."""
        self._tier.check_open()
        (blob,) = await self._tier.ask("values", names=[self._stored])
        return default if blob is None else decoded(blob)

    async def clear(self) -> bool:
        """Let it be off; whether it was set."""
        self._tier.check_open()
        was_set: bool = await self._tier.ask("drop", name=self._stored)
        return was_set
