"""How long a command is tried, and how often."""

from __future__ import annotations

import asyncio
import random

from axon.core.errors import AxonError
from axon_redis.errors import explained
from axon_redis.failures import Failure

_SHORTEST_S = 0.01
_LONGEST_S = 0.25


class Attempts:
    """The attempts at one command; they end ``deadline`` seconds after its first one began.

    Not redis-py's: those know neither whether a command ran nor whether it may run twice.
    """

    def __init__(self, deadline: float, *, repeatable: bool, first: Failure | None = None) -> None:
        now = asyncio.get_running_loop().time()
        began = now if first is None or first.since is None else first.since
        self.until = began + deadline
        self._repeatable = repeatable
        self._number = 0
        self._last: Failure | None = None
        self._may_have_run = False

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.until - asyncio.get_running_loop().time()

    async def pause(self, failure: Failure, where: str) -> None:
        """Wait a moment before the next attempt; raises what ``failure`` means if there is to be none.

        The first attempt after a connection broke follows at once: idle connections are closed by servers and
        firewalls, and a new one works.
        """
        self._may_have_run = self._may_have_run or failure.sent
        if self._last is not None and self.left <= 0 and failure.code in {"UNREACHABLE", "UNFINDABLE"}:
            failure = self._last  # there was no time to see whether that is over
        self._last = failure
        if not failure.may_pass(repeatable=self._repeatable):
            raise self._explained(failure, where)
        self._number += 1
        if self._number == 1 and failure.code in {"LOST", "MOVED", "ASK"}:
            return
        # Full jitter: whoever lost the same server does not come back all at once.
        bound = min(_LONGEST_S, _SHORTEST_S * 2.0**self._number)
        seconds = random.uniform(_SHORTEST_S / 2, bound)
        if seconds >= self.left:
            raise self._explained(failure, where)
        await asyncio.sleep(seconds)

    def _explained(self, failure: Failure, where: str) -> AxonError:
        # That the last attempt was not sent says nothing about those before.
        if self._may_have_run and not failure.sent:  # a new one: others may have been given the same failure
            failure = Failure(failure.message, failure.code, sent=True, where=failure.where)
        return explained(failure, where, repeatable=self._repeatable)
