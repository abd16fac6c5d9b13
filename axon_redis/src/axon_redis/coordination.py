"""What tasks and processes agree on through the server: the part of the adapter that is not entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from axon.core.errors import WrongType, shown
from axon.core.identifiers import check_name
from axon.core.policies import check_flag
from axon.core.quantities import check_patience, check_span, check_value, check_weight, check_whole
from axon.spi import Lock
from axon_redis.counters import Counters
from axon_redis.keys import Keys
from axon_redis.limits import Limits
from axon_redis.locks import Locks
from axon_redis.values import Values

if TYPE_CHECKING:
    from axon.spi import Allowance, HeldLock, Window
    from axon_redis.endpoint import Endpoint
    from axon_redis.link import Link


class Coordination:
    """Locks, counters, limits and values of a namespace, all in one slot; however many shards its entries have."""

    def __init__(self, link: Link, endpoint: Endpoint, namespace: str) -> None:
        keys = Keys.of(namespace)
        self._locks = Locks(link, endpoint, keys)
        self._counters = Counters(link, keys)
        self._limits = Limits(link, keys)
        self._values = Values(link, keys)

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        """Take the lock for ``ttl`` seconds; ``LockUnavailable`` after ``wait`` seconds. It is given in no order."""
        check_name(name, "name")
        return await self._locks.lock(name, ttl=check_span(ttl, "ttl"), wait=check_patience(wait, "wait"))

    async def renew(self, lock: Lock, *, ttl: float) -> None:
        """Hold it for ``ttl`` seconds from now on; ``LockUnavailable`` if ``lock`` is no longer held."""
        await self._locks.renew(_checked(lock), check_span(ttl, "ttl"))

    async def unlock(self, lock: Lock) -> bool:
        """Release it; whether ``lock`` was still held."""
        return await self._locks.unlock(_checked(lock))

    async def locks(self) -> Sequence[HeldLock]:
        """The locks that are held, by name; it looks through the server."""
        return await self._locks.held()

    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        """Add ``by``; the new value. ``ttl`` is how many seconds a counter lives that this makes."""
        check_name(name, "name")
        check_whole(by, "by")
        return await self._counters.increment(name, by, None if ttl is None else check_span(ttl, "ttl"))

    async def counter(self, name: str) -> int:
        """Its value; 0 where there is none."""
        return await self._counters.value(check_name(name, "name"))

    async def reset(self, name: str) -> bool:
        """Delete it; whether there was one."""
        return await self._counters.reset(check_name(name, "name"))

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        """Whether something that weighs ``weight`` may happen now; the window slides by the server's clock."""
        check_name(name, "name")
        check_weight(limit, "limit")
        check_weight(weight, "weight")
        span, exactly = check_span(per, "per"), check_flag(exact, "exact")
        return await self._limits.allow(name, limit=limit, per=span, weight=weight, exact=exactly)

    async def used(self, name: str, *, per: float) -> int:
        """How much weight counts in the window now."""
        return await self._limits.used(check_name(name, "name"), check_span(per, "per"))

    async def windows(self) -> Sequence[Window]:
        """The windows in which something counts, by name; it looks through the server."""
        return await self._limits.windows()

    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        """Let ``name`` have ``value`` for ``ttl`` seconds."""
        check_name(name, "name")
        await self._values.put(name, check_value(value, "value"), check_span(ttl, "ttl"))

    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        """If ``name`` has ``old``, let it have ``new``; whether it had. ``None`` is no value."""
        check_name(name, "name")
        if old is not None:
            check_value(old, "old")
        if new is not None:
            check_value(new, "new")
        span = 0.0 if new is None else check_span(ttl, "ttl")
        return await self._values.swap(name, old, new, span)

    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of ``names``, in their order."""
        return await self._values.values([check_name(name, "name") for name in names])

    async def drop(self, name: str) -> bool:
        """Remove the value; whether there was one."""
        return await self._values.drop(check_name(name, "name"))


def _checked(lock: object) -> Lock:
    if not isinstance(lock, Lock):
        raise WrongType(f"lock must be the Lock that lock() gave, got {shown(lock)}")
    return lock
