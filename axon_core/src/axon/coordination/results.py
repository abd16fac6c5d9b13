"""Results by name: one caller computes, all who ask get what came out."""

from __future__ import annotations

import math
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.coordination.encoding import decoded, encoded
from axon.coordination.locking import Locking
from axon.coordination.names import stored_name
from axon.coordination.single_flight import SingleFlight
from axon.coordination.tags import lasting_token, token_of
from axon.core.concurrency import concurrently
from axon.core.errors import ComputationFailed

if TYPE_CHECKING:
    from axon.core.tier import Tier

_LONGEST_S = 86_400.0
"""What takes longer to compute is not kept: so long is the mark there of a process that died."""


@frozen(kw_only=True)
class Computation:
    """What is wanted, and how it is come by."""

    stored: str
    """The name of the result in the store."""
    function: Callable[[], Awaitable[Any]]
    ttl: float
    """For how many seconds the result is kept."""
    lease: float
    """After how many seconds another goes on where the process that computes has died."""
    tags: Sequence[str] = ()
    shares_errors: bool
    """Whether those who waited for a computation that failed are told of its error; else the next one tries again."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.stored.partition(":")[2]


@frozen
class _Kept:
    """What is there under a name: the record as it is stored, and what there is of its tags now."""

    blob: bytes | None
    tags: Mapping[str, bytes | None]

    @property
    def record(self) -> Mapping[str, Any]:
        return {} if self.blob is None else decoded(self.blob)

    @property
    def is_fresh(self) -> bool:
        """Whether there is a result, made when all of its tags had the tokens that they have now."""
        record = self.record
        return "result" in record and record["tags"] == {tag: token_of(blob) for tag, blob in self.tags.items()}


class Results:
    """Results in one tier. A function runs under a lock that is renewed, so that another goes on should it die."""

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self._flights: SingleFlight[bytes] = SingleFlight()

    async def get(self, wanted: Computation) -> Any:
        """The result, computed where there is none."""
        return decoded(await self._flights.run(wanted.stored, partial(self._get, wanted)))["result"]

    async def invalidate(self, stored: str) -> None:
        """Let there be no result; one that is being computed at this moment will not be kept."""
        await self._tier.ask("drop", name=stored)
        self.leave(stored)

    def leave(self, *stored: str) -> None:
        """Let who asks from now on not get what is being computed here under these names, or under any."""
        self._flights.leave(*stored)

    async def _get(self, wanted: Computation) -> bytes:
        seen = await self._kept(wanted)
        if seen.is_fresh and seen.blob is not None:
            return seen.blob
        lock = Locking(self._tier, wanted.name, f"result:{wanted.stored}", ttl=wanted.lease, wait=math.inf, renew=True)
        async with lock:
            kept = await self._kept(wanted)
            if kept.is_fresh and kept.blob is not None:
                return kept.blob
            if "error" in kept.record and kept.blob != seen.blob:
                raise ComputationFailed(wanted.name, kept.record["error"], kept.record["message"])
            return await self._computed(wanted, kept.tags)

    async def _kept(self, wanted: Computation) -> _Kept:
        names = [wanted.stored, *(stored_name("tag", tag) for tag in wanted.tags)]
        blob, *tags = await self._tier.ask("values", names=names)
        return _Kept(blob, dict(zip(wanted.tags, tags, strict=True)))

    async def _computed(self, wanted: Computation, tags: Mapping[str, bytes | None]) -> bytes:
        """What comes out now. It is kept if the mark is still there then: who invalidates it takes it away."""
        mark = encoded({"computing": secrets.token_hex(8)}, "the mark")
        await self._tier.ask("put", name=wanted.stored, value=mark, ttl=_LONGEST_S)
        try:
            tokens = await concurrently(
                [lasting_token(self._tier, tag, blob, ttl=wanted.ttl) for tag, blob in tags.items()]
            )
            result = await wanted.function()
            record = {"result": result, "tags": dict(zip(tags, tokens, strict=True))}
            blob = encoded(record, f"the result of {wanted.name!r}")
        except BaseException as error:
            await self._give_up(wanted, mark, error)
            raise
        await self._tier.ask("swap", name=wanted.stored, old=mark, new=blob, ttl=wanted.ttl)
        return blob

    async def _give_up(self, wanted: Computation, mark: bytes, error: BaseException) -> None:
        """Take the mark away, or let those who wait know of the error, for as long as they may take to look."""
        record = {"error": type(error).__name__, "message": str(error), "attempt": secrets.token_hex(8)}
        try:
            told = encoded(record, "the error") if wanted.shares_errors and isinstance(error, Exception) else None
            await self._tier.ask("swap", name=wanted.stored, old=mark, new=told, ttl=wanted.lease)
        except Exception as unkept:
            error.add_note(f"its store was not told of it: {type(unkept).__name__}: {unkept}")
