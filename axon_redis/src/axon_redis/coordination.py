"""What tasks and processes agree on through the server: the part of the adapter that is not entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from axon.core.identifiers import check_name
from axon.core.quantities import check_patience, check_span
from axon.spi.coordination import check_lock
from axon_redis.counters import Counters
from axon_redis.keys import Keys
from axon_redis.limits import Limits
from axon_redis.locks import Locks
from axon_redis.values import Values

if TYPE_CHECKING:
    from axon.spi import HeldLock, Lock
    from axon_redis.endpoint import Endpoint
    from axon_redis.link import Link


class Coordination(Counters, Limits, Values):
    """Locks, counters, limits and values of a namespace, all in one slot; however many shards its entries have."""

    def __init__(self, link: Link, endpoint: Endpoint, namespace: str) -> None:
        self._link = link
        self._keys = Keys.of(namespace)
        self._locks = Locks(link, endpoint, self._keys)

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        """Take the lock for ``ttl`` seconds; ``LockUnavailable`` after ``wait`` seconds. It is given in no order."""
        check_name(name, "name")
        return await self._locks.lock(name, ttl=check_span(ttl, "ttl"), wait=check_patience(wait, "wait"))

    async def renew(self, lock: Lock, *, ttl: float) -> None:
        """Hold it for ``ttl`` seconds from now on; ``LockUnavailable`` if ``lock`` is no longer held."""
        await self._locks.renew(check_lock(lock), check_span(ttl, "ttl"))

    async def unlock(self, lock: Lock) -> bool:
        """Release it; whether ``lock`` was still held."""
        return await self._locks.unlock(check_lock(lock))

    async def locks(self) -> Sequence[HeldLock]:
        """The locks that are held, by name; it looks through the server."""
        return await self._locks.held()
