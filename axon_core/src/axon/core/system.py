"""Memory itself: entries in tiers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from axon.coordination.verbs import Verbs
from axon.core.arguments import changes_of, check_filter, check_ids, check_ranking, new_entry, query_of
from axon.core.batches import Batches, batched
from axon.core.concurrency import concurrently
from axon.core.config import MemoryConfig
from axon.core.entries import IMPORTANCE, MemoryEntry, RecalledEntry
from axon.core.errors import EntryNotFound, InvalidInput, WrongType
from axon.core.filters import Filter
from axon.core.identifiers import check_name
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy
from axon.core.quantities import check_whole
from axon.core.recalling import recalled
from axon.core.registry import Registry, default_registry
from axon.core.tiers import Tiers
from axon.core.vectorizer import Vectorizer
from axon.core.wiring import wirable, wire

if TYPE_CHECKING:
    from axon.core.ranking import Ranking
    from axon.spi.adapter import Adapter
    from axon.spi.embedder import Embedder
    from axon.spi.middleware import Middleware
    from axon.spi.query import Health


class MemorySystem(Verbs):
    """Stores, recalls and forgets entries in the tiers of a configuration; and what :class:`Verbs` adds.

    It is made anywhere, inside an event loop or not, and used from one loop after another; adapters
    connect when they are first used. ``async with`` closes it at the end; so does :meth:`aclose`.

    ``adapters`` puts ready adapters under tiers, by tier name. They are used as they are (the TTL is
    still the policy's, but ``max_entries``, ``eviction`` and ``refresh_on_read`` are their own), and
    are never closed here. So is ``embedder``, in the place of the one that the configuration names, except
    that its vectors are remembered. ``middleware`` runs inside of what the configuration names.
    ``registry`` stands in for the installed plugins.

    Errors: :class:`~axon.core.errors.ConfigError` for a configuration that cannot be wired, with all
    problems; :class:`~axon.core.errors.InvalidInput` for values that cannot be used, before anything
    is done; :class:`~axon.core.errors.StoreError` for what a store did not do, with its tier.
    """

    def __init__(
        self,
        config: MemoryConfig,
        *,
        adapters: Mapping[str, Adapter] | None = None,
        embedder: Embedder | None = None,
        middleware: Sequence[Middleware] = (),
        registry: Registry | None = None,
    ) -> None:
        if not isinstance(config, MemoryConfig):
            raise WrongType(
                f"a MemorySystem is made from a MemoryConfig, got {type(config).__name__}; "
                "from_file() reads one from TOML or JSON"
            )
        self.config = config
        wiring = wire(config, registry or default_registry(), adapters or {}, middleware, embedder)
        self.middleware = wiring.middleware
        self._tiers = Tiers(wiring.tiers)
        self._vectorizer = None if wiring.embedder is None else Vectorizer(wiring.embedder)
        self._close = wiring.close
        super().__init__()

    @classmethod
    def from_file(cls, path: str | Path, **overrides: Any) -> Self:
        """The system that a TOML or JSON file describes; arguments as for :meth:`MemoryConfig.from_file`.

        :class:`~axon.core.errors.ConfigError` has what is wrong with the file together with what cannot be wired.
        """
        return cls(wirable(Path(path), **overrides))

    # -- writing -----------------------------------------------------------

    async def store(
        self,
        text: str,
        *,
        tier: str | None = None,
        importance: float = IMPORTANCE,
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
        An ``id`` of your own makes a repeated call harmless: the entry is replaced. Where the tier searches
        by vector and an embedder is configured, a text without an ``embedding`` gets one; should that fail,
        :class:`~axon.core.errors.EmbeddingFailed` says so and nothing is stored.
        """
        target = self._tiers.target(tier, importance)
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
        await self._save({target: [entry]})
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
        :class:`MemoryEntry`, which is stored as it is: one without ``expires_at`` never expires, whatever
        the policy of its tier says. ``common`` holds arguments of :meth:`store` for the items that do not say
        otherwise; ``id`` and ``text`` cannot be common, and beside a ready entry nothing but ``tier`` can be.
        A :class:`RecalledEntry` is stored without its score and tier.

        All items are checked, and all vectors computed, before any is stored.
        """
        batches, ids = batched(items, self._tiers, tier=tier, common=common)
        await self._save(batches)
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

        ``ttl`` counts from now; left out, the entry expires when it would have. A new ``text`` drops the
        embedding of the old one; a new one comes with it, or from the embedder as in :meth:`store`.
        :class:`~axon.core.errors.EntryNotFound` if there is none.
        """
        check_name(id, "id")
        changes = changes_of(
            text=text, importance=importance, tags=tags, metadata=metadata, ttl=ttl, embedding=embedding
        )
        for target in self._tiers.selected(tier):
            fitting = changes if self._vectorizer is None else await self._vectorizer.changes(changes, target)
            changed = await target.update(id, fitting)
            if changed is not None:
                return changed
        raise EntryNotFound(f"there is no entry {id!r} to update: it never was, was forgotten, or has expired")

    async def forget(self, what: str | Iterable[str] | Filter, *, tier: str | Iterable[str] | None = None) -> int:
        """Delete the entry of an id, those of several ids, or all that a filter admits; how many there were.

        An empty filter is refused, since it would admit everything: that is :meth:`clear`.
        """
        targets = self._tiers.selected(tier)
        if isinstance(what, Filter) and what.is_empty:
            raise InvalidInput("an empty filter would forget everything; if that is meant, use clear(tier)")
        wanted = what if isinstance(what, Filter) else check_ids(what, wanted="an id, several ids or a Filter")
        return sum(await concurrently([target.forget(wanted) for target in targets])) if wanted else 0

    async def clear(self, tier: str) -> int:
        """Forget everything in ``tier`` and nothing elsewhere; how many entries there were."""
        return await self._tiers.named(tier).clear()

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
        context: int = 0,
        ranking: Ranking | None = None,
        explain: bool = False,
    ) -> list[RecalledEntry]:
        """The ``k`` entries that answer ``query`` best, the best first.

        With a ``filter``, everything that it admits is recalled and the query orders it. Without
        one the query also selects: by words of the text, by tags that equal it or a word of it,
        and by nearness of ``embedding``, or of the query's own where an embedder is configured and the
        tier searches by vector. ``tier`` names one tier or several; left out, all are asked at once
        and their answers merged by score. Should one fail, so does the recall. Where ``refresh_on_read`` holds,
        a tier renews all that it answers, ``k`` at the most, also what the merging leaves out.

        ``context`` lets an entry rise by the score of up to so many entries before and after it in its
        session, so that the answer to what was asked comes up with the question. ``ranking`` makes age,
        importance and variety count. ``min_score`` is compared with what comes out of both.
        ``explain`` says of each entry how it got its score.
        """
        asked = query_of(query, filter=filter, k=k, min_score=min_score, embedding=embedding, explain=explain)
        around, factors = check_whole(context, "context", least=0), check_ranking(ranking)
        targets = self._tiers.selected(tier)
        if self._vectorizer is not None:
            asked = await self._vectorizer.query(asked, targets)
        return await recalled(targets, asked, context=around, ranking=factors)

    async def get(self, id: str, *, tier: str | Iterable[str] | None = None) -> MemoryEntry | None:
        """The entry, or ``None``; of several tiers that hold the id, the shortest-lived answers."""
        (entry,) = await self.get_many([check_name(id, "id")], tier=tier)
        return entry

    async def get_many(
        self, ids: Iterable[str], *, tier: str | Iterable[str] | None = None
    ) -> list[MemoryEntry | None]:
        """What :meth:`get` gives for each id, in their order."""
        wanted = check_ids(ids)
        targets = self._tiers.selected(tier)
        if not wanted:
            return []
        answers = await concurrently([target.get(wanted) for target in targets])
        return [next((entry for entry in found if entry is not None), None) for found in zip(*answers, strict=True)]

    async def count(self, filter: Filter | None = None, *, tier: str | Iterable[str] | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        checked = check_filter(filter)
        return sum(await concurrently([target.count(checked) for target in self._tiers.selected(tier)]))

    async def scan(
        self, *, filter: Filter | None = None, tier: str | Iterable[str] | None = None
    ) -> AsyncIterator[MemoryEntry]:
        """Every entry once, or every one that ``filter`` admits, in no order, a page at a time."""
        checked = check_filter(filter)
        for target in self._tiers.selected(tier):
            async for entry in target.scan():
                self._tiers.check_open()
                if checked is None or checked.matches(entry):
                    yield entry

    # -- the system itself -------------------------------------------------

    @property
    def tiers(self) -> tuple[str, ...]:
        """The names of the configured tiers, the shortest-lived first."""
        return self._tiers.names

    def tier(self, name: str) -> Adapter:
        """The adapter of a tier, for what only it can do."""
        return self._tiers.named(name).adapter

    async def health(self) -> dict[str, Health]:
        """How the store of each tier is; never raises because of one."""
        targets = self._tiers.selected(None)
        answers = await concurrently([target.health() for target in targets])
        return {target.name: health for target, health in zip(targets, answers, strict=True)}

    async def aclose(self) -> None:
        """Close the adapters and the embedder that were built here; any number of times. Other calls then raise."""
        if not self._tiers.closed:
            self._tiers.close()
            await self._close()

    async def __aenter__(self) -> Self:
        self._tiers.check_open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        tiers = ", ".join(f"{tier.name}={tier.adapter_name}" for tier in self._tiers)
        return f"<MemorySystem {tiers}{' (closed)' if self._tiers.closed else ''}>"

    async def _save(self, batches: Batches) -> None:
        if self._vectorizer is not None:
            batches = await self._vectorizer.entries(batches)
        await concurrently([target.save(entries) for target, entries in batches.items()])
