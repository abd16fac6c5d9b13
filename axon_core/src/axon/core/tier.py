"""One configured tier: its policy, its adapter, and the middleware around every call of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from axon.core.capabilities import Capability
from axon.core.errors import AxonError, CapabilityError, Closed, InvalidInput
from axon.core.filters import Filter
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy, seconds_of
from axon.core.quantities import check_span
from axon.core.walk import each_once
from axon.spi.coordination import PROTOCOLS
from axon.spi.middleware import Call, Proceed, Verb
from axon.spi.query import Health, Query

if TYPE_CHECKING:
    from axon.core.entries import MemoryEntry
    from axon.core.policies import TierPolicy
    from axon.spi.adapter import Adapter
    from axon.spi.middleware import Middleware
    from axon.spi.query import Hit

Result = TypeVar("Result")

_PAGE = 500
CLOSED = "this MemorySystem was closed; make a new one"


class Tier:
    """What :class:`~axon.MemorySystem` calls: the adapter's verbs inside the middleware.

    ``owned`` says whether the system closes the adapter. An error that passes learns the tier's name.
    """

    def __init__(
        self,
        name: str,
        policy: TierPolicy,
        adapter: Adapter,
        *,
        adapter_name: str,
        capabilities: frozenset[Capability] | None,
        owned: bool,
        middleware: Sequence[Middleware],
    ) -> None:
        self.name = name
        self.policy = policy
        self.lifetime = None if policy.ttl_seconds is None else timedelta(seconds=policy.ttl_seconds)
        """How long an entry lives that does not say so itself."""
        self.adapter = adapter
        self.adapter_name = adapter_name
        self.capabilities = capabilities
        """What the adapter declares; ``None``: it was handed in and declares nothing."""
        self.embeds = capabilities is None or Capability.VECTOR_SEARCH in capabilities
        """Whether its entries and queries get vectors: the adapter searches by them, or may."""
        self._finds_words = capabilities is None or Capability.TEXT_SEARCH in capabilities
        methods = frozenset(each for each, protocol in PROTOCOLS.items() if isinstance(adapter, protocol))
        self._offered = methods if capabilities is None else capabilities
        self.owned = owned
        self._middleware = tuple(middleware)
        self.closed = False
        """Whether the system is: then what has begun comes to its end, and nothing begins."""

    async def save(self, entries: list[MemoryEntry]) -> None:
        """Save one entry or several."""
        await self._call("store", entries, self._save)

    async def get(self, ids: list[str]) -> list[MemoryEntry | None]:
        """The entries of ``ids``, in their order."""
        return await self._call("get", ids, self._get)

    async def forget(self, what: list[str] | Filter) -> int:
        """Delete the entries of these ids, or those that a filter admits; how many there were."""
        return await self._call("forget", what, self._forget)

    async def query(self, query: Query) -> Sequence[Hit]:
        """What answers ``query``, the best first."""
        return await self._call("recall", query, self.adapter.query)

    def fitted(self, query: Query) -> Query:
        """``query`` without its vector where the adapter cannot search by one, if something else is left to go by.

        :class:`CapabilityError` where nothing is, since no answer would look like an answer.
        """
        by_vector = query.vector is not None and self.embeds
        if query.text is None and query.vector is not None and not by_vector:
            raise CapabilityError(
                f"{self.name}: adapter {self.adapter_name!r} has no vector_search, so it cannot be asked "
                "with an embedding alone: give a text too, or name other tiers"
            )
        if query.filter is None and not by_vector and not self._finds_words:
            raise CapabilityError(
                f"{self.name}: adapter {self.adapter_name!r} has no text_search, so it cannot be asked "
                "with a text alone: give a filter too, or name other tiers"
            )
        return query if query.vector is None or by_vector else attrs.evolve(query, vector=None)

    async def update(self, entry_id: str, changes: Mapping[str, Any]) -> MemoryEntry | None:
        """Store a changed copy of the entry."""
        return await self._call("update", (entry_id, changes), lambda given: self.adapter.update(given[0], **given[1]))

    async def count(self, filter: Filter | None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        return await self._call("count", filter, self.adapter.count)

    def scan(self) -> AsyncIterator[MemoryEntry]:
        """Every entry once, a page at a time, without what expires before its turn comes."""
        return each_once(
            lambda cursor: self._call(
                "scan", (cursor, _PAGE), lambda given: self.adapter.scan(given[0], limit=given[1])
            )
        )

    async def clear(self) -> int:
        """Delete every entry."""
        return await self._call("clear", None, lambda _: self.adapter.clear())

    async def health(self) -> Health:
        """How the store is; an adapter or a middleware that raises is a store that is down."""
        start = perf_counter()
        try:
            return await self._call("health", None, lambda _: self.adapter.health())
        except Exception as error:
            latency_ms = (perf_counter() - start) * 1000
            return Health(status="down", latency_ms=latency_ms, detail=f"{type(error).__name__}: {error}")

    def has(self, *capabilities: Capability) -> bool:
        """Whether the adapter declares all of these; one that was handed in has what it has the methods for."""
        return self._offered.issuperset(capabilities)

    def seconds(self, ttl: TTL | ByPolicy) -> float:
        """``ttl`` in seconds; that of the policy where it is left out."""
        if ttl is BY_POLICY and self.lifetime is not None:
            return self.lifetime.total_seconds()
        if ttl is BY_POLICY or ttl is None:
            raise InvalidInput(f"{self.name}: this lives for a limited time, so ttl must be seconds or a timedelta")
        return check_span(seconds_of(ttl), "ttl")

    def check_open(self) -> None:
        """Raise :class:`Closed` once the system is closed."""
        if self.closed:
            raise Closed(CLOSED)

    async def ask(self, verb: Verb, **arguments: Any) -> Any:
        """What the adapter answers to a verb of :mod:`axon.spi.coordination`."""
        method = getattr(self.adapter, verb)
        try:
            if not self._middleware:
                return await method(**arguments)
            return await self._through(verb, arguments, lambda given: method(**given))
        except Exception as error:
            self._say_where(error)
            raise

    def _save(self, entries: list[MemoryEntry]) -> Coroutine[Any, Any, None]:
        return self.adapter.save(entries[0]) if len(entries) == 1 else self.adapter.save_many(entries)

    async def _get(self, ids: list[str]) -> list[MemoryEntry | None]:
        return [await self.adapter.get(ids[0])] if len(ids) == 1 else await self.adapter.get_many(ids)

    async def _forget(self, what: list[str] | Filter) -> int:
        if isinstance(what, Filter):
            return await self.adapter.delete_where(what)
        return int(await self.adapter.delete(what[0])) if len(what) == 1 else await self.adapter.delete_many(what)

    async def _call(self, verb: Verb, argument: Any, operation: Callable[[Any], Coroutine[Any, Any, Result]]) -> Result:
        try:
            if not self._middleware:
                return await operation(argument)
            return await self._through(verb, argument, operation)
        except Exception as error:
            self._say_where(error)
            raise

    def _say_where(self, error: Exception) -> None:
        if isinstance(error, AxonError):
            error.tier = error.tier or self.name
        else:
            error.add_note(f"in the {self.name} tier, adapter {self.adapter_name!r}")

    async def _through(self, verb: Verb, argument: Any, operation: Callable[[Any], Awaitable[Result]]) -> Result:
        def innermost(call: Call) -> Awaitable[Result]:
            return operation(call.argument)

        proceed: Proceed = innermost
        for middleware in reversed(self._middleware):
            proceed = partial(_around, middleware, proceed)
        result: Result = await proceed(Call(verb=verb, tier=self.name, adapter=self.adapter_name, argument=argument))
        return result


def _around(middleware: Middleware, proceed: Proceed, call: Call) -> Awaitable[Any]:
    return middleware(call, proceed)
