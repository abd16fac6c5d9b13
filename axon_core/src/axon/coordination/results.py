"""Results by name: one caller computes, all who ask get what came out."""

from __future__ import annotations

import asyncio
import inspect
import math
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon.coordination.encoding import decoded, encoded
from axon.coordination.functions import Functions
from axon.coordination.locking import Locking
from axon.coordination.names import stored_name
from axon.coordination.single_flight import SingleFlight
from axon.coordination.tags import lasting_token, token_of
from axon.core.concurrency import concurrently
from axon.core.errors import ComputationFailed, InvalidInput, LockUnavailable, WrongType

if TYPE_CHECKING:
    from axon.core.tier import Tier

_LONGEST_S = 86_400.0
"""What takes longer to compute is not kept: so long is the mark there of a process that died."""


@frozen(kw_only=True, eq=False)
class Computation:
    """What is wanted, and how it is come by."""

    name: str
    """What it is called in messages; no argument is in it, as these may be secret."""
    stored: str
    """The name of the result in the store."""
    function: Callable[[], Awaitable[Any]]
    ttl: float
    """For how many seconds the result is kept."""
    lease: float
    """After how many seconds another goes on where the process that computes has died."""
    tags: Sequence[str] = ()
    has_effects: bool
    """Whether those who wait take what came out, an error too; else they try again where it does not count."""


_computing: ContextVar[tuple[Computation, ...]] = ContextVar("axon_computing", default=())
"""What is being computed around this code."""


@frozen
class _Found:
    """What comes out for all who ask at once: the record as it is stored."""

    blob: bytes
    counts: bool
    """Whether it is kept; else it was invalidated while it was computed."""
    computed_for: Computation | None = None


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
        self._flights: SingleFlight[_Found] = SingleFlight()
        self._under_way: set[Computation] = set()
        self.functions = Functions()

    async def get(self, wanted: Computation) -> Any:
        """The result, computed where there is none."""
        self._tier.check_open()
        if any(each.stored == wanted.stored for each in _computing.get() if each in self._under_way):
            raise InvalidInput(
                f"the computation of {wanted.name!r} asks for its own result, itself or by a task that it has started, "
                "and would wait for ever"
            )
        found = await self._flights.run(wanted.stored, partial(self._get, wanted))
        if not (found.counts or found.computed_for is wanted or wanted.has_effects):
            # We may have come after it was invalidated. What is computed from now on is new enough, kept or not.
            found = await self._flights.run(wanted.stored, partial(self._get, wanted))
        return decoded(found.blob)["result"]

    async def invalidate(self, stored: str) -> None:
        """Let there be no result; one that is being computed at this moment will not be kept."""
        self._tier.check_open()
        try:
            await self._tier.ask("drop", name=stored)
        finally:
            self.leave(stored)

    def leave(self, *stored: str) -> None:
        """Let who asks from now on not get what is being computed here under these names, or under any."""
        self._flights.leave(*stored)

    async def _get(self, wanted: Computation) -> _Found:
        seen = await self._kept(wanted)
        if seen.is_fresh and seen.blob is not None:
            return _Found(seen.blob, counts=True)
        name = f"result:{wanted.stored}"
        lock = Locking(self._tier, name, name, ttl=wanted.lease, wait=math.inf, renew=True)
        try:
            async with lock:
                return await self._under_lock(wanted, seen)
        except LockUnavailable as error:
            about = f"of the computation of {wanted.name!r}"
            error.args = tuple(
                each.replace(repr(name), about) if isinstance(each, str) else each for each in error.args
            )
            raise

    async def _under_lock(self, wanted: Computation, seen: _Kept) -> _Found:
        kept = await self._kept(wanted)
        if kept.is_fresh and kept.blob is not None:
            return _Found(kept.blob, counts=True)
        if "error" in kept.record and kept.blob != seen.blob:
            raise ComputationFailed(wanted.name, kept.record["error"], kept.record["message"])
        return await self._computed(wanted, kept.tags)

    async def _kept(self, wanted: Computation) -> _Kept:
        names = [wanted.stored, *(stored_name("tag", tag) for tag in wanted.tags)]
        blob, *tags = await self._tier.ask("values", names=names)
        return _Kept(blob, dict(zip(wanted.tags, tags, strict=True)))

    async def _computed(self, wanted: Computation, tags: Mapping[str, bytes | None]) -> _Found:
        """What comes out now. It is kept if the mark is still there then: who invalidates it takes it away."""
        mark = encoded({"computing": secrets.token_hex(8)}, "the mark")
        await self._tier.ask("put", name=wanted.stored, value=mark, ttl=_LONGEST_S)
        try:
            lasting = _LONGEST_S + wanted.ttl  # from now on, however long it takes to compute
            tokens = await concurrently(
                [lasting_token(self._tier, tag, blob, ttl=lasting) for tag, blob in tags.items()]
            )
            result = await self._outcome(wanted)
            record = {"result": result, "tags": dict(zip(tags, tokens, strict=True))}
            blob = encoded(record, f"the result of {wanted.name!r}")
        except BaseException as error:
            await self._give_up(wanted, mark, error)
            raise
        # Who asks from now on looks for itself: it may know of what we no longer see.
        self._flights.leave(wanted.stored)
        counts = await self._tier.ask("swap", name=wanted.stored, old=mark, new=blob, ttl=wanted.ttl)
        if counts and tags:
            counts = (await self._kept(wanted)).is_fresh
        return _Found(blob, counts, wanted)

    async def _outcome(self, wanted: Computation) -> Any:
        """What the function gives; it is known meanwhile that it is being computed."""
        token = _computing.set((*_computing.get(), wanted))
        self._under_way.add(wanted)
        try:
            outcome = wanted.function()
            if not inspect.isawaitable(outcome):
                raise WrongType(
                    f"the function for {wanted.name!r} must be async: it gave {type(outcome).__name__}, "
                    "which cannot be awaited"
                )
            return await outcome
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled us: it is the function's own, and who waits is not to run it again because of it.
            raise RuntimeError(f"the function for {wanted.name!r} raised CancelledError") from error
        finally:
            self._under_way.discard(wanted)
            _computing.reset(token)

    async def _give_up(self, wanted: Computation, mark: bytes, error: BaseException) -> None:
        """Take the mark away, or let those who wait know of the error, for as long as they may take to look."""
        try:
            told = None
            if wanted.has_effects and isinstance(error, Exception):
                record = {"error": type(error).__name__, "message": _said_by(error), "attempt": secrets.token_hex(8)}
                told = encoded(record, "the error")
            await self._tier.ask("swap", name=wanted.stored, old=mark, new=told, ttl=wanted.lease)
        except Exception as unkept:
            error.add_note(f"its store was not told of it: {type(unkept).__name__}: {unkept}")


def _said_by(error: Exception) -> str:
    """What it says, as a store can keep it: whoever waits must know of it, whatever it is."""
    try:
        return str(error).encode(errors="backslashreplace").decode()
    except Exception:
        return ""
