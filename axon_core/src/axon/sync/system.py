"""Entries without ``await``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from axon.core.entries import IMPORTANCE
from axon.core.lifetimes import BY_POLICY, TTL, ByPolicy
from axon.core.system import MemorySystem as AsyncMemorySystem
from axon.core.wiring import wirable
from axon.spi.adapter import Adapter
from axon.sync.running import left_open, wait
from axon.sync.verbs import Verbs

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.core.entries import MemoryEntry, RecalledEntry
    from axon.core.filters import Filter
    from axon.core.ranking import Ranking
    from axon.core.registry import Registry
    from axon.spi.embedder import Embedder
    from axon.spi.middleware import Middleware
    from axon.spi.query import Health


class MemorySystem(Verbs):
    """:class:`axon.MemorySystem` without ``await``: arguments, results and errors are the same.

    Any thread may call it. What is still open when the process exits is closed then.
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
        self._system = AsyncMemorySystem(
            config, adapters=adapters, embedder=embedder, middleware=middleware, registry=registry
        )
        if _must_be_closed(self._system):
            left_open.add(self._system)

    @classmethod
    def from_file(cls, path: str | Path, **overrides: Any) -> Self:
        """The system that a TOML or JSON file describes."""
        return cls(wirable(Path(path), **overrides))

    def store(
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
        """Remember ``text``; the id of its entry."""
        return wait(
            self._system.store(
                text,
                tier=tier,
                importance=importance,
                tags=tags,
                user_id=user_id,
                session_id=session_id,
                metadata=metadata,
                ttl=ttl,
                id=id,
                embedding=embedding,
            )
        )

    def store_many(
        self, items: Iterable[str | Mapping[str, Any] | MemoryEntry], *, tier: str | None = None, **common: Any
    ) -> list[str]:
        """Remember several things at once; their ids, in order."""
        return wait(self._system.store_many(items, tier=tier, **common))

    def update(
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
        """Change what is given of the entry; the changed entry."""
        return wait(
            self._system.update(
                id,
                tier=tier,
                text=text,
                importance=importance,
                tags=tags,
                metadata=metadata,
                ttl=ttl,
                embedding=embedding,
            )
        )

    def forget(self, what: str | Iterable[str] | Filter, *, tier: str | Iterable[str] | None = None) -> int:
        """Delete by id, ids or filter; how many there were."""
        return wait(self._system.forget(what, tier=tier))

    def clear(self, tier: str) -> int:
        """Forget everything in ``tier``; how many entries there were."""
        return wait(self._system.clear(tier))

    def recall(
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
        """The ``k`` entries that answer ``query`` best, the best first."""
        return wait(
            self._system.recall(
                query,
                tier=tier,
                filter=filter,
                k=k,
                min_score=min_score,
                embedding=embedding,
                context=context,
                ranking=ranking,
                explain=explain,
            )
        )

    def get(self, id: str, *, tier: str | Iterable[str] | None = None) -> MemoryEntry | None:
        """The entry, or ``None``."""
        return wait(self._system.get(id, tier=tier))

    def get_many(self, ids: Iterable[str], *, tier: str | Iterable[str] | None = None) -> list[MemoryEntry | None]:
        """The entries of ``ids``, in their order."""
        return wait(self._system.get_many(ids, tier=tier))

    def count(self, filter: Filter | None = None, *, tier: str | Iterable[str] | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        return wait(self._system.count(filter, tier=tier))

    def scan(self, *, filter: Filter | None = None, tier: str | Iterable[str] | None = None) -> Iterator[MemoryEntry]:
        """Every entry once, or every one that ``filter`` admits, in no order."""
        pages = self._system.scan(filter=filter, tier=tier)
        while (entry := wait(_next(pages))) is not None:
            yield entry

    @property
    def config(self) -> MemoryConfig:
        """What the system was made from."""
        return self._system.config

    @property
    def middleware(self) -> tuple[Middleware, ...]:
        """What runs around every call, the outermost first."""
        return self._system.middleware

    @property
    def tiers(self) -> tuple[str, ...]:
        """The names of the configured tiers, the shortest-lived first."""
        return self._system.tiers

    def tier(self, name: str) -> Adapter:
        """The adapter of a tier. Its methods are coroutines; they belong to the background loop."""
        return self._system.tier(name)

    def health(self) -> dict[str, Health]:
        """How the store of each tier is."""
        return wait(self._system.health())

    def close(self) -> None:
        """Close the adapters that were built here; any number of times."""
        left_open.discard(self._system)
        wait(self._system.aclose())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._system)


async def _next(entries: AsyncIterator[MemoryEntry]) -> MemoryEntry | None:
    return await anext(entries, None)


def _must_be_closed(system: AsyncMemorySystem) -> bool:
    """Whether closing does anything; what only holds memory is let go of when its user lets go of it."""
    adapters = [type(system.tier(name)) for name in system.tiers]
    return system.config.embedder is not None or any(kind.close is not Adapter.close for kind in adapters)
