"""How long a command is tried, and how often."""

from __future__ import annotations

import asyncio
import random

from axon_redis.failures import Failure, explained

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

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.until - asyncio.get_running_loop().time()

    async def pause(self, failure: Failure, where: str) -> None:
        """Wait a moment before the next attempt; raises what ``failure`` means if there is to be none.

        The first attempt after a connection broke follows at once: idle connections are closed by servers and
        firewalls, and a new one works.
        """
        if not failure.may_pass(repeatable=self._repeatable):
            raise explained(failure, where, repeatable=self._repeatable)
        self._number += 1
        if self._number == 1 and failure.code in {"LOST", "MOVED", "ASK"}:
            return
        # Full jitter: whoever lost the same server does not come back all at once.
        bound = min(_LONGEST_S, _SHORTEST_S * 2.0**self._number)
        seconds = random.uniform(_SHORTEST_S / 2, bound)
        if seconds >= self.left:
            raise explained(failure, where, repeatable=self._repeatable)
        await asyncio.sleep(seconds)
