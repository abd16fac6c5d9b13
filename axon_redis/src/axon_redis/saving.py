"""Saving: what is saved in one tick of the event loop goes in few calls, and pays for the tidying of the index."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from axon.core.concurrency import concurrently
from axon_redis.pruning import Pruner

if TYPE_CHECKING:
    from axon_redis.healing import Healer
    from axon_redis.shard import Prepared, Shard

_LANES = 4
_ENTRIES = 32
_TERMS = 2500
_BYTES = 1_000_000
"""What one call takes at the most, so that it holds the server for milliseconds; one entry always."""


class Saver:
    """Saves entries of one shard, tells the pruner how many, and the healer when the index may lack some."""

    def __init__(self, shard: Shard, pruner: Pruner, healer: Healer) -> None:
        self._shard = shard
        self._pruner = pruner
        self._healer = healer
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: list[tuple[Prepared, asyncio.Future[None]]] = []
        self._sending: set[asyncio.Task[Any] | None] = set()
        self._alone = False

    async def save(self, prepared: Prepared) -> None:
        """Save an entry with those that others save in this tick; cancelled before it is sent, it is not sent."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._waiting, self._sending = loop, [], set()
        if self._alone and not self._waiting and not self._sending:
            # Nobody else was there lately: waiting for the end of the tick would only cost more of them, and a task.
            sending, task = self._sending, asyncio.current_task()
            sending.add(task)
            try:
                await self._save([prepared])
            finally:
                sending.discard(task)
            return
        if not self._waiting:
            loop.call_soon(self._send)
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.append((prepared, future))
        if len(self._waiting) >= _ENTRIES:
            self._send()  # so that the server works on these while others are still being prepared
        await future

    async def save_many(self, prepared: Iterable[Prepared]) -> None:
        """Save entries of different ids, prepared as they go, with some calls on the way at any time."""
        calls = calls_of(prepared)

        async def lane() -> None:
            for some in calls:
                await self._save(some)

        await concurrently([lane() for _ in range(_LANES)])

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        waiting = [one for one in waiting if not one[1].done()]
        if not waiting or self._loop is None:
            return
        self._alone = len(waiting) == 1 and not self._sending
        start = 0
        for some in calls_of([prepared for prepared, _ in waiting]):
            futures = [future for _, future in waiting[start : start + len(some)]]
            start += len(some)
            task = self._loop.create_task(self._answer(some, futures))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _answer(self, prepared: Sequence[Prepared], futures: Sequence[asyncio.Future[None]]) -> None:
        try:
            await self._save(prepared)
        except Exception as error:
            for future in futures:
                if not future.done():
                    future.set_exception(error)
        except asyncio.CancelledError:
            for future in futures:
                future.cancel()
            raise
        else:
            for future in futures:
                if not future.done():
                    future.set_result(None)

    async def _save(self, prepared: Sequence[Prepared]) -> None:
        if await self._shard.save(prepared):
            self._healer.start()
        await self._pruner.saved(len(prepared))


def calls_of(prepared: Iterable[Prepared]) -> Iterator[list[Prepared]]:
    """``prepared`` in the parts that one call takes."""
    some: list[Prepared] = []
    terms = size = 0
    for each in prepared:
        more_terms, more_bytes = each.record.size, each.size
        if some and (len(some) == _ENTRIES or terms + more_terms > _TERMS or size + more_bytes > _BYTES):
            yield some
            some, terms, size = [], 0, 0
        some.append(each)
        terms, size = terms + more_terms, size + more_bytes
    if some:
        yield some
