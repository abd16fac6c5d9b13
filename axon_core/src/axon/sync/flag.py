"""A flag: a value that is set for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy
from axon.sync.running import wait

if TYPE_CHECKING:
    from axon.coordination.flag import Flag as AsyncFlag


class Flag:
    """Something that is on for a while, or has a value of JSON, and is off by itself."""

    def __init__(self, flag: AsyncFlag) -> None:
        self._flag = flag
        self.name = flag.name

    def set(self, value: Any = True, *, ttl: TTL | ByPolicy = BY_POLICY) -> None:  # noqa: FBT002  # a flag is a value
        """Let the flag have ``value`` for ``ttl`` seconds; left out, for as long as the policy of its tier says."""
        wait(self._flag.set(value, ttl=ttl))

    def read(self, default: Any = False) -> Any:  # noqa: FBT002  # a flag is a value
        """Its value; ``default`` where it is not set."""
        return wait(self._flag.read(default))

    def clear(self) -> bool:
        """Let it be off; whether it was set."""
        return wait(self._flag.clear())
