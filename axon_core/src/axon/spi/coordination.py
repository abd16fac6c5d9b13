"""What tasks and processes agree on through a store: locks, counters, rate limits and values.

They live in the adapter's namespace beside its entries. An entry, a lock, a counter, a limit and a value of one name do
not meet, and ``clear()``, which is about entries, leaves the others as they are: it must not free what somebody holds.
A name is 1 to 1024 characters of text without NUL, a span is from a microsecond to 1000 years; what cannot be used
raises :class:`~axon.core.errors.InvalidInput` before the store is asked.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from axon.core.capabilities import Capability
from axon.core.errors import WrongType, shown


@frozen(kw_only=True)
class Lock:
    """What whoever holds a lock has in hand."""

    name: str
    token: str = field(repr=False)
    """Random; tells this holder from any other. Who knows it can release the lock."""
    fence: int
    """Grows with every acquisition of this name, so that what the lock protects can refuse an earlier holder."""


def check_lock(lock: object) -> Lock:
    """``lock`` if it is one."""
    if not isinstance(lock, Lock):
        raise WrongType(f"lock must be the Lock that lock() gave, got {shown(lock)}")
    return lock


@frozen(kw_only=True)
class HeldLock:
    """A lock that somebody holds, for who looks on: without the token, nothing can be done with it."""

    name: str
    fence: int
    expires_in: float
    """Seconds until it is free, unless it is renewed or released."""


@frozen(kw_only=True)
class Allowance:
    """The answer of a rate limit."""

    allowed: bool
    remaining: int
    """How much weight is left in the window after this answer."""
    retry_after: float
    """Seconds until the same request can be allowed: 0 where it was, infinity where it weighs more than the limit."""


@frozen(kw_only=True)
class Window:
    """The window of a rate limit, for who looks on."""

    name: str
    per: float
    used: int
    """How much weight counts in it now."""


@runtime_checkable
class SupportsLocks(Protocol):
    """Locks, each held by one at a time and for a limited time. They are not reentrant."""

    @abstractmethod
    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        """Take the lock for ``ttl`` seconds, and wait up to ``wait`` seconds for it.

        :class:`~axon.core.errors.LockUnavailable` if it is not to be had by then; it never returns without the lock.
        A call that is cancelled leaves nothing behind.
        """

    @abstractmethod
    async def renew(self, lock: Lock, *, ttl: float) -> None:
        """Hold it for ``ttl`` seconds from now on; ``LockUnavailable`` if ``lock`` is no longer held."""

    @abstractmethod
    async def unlock(self, lock: Lock) -> bool:
        """Release it; whether ``lock`` was still held. What another holds by now is never released."""

    @abstractmethod
    async def locks(self) -> Sequence[HeldLock]:
        """The locks that are held, by name. It may look through the whole store, and is for operators."""


@runtime_checkable
class SupportsCounters(Protocol):
    """Whole numbers from -2**63 to 2**63 - 1 that are changed in one step."""

    @abstractmethod
    async def increment(self, name: str, by: int = 1, *, ttl: float | None = None) -> int:
        """Add ``by``, which may be negative; the new value. A counter that is not there begins at 0.

        ``ttl`` is how many seconds the counter lives from the increment that makes it, ``None``: for ever; later ones
        change nothing about that. An increment that leaves the range is ``InvalidInput`` and changes nothing.
        """

    @abstractmethod
    async def counter(self, name: str) -> int:
        """Its value; 0 where there is none or it has expired."""

    @abstractmethod
    async def reset(self, name: str) -> bool:
        """Delete it; whether there was one."""


@runtime_checkable
class SupportsLimits(Protocol):
    """Rate limits: windows that slide, by the clock of the store.

    A window belongs to a name and its ``per``, so that two limits on one name do not disturb each other.
    """

    @abstractmethod
    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        """Whether something that weighs ``weight`` may happen now, which is noted where it may.

        In no span of ``per`` seconds more than ``limit`` is allowed. A refusal costs nothing and never raises. The
        window remembers each request, or with ``exact=False`` some 32 sums: then it takes the same room whatever the
        limit, and what was allowed may count up to 1/32 of ``per`` longer, which refuses more, never less. It is one
        window, whichever way each request is noted. ``limit`` and ``weight`` are at most 2**50.
        """

    @abstractmethod
    async def used(self, name: str, *, per: float) -> int:
        """How much weight counts in the window now; nothing is noted."""

    @abstractmethod
    async def windows(self) -> Sequence[Window]:
        """The windows in which something counts, by name. It may look through the whole store; for operators."""


@runtime_checkable
class SupportsValues(Protocol):
    """Values by name, each a few bytes that live for a limited time, which are compared and changed in one step."""

    @abstractmethod
    async def put(self, name: str, value: bytes, *, ttl: float) -> None:
        """Let ``name`` have ``value`` for ``ttl`` seconds, whatever it has."""

    @abstractmethod
    async def swap(self, name: str, old: bytes | None, new: bytes | None, *, ttl: float = 0.0) -> bool:
        """If ``name`` has the value ``old``, let it have ``new`` for ``ttl`` seconds; whether it had.

        ``None`` is no value: without an old one it is only put where there is none, without a new one it is removed.
        ``ttl`` is not looked at without a new value.
        """

    @abstractmethod
    async def values(self, names: Sequence[str]) -> list[bytes | None]:
        """The values of ``names``, in their order, ``None`` where there is none."""

    @abstractmethod
    async def drop(self, name: str) -> bool:
        """Remove the value; whether there was one."""


PROTOCOLS: Mapping[Capability, type] = {
    Capability.LOCKS: SupportsLocks,
    Capability.COUNTERS: SupportsCounters,
    Capability.LIMITS: SupportsLimits,
    Capability.VALUES: SupportsValues,
}
"""What an adapter with a capability offers."""
