"""Pruning: every save pays for taking out of the index what has expired, and what the server evicted."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from axon.core.errors import AxonError
from axon_redis import scripts
from axon_redis.shard import EXPIRED_AT_ONCE

if TYPE_CHECKING:
    from axon_redis.shard import Shard

_logger = logging.getLogger("axon.redis")

EVERY = 64
_FEWEST, _MOST = 16, 512
_PATIENCE = 4 * EVERY
"""With a debt above this, saving waits until some of it is paid."""


class Pruner:
    """Prunes the index of one shard after every 64 saves.

    It looks at some entries each time, at twice as many when it finds many of them gone, and goes on at once while most
    are: what is gone and indexed stays a small part of what is there, however much the server evicts.
    """

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._debt = 0
        self._probes = _FEWEST
        self._task: asyncio.Task[None] | None = None

    async def saved(self, count: int) -> None:
        """Note that so many entries were saved; wait where pruning does not keep up."""
        self._debt += count
        self._begin()
        if self._debt > _PATIENCE and self._task is not None:
            await asyncio.wait([self._task])

    def _begin(self) -> None:
        if self._debt >= EVERY and (self._task is None or self._task.done() or _is_foreign(self._task)):
            self._task = asyncio.create_task(self._pay())

    def missed(self, count: int) -> None:
        """Note that an index led to so many entries that are gone, as it does where nobody saves."""
        self._debt += count
        self._begin()

    async def stop(self) -> None:
        """Leave off."""
        task, self._task = self._task, None
        if task is not None and not task.done() and not _is_foreign(task):
            task.cancel()
            await asyncio.wait([task])

    async def _pay(self) -> None:
        while self._debt >= EVERY:
            self._debt -= EVERY
            try:
                more = await self._prune()
            except AxonError as error:
                # It does not matter to the one who saves: the next 64 saves try again, and their own calls fail too.
                _logger.warning("the index was not pruned: %s", error)
                return
            if more:
                self._debt += EVERY

    async def _prune(self) -> bool:
        """Prune a little; whether there is more to be found."""
        due, gone, probed = await self._shard.run(scripts.PRUNE, [EXPIRED_AT_ONCE, self._probes])
        many = gone * 20 > probed  # of those by chance a tenth, since the oldest are mostly clean by now
        self._probes = min(_MOST, self._probes * 2) if many else max(_FEWEST, self._probes // 2)
        return bool(due == EXPIRED_AT_ONCE or many)


def _is_foreign(task: asyncio.Task[None]) -> bool:
    """Whether the task belongs to a loop that is not the running one, and may never end."""
    return task.get_loop() is not asyncio.get_running_loop()
