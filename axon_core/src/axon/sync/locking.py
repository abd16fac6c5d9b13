"""A lock around a body of plain code."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Self

from axon.core.errors import AxonError
from axon.sync.running import wait

if TYPE_CHECKING:
    from types import TracebackType

    from axon.coordination.locking import Locking as AsyncLocking


class Locking:
    """``with memory.lock("name") as lock:`` runs its body, in this thread, once the lock is held.

    The background loop renews it. A thread cannot be cancelled: should the lock be lost while the body runs,
    ``lock.is_held`` says so, and leaving the block raises ``LockLost``. It may be used again, but not twice at
    once: locks are not reentrant.
    """

    def __init__(self, locking: AsyncLocking) -> None:
        self._locking = locking
        self.name = locking.name

    @property
    def fence(self) -> int:
        """A number that grows with every acquisition of this name: hand it to what the lock protects."""
        return self._locking.fence

    @property
    def is_held(self) -> bool:
        """Whether the lock is certain to be held at this moment."""
        return self._locking.is_held

    def __enter__(self) -> Self:
        # The task of this call is over when the body runs, so that a lock that is lost cancels nobody.
        try:
            wait(self._locking.__aenter__())
        except AxonError:
            raise
        except BaseException:  # a signal, perhaps just as the lock was given, which would be renewed for ever
            with suppress(Exception):
                wait(self._locking.__aexit__(None, None, None))
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            wait(self._locking.__aexit__(kind, error, traceback))
        except AxonError:
            raise
        except BaseException:  # a signal, perhaps before anything was done, and the lock would be renewed for ever
            with suppress(Exception):
                wait(self._locking.__aexit__(None, None, None))
            raise
