"""The verbs of a memory by which tasks and processes agree: what :class:`~axon.MemorySystem` does beside entries."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from attrs import evolve

from axon.coordination.activity import Activity
from axon.coordination.cached import CachedFunction
from axon.coordination.calls import Tags
from axon.coordination.flag import Flag
from axon.coordination.functions import check_progress
from axon.coordination.limiter import KeyUse, Limiter
from axon.coordination.locking import Locking
from axon.coordination.names import given_key, given_name, stored_name
from axon.coordination.results import Computation, Results
from axon.coordination.warming import check_several, length_of, some_at_a_time
from axon.core.capabilities import Capability
from axon.core.concurrency import all_of
from axon.core.errors import WrongType, shown
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy, Span, seconds_of
from axon.core.quantities import check_flag, check_patience, check_span, check_whole

if TYPE_CHECKING:
    from axon.coordination.warming import Progress
    from axon.core.entries import MemoryEntry
    from axon.core.tier import Tier
    from axon.core.tiers import Tiers
    from axon.spi.coordination import HeldLock

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_FOR_RESULTS = (Capability.VALUES, Capability.LOCKS)


class Verbs(ABC):
    """Locks, limits, once, flags, activities and cached functions.

    ``tier`` says where; left out, it is the shortest-lived tier whose adapter has the capability, the ephemeral one as
    a rule. Where no tier has it, :class:`~axon.core.errors.CapabilityError` says so. A name of one verb never meets
    that of another. Times go by the clock of the store.
    """

    _tiers: Tiers

    def __init__(self) -> None:
        self._results: dict[str, Results] = {}

    def lock(
        self, name: str, *, ttl: Span = 30.0, wait: Span | None = None, renew: bool = True, tier: str | None = None
    ) -> Locking:
        """A lock: ``async with memory.lock("name") as lock:`` runs its body while nobody else holds ``name``.

        ``ttl`` is for how many seconds it is taken; it is renewed while the body runs, unless ``renew`` is false, so
        that ``ttl`` is how long others wait for a process that died. ``wait`` is how many seconds to wait for it,
        ``ttl`` if left out, ``math.inf`` for ever; then :class:`~axon.core.errors.LockUnavailable` is raised, and the
        body does not run; :class:`~axon.core.errors.LockLost` where it is lost while the body runs. ``lock.fence``
        tells an acquisition from earlier ones.
        """
        span = check_span(seconds_of(ttl), "ttl")
        return Locking(
            self._tiers.capable(tier, Capability.LOCKS),
            name,
            stored_name("lock", name),
            ttl=span,
            wait=span if wait is None else check_patience(seconds_of(wait), "wait"),
            renew=check_flag(renew, "renew"),
        )

    async def locks(self, *, tier: str | None = None) -> list[HeldLock]:
        """The locks that are held, by name; it may look through the whole store."""
        held = await self._tiers.capable(tier, Capability.LOCKS).ask("locks")
        named = ((given_name("lock", lock.name), lock) for lock in held)
        return [evolve(lock, name=name) for name, lock in named if name is not None]

    def limit(self, name: str, limit: int, *, per: Span, exact: bool = True, tier: str | None = None) -> Limiter:
        """A rate limit of ``limit`` in ``per`` seconds: ``await limiter.acquire(key)`` says whether it may happen now.

        The window slides: in no span of ``per`` seconds there are more, however many ask at once and from wherever.
        It remembers every request; with ``exact=False`` it takes the same little room whatever the limit, and a request
        may count up to 1/32 of ``per`` longer.
        """
        return Limiter(self._tiers.capable(tier, Capability.LIMITS), name, limit, per=per, exact=exact)

    async def limits(self, *, tier: str | None = None) -> list[KeyUse]:
        """How much of limits is used up now, by name and key; for operators.

        It may look through the whole store.
        """
        windows = await self._tiers.capable(tier, Capability.LIMITS).ask("windows")
        named = ((given_key("limit", window.name), window) for window in windows)
        return sorted(KeyUse(*names, window.per, window.used) for names, window in named if names is not None)

    def activity(self, name: str, *, within: Span, exact: bool = True, tier: str | None = None) -> Activity:
        """What happens lately: ``await activity.record(key)`` notes it, ``await activity.count(key)`` counts.

        ``within`` is how many seconds count; ``exact`` is as for :meth:`limit`.
        """
        return Activity(self._tiers.capable(tier, Capability.LIMITS), name, within=within, exact=exact)

    async def once(self, key: str, *, ttl: TTL | ByPolicy = BY_POLICY, tier: str | None = None) -> bool:
        """``True`` for the first who asks with ``key`` in ``ttl`` seconds, ``False`` for all others."""
        target = self._tiers.capable(tier, Capability.VALUES)
        first: bool = await target.ask(
            "swap", name=stored_name("once", key), old=None, new=b"1", ttl=target.seconds(ttl)
        )
        return first

    async def once_result(
        self,
        key: str,
        function: Callable[[], Awaitable[Any]],
        *,
        ttl: TTL | ByPolicy = BY_POLICY,
        lease: Span = 10.0,
        tier: str | None = None,
    ) -> Any:
        """What ``function`` gave for ``key``: one caller runs it, the others wait for its result or get the stored one.

        The result is JSON, and kept for ``ttl`` seconds. Should the function fail, who waits for it is told: by the
        error itself or, in another process, by :class:`~axon.core.errors.ComputationFailed`. Who comes later runs it
        again. Should its process die, another takes over within ``lease`` seconds.
        """
        if not callable(function):
            raise WrongType(f"function must be an async function without arguments, got {shown(function)}")
        target = self._tiers.capable(tier, *_FOR_RESULTS)
        wanted = Computation(
            name=key,
            stored=stored_name("result", key),
            function=function,
            ttl=target.seconds(ttl),
            lease=check_span(seconds_of(lease), "lease"),
            has_effects=True,
        )
        return await self._results_of(target).get(wanted)

    def flag(self, name: str, *, tier: str | None = None) -> Flag:
        """A flag: ``await flag.set(ttl=60)``, ``await flag.read()``, ``await flag.clear()``."""
        return Flag(self._tiers.capable(tier, Capability.VALUES), name)

    def cached(
        self,
        *,
        ttl: TTL | ByPolicy = BY_POLICY,
        tags: Tags = (),
        key: Callable[..., str] | None = None,
        name: str | None = None,
        lease: Span = 10.0,
        tier: str | None = None,
    ) -> Callable[[Callable[Parameters, Awaitable[Result]]], CachedFunction[Parameters, Result]]:
        """A decorator: the results of an async function are kept for ``ttl`` seconds, by its arguments.

        ``tags``, or a function that makes them of the arguments, are what :meth:`invalidate` goes by. ``key`` makes
        the text by which two calls are the same; without it, the arguments have to be JSON. ``name`` is what the
        results are found by; left out, it is the module and the name of the function, which must then not be a lambda
        or be defined in another function. However many call at once, in however many processes, one runs the function;
        should its process die, another does within ``lease`` seconds. An error is not kept.
        """
        target = self._tiers.capable(tier, *_FOR_RESULTS)
        span, held = target.seconds(ttl), check_span(seconds_of(lease), "lease")
        results = self._results_of(target)

        def decorated(
            function: Callable[Parameters, Awaitable[Result]], given: Callable[Parameters, Any] | None = None
        ) -> CachedFunction[Parameters, Result]:
            return CachedFunction(function, results, ttl=span, lease=held, tags=tags, key=key, name=name, given=given)

        return decorated

    async def invalidate(self, *tags: str, tier: str | None = None) -> None:
        """Let no cached result count that has one of ``tags``, nor one that is being computed now."""
        target = self._tiers.capable(tier, *_FOR_RESULTS)
        names = [stored_name("tag", tag) for tag in tags]
        try:
            await all_of([_drop(target, name) for name in names])
        finally:
            if target.name in self._results:
                self._results[target.name].leave()

    async def warm(
        self,
        items: Iterable[str | Mapping[str, Any] | MemoryEntry] | AsyncIterable[str | Mapping[str, Any] | MemoryEntry],
        *,
        tier: str | None = None,
        batch: int = 500,
        progress: Progress | None = None,
        **common: Any,
    ) -> int:
        """Store many things ahead of their use, ``batch`` at a time; how many there were.

        ``items`` may be endless or come from a database: they are taken as they are needed. ``progress`` is called with
        how many are stored and how many there are, ``None`` where nobody knows. All else is as in
        :meth:`~axon.MemorySystem.store_many`.
        """
        check_several(items, Iterable, AsyncIterable)
        check_progress(progress)
        total, done = length_of(items), 0
        async with aclosing(some_at_a_time(items, check_whole(batch, "batch", least=1))) as lists:
            async for some in lists:
                await self.store_many(some, tier=tier, **common)
                done += len(some)
                if progress is not None:
                    progress(done, total)
        return done

    @abstractmethod
    async def store_many(
        self, items: Iterable[str | Mapping[str, Any] | MemoryEntry], *, tier: str | None = None, **common: Any
    ) -> list[str]:
        """Of :class:`~axon.MemorySystem`."""

    def _results_of(self, target: Tier) -> Results:
        return self._results.setdefault(target.name, Results(target))


async def _drop(target: Tier, name: str) -> None:
    await target.ask("drop", name=name)
