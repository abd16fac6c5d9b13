"""Locks, limits, once, flags, activities and cached functions without ``await``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from axon.coordination.functions import check_progress
from axon.coordination.warming import check_several, length_of, lists_of
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy, Span
from axon.core.quantities import check_whole
from axon.sync.activity import Activity
from axon.sync.cached import CachedFunction
from axon.sync.flag import Flag
from axon.sync.limiter import Limiter
from axon.sync.locking import Locking
from axon.sync.running import wait
from axon.sync.threads import check_plain, in_a_thread

if TYPE_CHECKING:
    from axon.coordination.calls import Tags
    from axon.coordination.limiter import KeyUse
    from axon.coordination.warming import Progress
    from axon.core.entries import MemoryEntry
    from axon.core.system import MemorySystem
    from axon.spi.coordination import HeldLock

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Verbs:
    """:class:`axon.coordination.verbs.Verbs`: arguments, results and errors are the same, functions are plain."""

    _system: MemorySystem

    def lock(
        self, name: str, *, ttl: Span = 30.0, wait: Span | None = None, renew: bool = True, tier: str | None = None
    ) -> Locking:
        """A lock: ``with memory.lock("name") as lock:`` runs its body while nobody else holds ``name``."""
        return Locking(self._system.lock(name, ttl=ttl, wait=wait, renew=renew, tier=tier))

    def locks(self, *, tier: str | None = None) -> list[HeldLock]:
        """The locks that are held, by name."""
        return wait(self._system.locks(tier=tier))

    def limit(self, name: str, limit: int, *, per: Span, exact: bool = True, tier: str | None = None) -> Limiter:
        """A rate limit of ``limit`` in ``per`` seconds: ``limiter.acquire(key)`` says whether it may happen now."""
        return Limiter(self._system.limit(name, limit, per=per, exact=exact, tier=tier))

    def limits(self, *, tier: str | None = None) -> list[KeyUse]:
        """How much of limits is used up now, by name and key."""
        return wait(self._system.limits(tier=tier))

    def activity(self, name: str, *, within: Span, exact: bool = True, tier: str | None = None) -> Activity:
        """What happens lately: ``activity.record(key)`` notes it, ``activity.count(key)`` counts."""
        return Activity(self._system.activity(name, within=within, exact=exact, tier=tier))

    def once(self, key: str, *, ttl: TTL | ByPolicy = BY_POLICY, tier: str | None = None) -> bool:
        """``True`` for the first who asks with ``key`` in ``ttl`` seconds, ``False`` for all others."""
        return wait(self._system.once(key, ttl=ttl, tier=tier))

    def once_result(
        self,
        key: str,
        function: Callable[[], Any],
        *,
        ttl: TTL | ByPolicy = BY_POLICY,
        lease: Span = 10.0,
        tier: str | None = None,
    ) -> Any:
        """What ``function`` gave for ``key``: one caller runs it, the others wait for its result or get the stored one.

        It runs in a thread of its own. Should its lock be lost, it runs to its end, but its result does not count.
        """
        check_plain(function, "function must be a plain function without arguments")
        threaded = partial(in_a_thread, function)
        return wait(self._system.once_result(key, threaded, ttl=ttl, lease=lease, tier=tier))

    def flag(self, name: str, *, tier: str | None = None) -> Flag:
        """A flag: ``flag.set(ttl=60)``, ``flag.read()``, ``flag.clear()``."""
        return Flag(self._system.flag(name, tier=tier))

    def cached(
        self,
        *,
        ttl: TTL | ByPolicy = BY_POLICY,
        tags: Tags = (),
        key: Callable[..., str] | None = None,
        name: str | None = None,
        lease: Span = 10.0,
        tier: str | None = None,
    ) -> Callable[[Callable[Parameters, Result]], CachedFunction[Parameters, Result]]:
        """A decorator: the results of a plain function are kept for ``ttl`` seconds, by its arguments."""
        decorator: Any = self._system.cached(ttl=ttl, tags=tags, key=key, name=name, lease=lease, tier=tier)
        return lambda function: CachedFunction(function, decorator)

    def invalidate(self, *tags: str, tier: str | None = None) -> None:
        """Let no cached result count that has one of ``tags``, nor one that is being computed now."""
        wait(self._system.invalidate(*tags, tier=tier))

    def warm(
        self,
        items: Iterable[str | Mapping[str, Any] | MemoryEntry],
        *,
        tier: str | None = None,
        batch: int = 500,
        progress: Progress | None = None,
        **common: Any,
    ) -> int:
        """Store many things ahead of their use, ``batch`` at a time; how many there were.

        ``items`` are taken, and ``progress`` is called, in this thread.
        """
        check_several(items, Iterable)
        check_progress(progress)
        total, done = length_of(items), 0
        for some in lists_of(items, check_whole(batch, "batch", least=1)):
            wait(self._system.store_many(some, tier=tier, **common))
            done += len(some)
            if progress is not None:
                progress(done, total)
        return done
