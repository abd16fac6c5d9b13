"""A lock around a body of code."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from axon.coordination.finishing import finished
from axon.coordination.lease import EARLY, Lease
from axon.core.errors import InvalidInput, LockLost, LockUnavailable

if TYPE_CHECKING:
    from types import TracebackType

    from axon.core.tier import Tier
    from axon.spi.coordination import Lock


class Locking:
    """``async with memory.lock("name") as lock:`` runs its body while the lock is held, and at no other time.

    The body never begins without the lock. Should the lock be lost while it runs, because its store cannot be reached
    or because the process stood still for too long, the body is cancelled where it awaits, and ``LockLost`` is raised;
    also at the end of a body that did not await any more. It may be used again, but not twice at once: locks are not
    reentrant.
    """

    def __init__(self, tier: Tier, name: str, stored: str, *, ttl: float, wait: float, renew: bool) -> None:
        self.name = name
        self._tier = tier
        self._stored = stored
        self._ttl = ttl
        self._wait = wait
        self._renew = renew
        self._lease: Lease | None = None
        self._is_used = False
        self._was_lost = False

    @property
    def fence(self) -> int:
        """A number that grows with every acquisition of this name: hand it to what the lock protects.

        What sees a fence below one that it has seen refuses a holder who stood still for too long.
        """
        if self._lease is None:
            raise InvalidInput(f"the lock {self.name!r} is not held: a fence belongs to one acquisition")
        return self._lease.lock.fence

    @property
    def is_held(self) -> bool:
        """Whether the lock is certain to be held at this moment."""
        return self._lease is not None and self._lease.is_held

    async def __aenter__(self) -> Self:
        if self._is_used:
            raise InvalidInput(f"this lock {self.name!r} is in use: locks are not reentrant, make another one")
        self._tier.check_open()
        self._is_used = True
        loop = asyncio.get_running_loop()
        try:
            asked = loop.time()
            try:
                lock: Lock = await self._tier.ask("lock", name=self._stored, ttl=self._ttl, wait=self._wait)
            except LockUnavailable as error:
                raise self._renamed(error) from error
            if loop.time() - asked > self._ttl / EARLY:  # nobody knows when within that time it was given
                asked = await self._renewed(lock)
        except BaseException:
            self._is_used = False
            raise
        self._task = asyncio.current_task()
        self._requests = 0 if self._task is None else self._task.cancelling()
        self._was_lost = False
        self._lease = Lease(
            self._tier,
            lock,
            name=self.name,
            ttl=self._ttl,
            asked=asked,
            renew=self._renew,
            lost=self._cancel_the_body,
        )
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if self._lease is None:
            return
        try:
            await self._lease.release()
        except LockLost as lost:
            # As asyncio.timeout does: only where nobody else has cancelled the task is the cancellation ours to end.
            ours = not self._was_lost or self._task is None or self._task.uncancel() <= self._requests
            if error is None or (self._was_lost and ours and isinstance(error, asyncio.CancelledError)):
                raise
            error.add_note(str(lost))
        except Exception as unreleased:
            if error is None:
                raise
            error.add_note(f"the lock {self.name!r} was not released: {type(unreleased).__name__}: {unreleased}")
        finally:
            self._lease, self._is_used = None, False

    async def _renewed(self, lock: Lock) -> float:
        """Hold ``lock`` for its whole time, from the moment that this gives on; else give it back."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        try:
            await self._tier.ask("renew", lock=lock, ttl=self._ttl)
        except LockUnavailable as error:
            await self._leave(lock)
            raise self._renamed(error) from error
        except BaseException:
            await self._leave(lock)
            raise
        if loop.time() - asked < self._ttl:
            return asked
        await self._leave(lock)
        raise self._unavailable(
            f"the lock {self.name!r} came too late: its store took longer to answer than the {self._ttl:g} s of it"
        )

    async def _leave(self, lock: Lock) -> None:
        with suppress(Exception):  # what led to this is what is to be told
            await finished(self._tier.ask("unlock", lock=lock))

    def _renamed(self, error: LockUnavailable) -> LockUnavailable:
        """What the store says, with the name that the user knows."""
        return self._unavailable(error.args[0].replace(repr(self._stored), repr(self.name)))

    def _unavailable(self, message: str) -> LockUnavailable:
        error = LockUnavailable(message)
        error.tier = self._tier.name
        return error

    def _cancel_the_body(self) -> None:
        self._was_lost = True
        if self._task is not None:
            self._task.cancel()
