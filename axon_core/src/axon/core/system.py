"""Memory itself: entries in tiers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from axon.core.arguments import (
    changes_of,
    check_filter,
    check_ids,
    check_store_arguments,
    item_arguments,
    new_entry,
    query_of,
)
from axon.core.concurrency import all_of, concurrently
from axon.core.config import MemoryConfig
from axon.core.entries import MemoryEntry, RecalledEntry, check_importance
from axon.core.errors import Closed, EntryNotFound, InvalidInput, UnknownTier, WrongType, shown
from axon.core.filters import Filter
from axon.core.identifiers import check_name
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy
from axon.core.registry import Registry, default_registry
from axon.core.routing import route
from axon.core.wiring import wire

if TYPE_CHECKING:
    from axon.core.tier import Tier
    from axon.spi.adapter import Adapter
    from axon.spi.middleware import Middleware
    from axon.spi.query import Health


class MemorySystem:
    """Stores, recalls and forgets entries in the tiers of a configuration.

    It is made anywhere, inside an event loop or not, and used from one loop after another; adapters
    connect when they are first used. ``async with`` closes it at the end; so does :meth:`aclose`.

    ``adapters`` puts ready adapters under tiers, by tier name. They are used as they are (the TTL is
    still the policy's, but ``max_entries``, ``eviction`` and ``refresh_on_read`` are their own), and
    are never closed here. ``middleware`` runs inside of what the configuration names. ``registry``
    stands in for the installed plugins.

    Errors: :class:`~axon.core.errors.ConfigError` for a configuration that cannot be wired, with all
    problems; :class:`~axon.core.errors.InvalidInput` for values that cannot be used, before anything
    is done; :class:`~axon.core.errors.StoreError` for what a store did not do, with its tier.
    """

    def __init__(
        self,
        config: MemoryConfig,
        *,
        adapters: Mapping[str, Adapter] | None = None,
        middleware: Sequence[Middleware] = (),
        registry: Registry | None = None,
    ) -> None:
        if not isinstance(config, MemoryConfig):
            raise WrongType(
                f"a MemorySystem is made from a MemoryConfig, got {type(config).__name__}; "
                "from_file() reads one from TOML or JSON"
            )
        self.config = config
        self._tiers, self.middleware = wire(config, registry or default_registry(), adapters or {}, middleware)
        self._closed = False

    @classmethod
    def from_file(cls, path: str | Path, **overrides: Any) -> Self:
        """The system that a TOML or JSON file describes; see :meth:`MemoryConfig.from_file`."""
        return cls(MemoryConfig.from_file(path, **overrides))

    # -- writing -----------------------------------------------------------

    async def store(
        self,
        text: str,
        *,
        tier: str | None = None,
        importance: float = 0.5,
        tags: Iterable[str] = (),
        user_id: str | None = None,
        session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        ttl: TTL | ByPolicy = BY_POLICY,
        id: str | None = None,
        embedding: Any = None,
    ) -> str:
        """Remember ``text``; the id of its entry.

        Without ``tier``, importance decides: below 0.3 ephemeral, below 0.7 session, else persistent.
        ``ttl`` is in seconds or a timedelta, ``None`` means never; left out, it is the policy's.
        An ``id`` of your own makes a repeated call harmless: the entry is replaced.
        """
        target = self._target(tier, importance)
        entry = new_entry(
            text,
            by_policy=target.lifetime,
            importance=importance,
            tags=tags,
            user_id=user_id,
            session_id=session_id,
            metadata=metadata,
            ttl=ttl,
            id=id,
            embedding=embedding,
        )
        await target.save([entry])
        return entry.id

    async def store_many(
        self,
        items: Iterable[str | Mapping[str, Any] | MemoryEntry],
        *,
        tier: str | None = None,
        **common: Any,
    ) -> list[str]:
        """Remember several things at once; their ids, in order.

        An item is a text, a mapping of the arguments of :meth:`store` (with ``text``), or a ready
        :class:`MemoryEntry`, which is stored as it is. ``common`` holds arguments of :meth:`store`
        for the items that do not say otherwise. All items are checked before any is stored.
        """
        if isinstance(items, str | Mapping | MemoryEntry):
            raise WrongType(f"store_many takes a list of items, got one {type(items).__name__}: use store()")
        if not isinstance(items, Iterable):
            raise WrongType(f"store_many takes a list of items, got {type(items).__name__}")
        check_store_arguments(common)
        batches: dict[str, list[MemoryEntry]] = {}
        ids: list[str] = []
        for position, item in enumerate(items):
            target, entry = self._item(item, tier, common, position)
            batches.setdefault(target.name, []).append(entry)
            ids.append(entry.id)
        await concurrently([self._tier(name).save(entries) for name, entries in batches.items()])
        return ids

    async def update(
        self,
        id: str,
        *,
        tier: str | None = None,
        text: str | None = None,
        importance: float | None = None,
        tags: Iterable[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        ttl: TTL | ByPolicy = BY_POLICY,
        embedding: Any = None,
    ) -> MemoryEntry:
        """Change what is given of the entry and keep the rest, also its tier; the changed entry.

        ``ttl`` counts from now; left out, the entry expires when it would have. A new ``text``
        drops the embedding of the old one unless a new ``embedding`` comes with it.
        :class:`~axon.core.errors.EntryNotFound` if there is none.
        """
        check_name(id, "id")
        changes = changes_of(
            text=text, importance=importance, tags=tags, metadata=metadata, ttl=ttl, embedding=embedding
        )
        for target in self._selected(tier):
            changed = await target.update(id, changes)
            if changed is not None:
                return changed
        raise EntryNotFound(f"there is no entry {id!r} to update: it never was, was forgotten, or has expired")

    async def forget(self, what: str | Iterable[str] | Filter, *, tier: str | Iterable[str] | None = None) -> int:
        """Delete the entry of an id, those of several ids, or all that a filter admits; how many there were.

        An empty filter is refused, since it would admit everything: that is :meth:`clear`.
        """
        targets = self._selected(tier)
        if isinstance(what, Filter):
            if what.is_empty:
                raise InvalidInput("an empty filter would forget everything; if that is meant, use clear(tier)")
            return sum(await concurrently([target.forget(what) for target in targets]))
        ids = check_ids(what)
        return sum(await concurrently([target.delete(ids) for target in targets])) if ids else 0

    async def clear(self, tier: str) -> int:
        """Forget everything in ``tier`` and nothing elsewhere; how many entries there were."""
        return await self._tier(tier).clear()

    # -- reading -----------------------------------------------------------

    async def recall(
        self,
        query: str | None = None,
        *,
        tier: str | Iterable[str] | None = None,
        filter: Filter | None = None,
        k: int = 100,
        min_score: float | None = None,
        embedding: Any = None,
    ) -> list[RecalledEntry]:
        """The ``k`` entries that answer ``query`` best, the best first.

        With a ``filter``, everything that it admits is recalled and the query orders it. Without
        one the query also selects: by words of the text, by tags that equal it or a word of it,
        and by nearness of ``embedding`` where the tier can. ``tier`` names one tier or several;
        left out, all are asked at once and their answers merged by score. Should one fail, so
        does the recall.
        """
        asked = query_of(query, filter=filter, k=k, min_score=min_score, embedding=embedding)
        targets = self._selected(tier)
        queries = [target.fitted(asked) for target in targets]
        answers = await concurrently([target.query(query) for target, query in zip(targets, queries, strict=True)])
        recalled = [
            RecalledEntry.of(hit.entry, score=hit.score, tier=target.name)
            for target, hits in zip(targets, answers, strict=True)
            for hit in hits
        ]
        if len(targets) > 1:
            recalled.sort(key=lambda entry: (entry.score, entry.created_at, entry.id), reverse=True)
        return recalled[:k]

    async def get(self, id: str, *, tier: str | Iterable[str] | None = None) -> MemoryEntry | None:
        """The entry, or ``None``; of several tiers that hold the id, the shortest-lived answers."""
        (entry,) = await self.get_many([check_name(id, "id")], tier=tier)
        return entry

    async def get_many(
        self, ids: Iterable[str], *, tier: str | Iterable[str] | None = None
    ) -> list[MemoryEntry | None]:
        """What :meth:`get` gives for each id, in their order."""
        wanted = check_ids(ids)
        targets = self._selected(tier)
        if not wanted:
            return []
        answers = await concurrently([target.get(wanted) for target in targets])
        return [next((entry for entry in found if entry is not None), None) for found in zip(*answers, strict=True)]

    async def count(self, filter: Filter | None = None, *, tier: str | Iterable[str] | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        checked = check_filter(filter)
        return sum(await concurrently([target.count(checked) for target in self._selected(tier)]))

    async def scan(
        self, *, filter: Filter | None = None, tier: str | Iterable[str] | None = None
    ) -> AsyncIterator[MemoryEntry]:
        """Every entry once, or every one that ``filter`` admits, in no order, a page at a time."""
        checked = check_filter(filter)
        for target in self._selected(tier):
            async for entry in target.scan():
                self._check_open()
                if checked is None or checked.matches(entry):
                    yield entry

    # -- the system itself -------------------------------------------------

    @property
    def tiers(self) -> tuple[str, ...]:
        """The names of the configured tiers, the shortest-lived first."""
        return tuple(self._tiers)

    def tier(self, name: str) -> Adapter:
        """The adapter of a tier, for what only it can do."""
        return self._tier(name).adapter

    async def health(self) -> dict[str, Health]:
        """How the store of each tier is; never raises because of one."""
        targets = self._selected(None)
        answers = await concurrently([target.health() for target in targets])
        return {target.name: health for target, health in zip(targets, answers, strict=True)}

    async def aclose(self) -> None:
        """Close the adapters that were built here; any number of times. Other calls then raise."""
        if self._closed:
            return
        self._closed = True
        await all_of([tier.adapter.close() for tier in self._tiers.values() if tier.owned])

    async def __aenter__(self) -> Self:
        self._check_open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        tiers = ", ".join(f"{tier.name}={tier.adapter_name}" for tier in self._tiers.values())
        return f"<MemorySystem {tiers}{' (closed)' if self._closed else ''}>"

    # -- tiers by name -----------------------------------------------------

    def _check_open(self) -> None:
        if self._closed:
            raise Closed("this MemorySystem was closed; make a new one")

    def _tier(self, name: str) -> Tier:
        self._check_open()
        tier = self._tiers.get(name) if isinstance(name, str) else None
        if tier is None:
            close = get_close_matches(str(name), list(self._tiers), n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise UnknownTier(f"there is no tier {shown(name)} here; {hint}configured: {', '.join(self._tiers)}")
        return tier

    def _target(self, name: str | None, importance: float) -> Tier:
        return self._tier(route(check_importance(importance), self._tiers) if name is None else name)

    def _selected(self, names: str | Iterable[str] | None) -> list[Tier]:
        if names is None:
            self._check_open()
            return list(self._tiers.values())
        if not isinstance(names, str | Iterable):
            raise WrongType(f"tier must be a name or several, got {type(names).__name__}")
        selected = [self._tier(name) for name in ([names] if isinstance(names, str) else names)]
        if not selected:
            raise InvalidInput("tier is an empty list; leave it out to ask all tiers")
        return list(dict.fromkeys(selected))

    def _item(
        self, item: str | Mapping[str, Any] | MemoryEntry, tier: str | None, common: Mapping[str, Any], position: int
    ) -> tuple[Tier, MemoryEntry]:
        if isinstance(item, MemoryEntry):
            return self._target(tier, item.importance), item
        try:
            arguments = {"tier": tier, **common, **item_arguments(item)}
            target = self._target(arguments.pop("tier"), arguments.get("importance", 0.5))
            return target, new_entry(**arguments, by_policy=target.lifetime)
        except InvalidInput as error:
            error.args = (f"item {position}: {error}",)
            raise
