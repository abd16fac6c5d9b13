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
from axon.core.concurrency import concurrently
from axon.core.errors import ComputationFailed

if TYPE_CHECKING:
    from axon.core.tier import Tier

_AS_LONG = 2
"""A tag is remembered so many times as long as what has it: were it forgotten, that would count as invalid."""


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
    """What is there under a name: the record as it is stored, and the tokens that its tags have now."""

    blob: bytes | None
    tokens: Mapping[str, bytes | None]

    @property
    def record(self) -> Mapping[str, Any]:
        return {} if self.blob is None else decoded(self.blob)

    @property
    def is_fresh(self) -> bool:
        """Whether there is a result, made when all of its tags had the tokens that they have now."""
        record = self.record
        if "result" not in record:
            return False
        now = {tag: None if token is None else token.decode() for tag, token in self.tokens.items()}
        return None not in now.values() and record["tags"] == now


class Results:
    """Results in one tier. A function runs under a lock that is renewed, so that another goes on should it die."""

    def __init__(self, tier: Tier) -> None:
        self._tier = tier
        self._flights: SingleFlight[bytes] = SingleFlight()

    async def get(self, wanted: Computation) -> Any:
        """The result, computed where there is none."""
        return decoded(await self._flights.run(wanted.stored, partial(self._get, wanted)))["result"]

    async def invalidate(self, stored: str, *, ttl: float) -> None:
        """Let there be no result; one that is being computed at this moment will not be kept."""
        await self._tier.ask("put", name=stored, value=encoded({"invalid": secrets.token_hex(8)}, stored), ttl=ttl)

    async def _get(self, wanted: Computation) -> bytes:
        seen = await self._kept(wanted)
        if seen.is_fresh and seen.blob is not None:
            return seen.blob
        lock = Locking(self._tier, wanted.name, f"result:{wanted.stored}", ttl=wanted.lease, wait=math.inf, renew=True)
        async with lock:
            kept = await self._kept(wanted)
            if kept.is_fresh and kept.blob is not None:
                return kept.blob
            if wanted.shares_errors and kept.blob != seen.blob and "error" in kept.record:
                raise ComputationFailed(wanted.name, kept.record["error"], kept.record["message"])
            tokens = await self._tokens(kept, wanted.ttl)
            try:
                result = await wanted.function()
                blob = encoded({"result": result, "tags": tokens}, f"the result of {wanted.name!r}")
            except Exception as error:
                if wanted.shares_errors:
                    await self._keep_error(wanted, kept, error)
                raise
            # Whatever was put there meanwhile knows more than we did when we began.
            await self._tier.ask("swap", name=wanted.stored, old=kept.blob, new=blob, ttl=wanted.ttl)
            return blob

    async def _kept(self, wanted: Computation) -> _Kept:
        names = [wanted.stored, *(stored_name("tag", tag) for tag in wanted.tags)]
        blob, *tokens = await self._tier.ask("values", names=names)
        return _Kept(blob, dict(zip(wanted.tags, tokens, strict=True)))

    async def _tokens(self, kept: _Kept, ttl: float) -> dict[str, str]:
        """The token of each tag, for what is computed from now on; made where there is none."""
        tokens = await concurrently([self._token(tag, token, ttl) for tag, token in kept.tokens.items()])
        return dict(zip(kept.tokens, tokens, strict=True))

    async def _token(self, tag: str, token: bytes | None, ttl: float) -> str:
        name = stored_name("tag", tag)
        while True:
            wanted = token or secrets.token_hex(8).encode()
            if await self._tier.ask("swap", name=name, old=token, new=wanted, ttl=_AS_LONG * ttl):
                return wanted.decode()
            (token,) = await self._tier.ask("values", names=[name])

    async def _keep_error(self, wanted: Computation, kept: _Kept, error: Exception) -> None:
        """Let those who wait know; for as long as they may take to look."""
        record = {"error": type(error).__name__, "message": str(error), "attempt": secrets.token_hex(8)}
        blob = encoded(record, "the error")
        try:
            await self._tier.ask("swap", name=wanted.stored, old=kept.blob, new=blob, ttl=wanted.lease)
        except Exception as unkept:
            error.add_note(f"others were not told of it: {type(unkept).__name__}: {unkept}")
