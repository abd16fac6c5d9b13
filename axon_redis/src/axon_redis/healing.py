"""Healing: an index of which the server evicted a part is made anew from the entries."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from axon.core.errors import AxonError, StoreFull, StoreUnavailable
from axon_redis import scripts
from axon_redis.codec import entry_of
from axon_redis.keys import packed
from axon_redis.saving import calls_of
from axon_redis.shard import EMPTY, Prepared, arguments_of
from axon_redis.walking import walk

if TYPE_CHECKING:
    from axon_redis.commands import Argument
    from axon_redis.shard import Shard

_logger = logging.getLogger("axon.redis")

_PATIENCE_MS = 3_000
"""Whoever rebuilds an index and gives no sign of life for so long has lost the right to."""
_READERS_WAIT = 10.0
_SCANNED = 1000
_SCANNED_AT_ANY_RATE = 100_000
"""Where nobody knows of an index, a server with so few keys is looked through, which takes a moment."""
_ATTEMPTS = 5
_READ = 50
"""So many values are read at once: to a server that is full, what it has to send counts too."""


class Healer:
    """Sees to it that the index of one shard has every entry; one task at a time does, for all who wait."""

    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._task: asyncio.Task[bool] | None = None

    def start(self) -> asyncio.Task[bool]:
        """Begin to heal, if nobody has."""
        task = self._task
        if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
            task = self._task = asyncio.create_task(self._heal())
            task.add_done_callback(_report)
        return task

    async def heal(self) -> bool:
        """Wait until the index is complete; ``False``: there are no entries, and a full server cannot note that.

        :class:`StoreUnavailable` if that takes too long.
        """
        try:
            return await asyncio.wait_for(asyncio.shield(self.start()), _READERS_WAIT)
        except TimeoutError:
            raise StoreUnavailable(
                f"{self._shard.where()}: nobody vouches for the index of {self._shard.rules.namespace!r}, of which the "
                "server may have evicted a part, and it is still being looked through for entries; nothing was asked, "
                "ask again later. `axon doctor` says what maxmemory and maxmemory-policy should be",
                sent=False,
            ) from None

    async def stop(self) -> None:
        """Leave off."""
        task, self._task = self._task, None
        if task is not None and not task.done() and task.get_loop() is asyncio.get_running_loop():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _heal(self) -> bool:
        shard = self._shard
        base, complete = shard.keys.base, shard.keys.complete
        for _ in range(_ATTEMPTS):
            said, there, keys, memory = await shard.link.calls(
                base, [("GET", complete), ("EXISTS", *shard.parts), ("DBSIZE",), ("INFO", "memory")]
            )
            if shard.is_whole(said) and there == (0 if said == EMPTY else len(shard.parts)):
                return True
            # A new namespace on a server that is too large to look through it for nothing?
            is_new = said is None and keys > _SCANNED_AT_ANY_RATE and _evicts_nothing(memory)
            if is_new and shard.is_whole(await shard.run(scripts.CONFIRM, [shard.complete])):
                return True
            try:
                await self._rebuild(quietly=said is None)
            except StoreFull:
                if said is None and there == 0 and not await self._finds_something():
                    return False
                raise
        return True

    async def _finds_something(self) -> bool:
        async for _ in walk(self._shard.link, self._shard.keys, self._shard.keys.pattern()):
            return True
        return False

    async def _rebuild(self, *, quietly: bool) -> None:
        shard = self._shard
        token = secrets.token_hex(8)
        if not await self._step("begin", token):
            await self._others()
            return
        level = logging.DEBUG if quietly else logging.WARNING
        _logger.log(level, "%s: making the index of %r anew", shard.where(), shard.rules.namespace)
        try:
            looked_through = await self._index_everything(token)
            if looked_through is not None and await self._step("finish", token, looked_through):
                await shard.trim()
                return
        except AxonError:
            with suppress(AxonError):
                await self._leave(token)
            raise
        await self._leave(token)

    async def _leave(self, token: str) -> None:
        """Let others try at once, if nobody else does by now: until then they wait for a sign of life."""
        await self._step("leave", token)

    async def _index_everything(self, token: str) -> list[Argument] | None:
        """Index what the server has; which run of it and whether it had nothing, or ``None``: somebody came between."""
        shard = self._shard
        server, cursor, first = b"", b"0", True
        while True:
            information, (cursor, keys) = await shard.link.calls(
                shard.keys.base,
                [("INFO", "server"), ("SCAN", cursor, "MATCH", shard.keys.pattern(), "COUNT", _SCANNED)],
            )
            if (running := run_id(information)) != server and server:
                cursor = b"0"  # a failover: the cursor of one server means nothing to another
                server = running
                continue
            server = running
            ids = [key.removeprefix(shard.keys.base) for key in keys]
            for start in range(0, max(1, len(ids)), _READ):
                for some in await self._indexed(ids[start : start + _READ]):
                    arguments = ["first" if first else "", *arguments_of(some)]
                    if not await self._step("add", token, arguments, ids=[each.packed_id for each in some]):
                        return None
                    first = first and not some
            if cursor == b"0":
                return [server, "nothing" if first else ""]

    async def _indexed(self, ids: list[bytes]) -> list[list[Prepared]]:
        """What the script needs to index these entries again, by calls; one at least, which is a sign of life."""
        shard, rules = self._shard, self._shard.rules
        entries: list[Prepared] = []
        for packed_id, value in zip(ids, await shard.values(ids), strict=True):
            if value is None:
                continue
            try:
                entry = entry_of(value)
            except ValueError as error:
                _logger.warning("%s: %r cannot be read and is not indexed: %s", shard.where(), packed_id, error)
                continue
            if packed(entry.id) == packed_id:
                record = shard.record(packed_id, entry)
                rank = rules.rank(entry) if rules.most else ""
                entries.append(Prepared(packed_id, 0, [packed_id, record.stored, rank], record))
        return list(calls_of(entries)) or [[]]

    async def _step(
        self, step: str, token: str, arguments: Sequence[Argument] = (), *, ids: Sequence[bytes] = ()
    ) -> bool:
        given = [step, token, _PATIENCE_MS, self._shard.complete, *arguments]
        return bool(await self._shard.run(scripts.REBUILD, given, ids=ids))

    async def _others(self) -> None:
        """Wait until nobody else rebuilds the index."""
        keys = self._shard.keys
        while await self._shard.link.call(keys.base, ("EXISTS", keys.rebuild)):  # noqa: ASYNC110 - they are other processes
            await asyncio.sleep(0.05)


def _evicts_nothing(memory: bytes) -> bool:
    return b"maxmemory:0\r" in memory or b"maxmemory_policy:noeviction" in memory


def run_id(information: bytes) -> bytes:
    """Which server says so: another one after each start."""
    _, _, rest = information.partition(b"run_id:")
    return rest[:40]


def _report(task: asyncio.Task[bool]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        # Whoever waits for it gets the error; where nobody does, the next query finds the index as it was, and begins.
        _logger.log(logging.WARNING if isinstance(error, AxonError) else logging.ERROR, "healing failed: %s", error)
