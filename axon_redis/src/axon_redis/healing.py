"""Healing: an index of which the server evicted a part is made anew from the entries."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

from axon.core.errors import AxonError, StoreUnavailable
from axon_redis import scripts
from axon_redis.codec import entry_of
from axon_redis.keys import packed
from axon_redis.shard import WHOLE
from axon_redis.terms import record_of

if TYPE_CHECKING:
    from axon_redis.link import Argument
    from axon_redis.shard import Shard

_logger = logging.getLogger("axon.redis")

_PATIENCE_MS = 10_000
"""Whoever rebuilds an index and gives no sign of life for so long has lost the right to."""
_READERS_WAIT = 10.0
_EMPTY_FOR_S = 60
_SCANNED = 1000
_ADDED = 100
_ATTEMPTS = 5


class Healer:
    """Sees to it that the index of one shard has every entry; one task at a time does, for all who wait."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Begin to heal, if nobody has."""
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._task = asyncio.create_task(self._heal())
            task.add_done_callback(_report)
        return task

    async def heal(self) -> None:
        """Wait until the index is complete; :class:`StoreUnavailable` if that takes too long."""
        try:
            await asyncio.wait_for(asyncio.shield(self.start()), _READERS_WAIT)
        except TimeoutError:
            raise StoreUnavailable(
                f"{self._shard.where()}: the server evicted a part of the index of {self._shard.rules.namespace!r}, "
                "and it is being made anew; nothing was asked, ask again later. "
                "`axon doctor` says what maxmemory and maxmemory-policy should be",
                sent=False,
            ) from None

    async def stop(self) -> None:
        """Leave off."""
        task, self._task = self._task, None
        if task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _heal(self) -> None:
        shard = self._shard
        base, complete = shard.keys.base, shard.keys.complete
        for _ in range(_ATTEMPTS):
            state, information = await shard.link.calls(base, [("GET", complete), ("INFO", "stats")])
            if state in WHOLE:
                return
            if state is None and b"evicted_keys:0\r" in information:
                if await shard.link.run(scripts.CONFIRM, base, []) in WHOLE:
                    return
                # A key of the index is gone although nothing was evicted: somebody deleted it.
            await self._rebuild()

    async def _rebuild(self) -> None:
        shard = self._shard
        token = secrets.token_hex(8)
        if not await self._step("begin", token):
            await self._others()
            return
        _logger.warning("%s: making the index of %r anew", shard.where(), shard.rules.namespace)
        server, cursor, first = b"", b"0", True
        while True:
            information, (cursor, keys) = await shard.link.calls(
                shard.keys.base,
                [("INFO", "server"), ("SCAN", cursor, "MATCH", shard.keys.pattern(), "COUNT", _SCANNED)],
            )
            if (running := run_id(information)) != server and server:
                cursor = b"0"  # a failover: the cursor of one server means nothing to another
            server = running
            ids = [key.removeprefix(shard.keys.base) for key in keys]
            for start in range(0, len(ids), _ADDED):
                some = await self._indexed(ids[start : start + _ADDED])
                if some and not await self._step("add", token, ["first" if first else "", *some]):
                    return
                first = first and not some
            if cursor == b"0":
                break
        if await self._step("finish", token) and first:
            # Nothing is there: say so for a while, or every query would look through the whole server.
            await shard.link.call(shard.keys.base, ("SET", shard.keys.complete, "e", "NX", "EX", _EMPTY_FOR_S))

    async def _indexed(self, ids: list[bytes]) -> list[Argument]:
        """What the script needs to index these entries again."""
        shard, rules = self._shard, self._shard.rules
        arguments: list[Argument] = []
        for packed_id, value in zip(ids, await shard.values(ids), strict=True):
            if value is None:
                continue
            try:
                entry = entry_of(value)
            except ValueError as error:
                _logger.warning("%s: %r cannot be read and is not indexed: %s", shard.where(), packed_id, error)
                continue
            if packed(entry.id) == packed_id:
                record = record_of(entry, rules.analyzer if rules.text_index else None)
                arguments += [packed_id, record, rules.rank(entry) if rules.most else ""]
        return arguments

    async def _step(self, step: str, token: str, arguments: list[Argument] | None = None) -> bool:
        given = [step, token, _PATIENCE_MS, *(arguments or [])]
        return bool(await self._shard.link.run(scripts.REBUILD, self._shard.keys.base, given))

    async def _others(self) -> None:
        """Wait until nobody else rebuilds the index."""
        while await self._shard.link.call(self._shard.keys.base, ("EXISTS", self._shard.keys.base + b":b")):
            await asyncio.sleep(0.05)


def run_id(information: bytes) -> bytes:
    """Which server says so: another one after each start."""
    _, _, rest = information.partition(b"run_id:")
    return rest[:40]


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # Whoever waits for it gets the error; where nobody does, the next query finds the index as it was and begins again.
        _logger.log(logging.WARNING if isinstance(error, AxonError) else logging.ERROR, "healing failed: %s", error)
