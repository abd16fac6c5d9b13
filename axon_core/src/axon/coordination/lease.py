"""A lock in hand: renewed in the background, and given up on in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from axon.coordination.alarms import alarms_of
from axon.coordination.finishing import finished
from axon.core.errors import Closed, LockLost, LockUnavailable

if TYPE_CHECKING:
    from axon.core.tier import Tier
    from axon.spi.coordination import Lock

EARLY = 3
"""A lock is renewed when a third of its time is over, so that two attempts may fail."""
_PAUSE_S = 0.05


class Lease:
    """Holds ``lock`` from now on, which was asked for at ``asked`` (of the event loop) for ``ttl`` seconds.

    ``lost`` is called once, where the lock is no longer certain to be held. Certain it is for ``ttl`` seconds from the
    moment in which it was asked for, however late the answer came. ``name`` is for messages.
    """

    def __init__(
        self, tier: Tier, lock: Lock, *, name: str, ttl: float, asked: float, renew: bool, lost: Callable[[], None]
    ) -> None:
        self.lock = lock
        self._name = name
        self._tier = tier
        self._ttl = ttl
        self._until = asked + ttl
        self._lost = lost
        self._is_over = False
        self._error: LockLost | None = None
        self._cause: Exception | None = None
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._alarms = alarms_of(self._loop)
        when = asked + ttl / EARLY if renew else self._until
        self._alarm = self._alarms.call_at(when, self._begin if renew else self._end)

    @property
    def is_held(self) -> bool:
        """Whether the lock is certain to be held."""
        return not self._is_over and self._loop.time() < self._until

    async def release(self) -> None:
        """Give the lock back; :class:`LockLost` where it was lost before."""
        is_late = not self._is_over and not self.is_held  # and so is its alarm
        self._is_over = True
        self._alarm.cancel()
        if self._task is not None:
            self._task.cancel()
        if self._error is not None:
            raise self._error
        try:
            was_held = await self._tier.ask("unlock", lock=self.lock)
        except asyncio.CancelledError:  # whether it was sent is not known
            with suppress(Exception):
                await finished(self._tier.ask("unlock", lock=self.lock))
            raise
        except Exception as error:
            if not is_late:
                raise
            raise self._gone() from error
        if is_late or not was_held:
            raise self._gone()

    def _begin(self) -> None:
        self._alarm = self._alarms.call_at(self._until, self._end)
        self._task = self._loop.create_task(self._keep())

    async def _keep(self) -> None:
        """Renew it again and again. However this ends, the timer ends the lease where it was not renewed in time."""
        while not self._is_over:
            asked = self._loop.time()
            self._cause = self._cause or TimeoutError("its renewal was not answered")  # until it is
            try:
                async with asyncio.timeout_at(self._until):
                    await self._tier.ask("renew", lock=self.lock, ttl=self._ttl)
            except (LockUnavailable, Closed) as error:
                self._cause = error
                self._end()
            except Exception as error:  # whatever it is, another attempt may succeed while there is time
                self._cause = error
                if not self._is_over:
                    await asyncio.sleep(_PAUSE_S)
            else:
                self._cause = None
                self._renewed_until(asked + self._ttl)
                await asyncio.sleep(asked + self._ttl / EARLY - self._loop.time())

    def _renewed_until(self, moment: float) -> None:
        if not self._is_over:
            self._until = moment
            self._alarm.cancel()
            self._alarm = self._alarms.call_at(moment, self._end)

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._alarm.cancel()
            if self._task is not None and self._task is not asyncio.current_task():
                self._task.cancel()
            self._error = self._gone()
            self._lost()

    def _gone(self) -> LockLost:
        error = LockLost(
            f"the lock {self._name!r} was lost: its {self._ttl:g} s were over before it was released or renewed, "
            "and another may hold it"
        )
        error.tier = self._tier.name
        error.__cause__ = self._cause
        return error
