"""The adapter ``redis``: the contract, in terms of shards."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from axon.core.concurrency import concurrently
from axon.core.errors import CapabilityError, InvalidInput, StoreOverloaded, StoreUnavailable, shown
from axon.core.identifiers import check_name
from axon.core.lifetimes import lifetime
from axon.core.policies import Eviction, check_eviction, check_max_entries
from axon.core.quantities import check_flag, check_whole
from axon.ranking import explanation
from axon.ranking.analysis import Analyzer
from axon.spi import Adapter, Filter, Finding, Health, Hit, MemoryEntry, Page, Query
from axon_redis import residue
from axon_redis.codec import digest
from axon_redis.coordination import Coordination
from axon_redis.doctor import examine
from axon_redis.endpoint import Endpoint
from axon_redis.healing import Healer
from axon_redis.keys import Keys, packed, shard_of
from axon_redis.link import Link, open_link
from axon_redis.pruning import Pruner
from axon_redis.rules import Rules
from axon_redis.saving import Saver
from axon_redis.scanning import scan_page
from axon_redis.search import admitted, search
from axon_redis.shard import READ_AT_ONCE, IncompleteIndexError, Shard
from axon_redis.sharding import check_shards, shards_key

if TYPE_CHECKING:
    from axon_redis.shard import Prepared

Result = TypeVar("Result")

_ATTEMPTS = 8
_UPDATES = 32
_FIRST_LOOK_S = 1.0
_REPLACED = 3
"""What the script that saves answers where something else was saved meanwhile."""


class RedisAdapter(Coordination, Adapter):
    """Entries in Redis 6.2 or newer, or in Valkey: shared by all who name the same server and namespace.

    Where: ``host``, ``port``, ``db``, or a ``url`` (``redis://``, ``rediss://``, ``unix://``,
    ``redis+sentinel://host:26379,host:26379/service``, ``redis+cluster://host:7000,host:7001``), or ``client``, a
    ready redis-py client, Sentinel (with its ``service``) or RedisCluster, which stays yours to close. What is not
    given comes from ``REDIS_URL``, ``REDIS_HOST``, ``REDIS_PORT``, ``REDIS_USERNAME``, ``REDIS_PASSWORD``,
    ``REDIS_DB``; else it is ``localhost:6379``. ``socket_connect_timeout`` and ``socket_timeout`` are how many seconds
    one attempt may take, ``deadline`` how many seconds a call may take with all its attempts.

    How: ``default_ttl`` is how many seconds an entry lives that would live for ever. ``max_entries`` with ``eviction``,
    ``refresh_on_read``, ``text_index`` and ``language`` are as in every adapter. ``shards`` splits a giant namespace
    over the nodes of a cluster. ``multiplex=False`` uses redis-py's own connections, ``max_connections`` of them;
    the multiplexer needs one to a node. ``decode_responses`` is taken, and values are right whatever it says.
    ``local_clock`` gives seconds since the epoch, which the ends of entries are compared with when they are read; the
    server lets them expire by a clock of its own.

    It connects at the first call, in the running event loop; another loop gets connections of its own.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        password: str | None = None,
        db: int | None = None,
        *,
        url: str | None = None,
        username: str | None = None,
        namespace: str = "axon",
        default_ttl: float | timedelta | None = None,
        max_connections: int | None = None,
        decode_responses: bool = False,
        ssl: bool | None = None,
        ssl_ca_certs: str | None = None,
        ssl_certfile: str | None = None,
        ssl_keyfile: str | None = None,
        ssl_cert_reqs: str | None = None,
        ssl_check_hostname: bool | None = None,
        socket_timeout: float | None = None,
        socket_connect_timeout: float | None = None,
        deadline: float | None = None,
        sentinel_username: str | None = None,
        sentinel_password: str | None = None,
        client: Any = None,
        service: str | None = None,
        multiplex: bool = True,
        max_entries: int | None = None,
        eviction: Eviction = "oldest",
        refresh_on_read: bool = False,
        text_index: bool = True,
        language: str = "english",
        shards: int = 1,
        local_clock: Callable[[], float] = time.time,
    ) -> None:
        self.rules = Rules(
            namespace=check_name(namespace, "namespace"),
            shards=_checked_shards(shards, max_entries),
            max_entries=check_max_entries(max_entries),
            eviction=check_eviction(eviction),
            refresh_on_read=check_flag(refresh_on_read, "refresh_on_read"),
            default_lifetime=None if default_ttl is None else _checked_ttl(default_ttl),
            analyzer=Analyzer(language),
            text_index=check_flag(text_index, "text_index"),
            clock=local_clock,
        )
        self.endpoint = Endpoint.of(
            url=url,
            host=host,
            port=port,
            username=username,
            password=password,
            db=db,
            max_connections=max_connections,
            decode_responses=decode_responses,
            ssl=ssl,
            ssl_ca_certs=ssl_ca_certs,
            ssl_certfile=ssl_certfile,
            ssl_keyfile=ssl_keyfile,
            ssl_cert_reqs=ssl_cert_reqs,
            ssl_check_hostname=ssl_check_hostname,
            socket_timeout=socket_timeout,
            socket_connect_timeout=socket_connect_timeout,
            deadline=deadline,
            sentinel_username=sentinel_username,
            sentinel_password=sentinel_password,
            client=client,
            service=service,
        )
        self._link: Link = open_link(self.endpoint, multiplex=check_flag(multiplex, "multiplex"))
        self._shards = [Shard(self._link, self.rules, number) for number in range(shards)]
        self._healers = [Healer(shard) for shard in self._shards]
        self._pruners = [Pruner(shard) for shard in self._shards]
        for shard, pruner in zip(self._shards, self._pruners, strict=True):
            shard.missed = pruner.missed
        self._savers = [Saver(*parts) for parts in zip(self._shards, self._pruners, self._healers, strict=True)]
        self._is_checked = False
        super().__init__(self._link, self.endpoint, self.rules.namespace)

    @property
    def max_entries(self) -> int | None:
        """How many entries there may be; ``None``: as many as come."""
        return self.rules.max_entries

    @property
    def eviction(self) -> Eviction:
        """What goes first when ``max_entries`` is reached."""
        return self.rules.eviction

    @property
    def refresh_on_read(self) -> bool:
        """Whether an entry that is read lives for its own TTL again."""
        return self.rules.refresh_on_read

    def __repr__(self) -> str:
        return f"RedisAdapter({self.endpoint.where}, namespace={self.rules.namespace!r})"

    async def save(self, entry: MemoryEntry) -> None:
        """Insert ``entry``, or replace the one with its id, in one step; those of one tick go in few calls."""
        if not self._is_checked:
            await self._check()
        now = self.rules.now()
        packed_id = packed(entry.id)
        number = self._number(packed_id)
        prepared = self._shards[number].prepared(packed_id, self.rules.limited(entry, now), now)
        await self._savers[number].save(prepared)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        """Save all of ``entries``, some tens in one step; the last one of an id counts."""
        await self._check()
        by_shard: dict[int, dict[bytes, MemoryEntry]] = {}
        for entry in entries:
            packed_id = packed(entry.id)
            same = by_shard.setdefault(self._number(packed_id), {})
            same.pop(packed_id, None)
            same[packed_id] = entry
        await concurrently([self._savers[n].save_many(self._prepared(n, some)) for n, some in by_shard.items()])

    def _prepared(self, number: int, entries: dict[bytes, MemoryEntry]) -> Iterator[Prepared]:
        for packed_id, entry in entries.items():
            now = self.rules.now()
            yield self._shards[number].prepared(packed_id, self.rules.limited(entry, now), now)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry, or ``None``."""
        if not self._is_checked:
            await self._check()
        packed_id = packed(entry_id)
        shard = self._shards[self._number(packed_id)]
        if self.rules.notes_reads:
            return (await self._read(shard, [packed_id], [entry_id]))[0]
        key = shard.keys.base + packed_id
        value = await self._link.call(key, ("GET", key))
        if value is None:
            return None
        entry = shard.entry(packed_id, value, entry_id)
        expires = entry.expires_at
        return entry if expires is None or expires > self.rules.now() else None

    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        """The entries of ``entry_ids``, in their order."""
        await self._check()
        if len(self._shards) == 1:
            return await self._read(self._shards[0], list(map(packed, entry_ids)), entry_ids)
        found: dict[str, MemoryEntry | None] = {}
        by_shard = self._by_shard(entry_ids)
        answers = await concurrently(
            [self._read(self._shards[number], list(ids), list(ids.values())) for number, ids in by_shard.items()]
        )
        for ids, entries in zip(by_shard.values(), answers, strict=True):
            found.update(zip(ids.values(), entries, strict=True))
        return [found[entry_id] for entry_id in entry_ids]

    async def delete(self, entry_id: str) -> bool:
        """Delete the entry; whether there was one."""
        return bool(await self.delete_many([entry_id]))

    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        """Delete these entries; how many there were."""
        await self._check()
        by_shard = self._by_shard(entry_ids)
        return sum(await concurrently([self._shards[number].delete(list(ids)) for number, ids in by_shard.items()]))

    async def delete_where(self, filter: Filter) -> int:
        """Delete what ``filter`` admits, each entry only as it was when it was looked at; how many there were."""
        deleted = 0

        async def delete(shard: Shard) -> int:
            nonlocal deleted
            async for count in self._deleting(shard, filter):
                deleted += count  # outside of what is begun anew when the index has to be healed
            return 0

        await self._on_each_shard(delete)
        return deleted

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        """Change some fields of the entry; the changed entry, or ``None``. What others change is not undone."""
        await self._check()
        packed_id = packed(entry_id)
        number = self._number(packed_id)
        shard = self._shards[number]
        for attempt in range(_UPDATES):
            value = await shard.value(packed_id)
            now = self.rules.now()
            if value is None or not _lives(entry := shard.entry(packed_id, value, entry_id), now):
                return None
            changed = self.rules.limited(attrs.evolve(entry, **changes), now)
            if changed.id != entry_id:  # a copy under another id, which replaces nothing here
                await self.save(changed)
                return changed
            keeps_end = entry.expires_at is not None and not changes.keys() & {"expires_at", "ttl"}
            prepared = shard.prepared(packed_id, changed, now, keeps_end=keeps_end)
            if await shard.save([prepared], replacing=digest(value)) != _REPLACED:
                return changed
            await asyncio.sleep(random.uniform(0, 0.001 * 2 ** min(attempt, 6)))
        raise StoreOverloaded(
            f"{shard.where()}: {entry_id!r} was changed by others {_UPDATES} times while it was to be updated; "
            "nothing was changed by this call"
        )

    async def query(self, query: Query) -> Sequence[Hit]:
        """The best entries first."""
        if query.text is None and query.vector is not None:
            raise CapabilityError("adapter 'redis' has no vector_search: give the query a text or a filter")
        hits = await self._on_a_whole_index(lambda: search(self._shards, self.rules, query), list[Hit]())
        if query.explain:
            hits = self._explained(query, hits)
        return await self._noted(hits) if self.rules.notes_reads and hits else hits

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        """A page of entries in no order; a cursor works in another process too."""
        if limit < 1:
            raise InvalidInput(f"limit must be at least 1, got {limit}")
        return await self._on_a_whole_index(
            lambda: scan_page(self._shards, cursor, limit), Page(entries=(), cursor=None)
        )

    async def count(self, filter: Filter | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        return await self._on_each_shard(lambda shard: self._count(shard, filter))

    async def clear(self) -> int:
        """Delete every entry of the namespace and nothing else; how many there were."""
        count = await self._on_each_shard(Shard.clear)
        if len(self._shards) > 1:  # what is empty may be split anew
            await self._link.call(shards_key(self.rules), ("UNLINK", shards_key(self.rules)))
            self._is_checked = False
        return count

    async def health(self) -> Health:
        """How the server is, by a PING; never raises."""
        start = perf_counter()
        try:
            base = self._shards[0].keys.base
            await self._link.call(base, ("PING",))
        except Exception as error:
            return Health(status="down", latency_ms=_since(start), detail=f"{type(error).__name__}: {error}")
        return Health(status="ok", latency_ms=_since(start), detail=self._link.where(base))

    async def doctor(self) -> Sequence[Finding]:
        """What there is to say about the servers and about this namespace on them."""
        return await examine(self._link, self.rules, self._shards)

    async def residue(self) -> int:
        """How many entries there are, with what the index has of them and what else there is: 0 if nothing."""
        of_shards = await self._on_each_shard(residue.of_entries)
        return of_shards + await residue.of_coordination(self._link, Keys.of(self.rules.namespace))

    async def close(self) -> None:
        """Close the connections that this adapter opened; calls that are under way fail."""
        for healer, pruner in zip(self._healers, self._pruners, strict=True):
            await healer.stop()
            await pruner.stop()
        await self._locks.close()
        await self._link.close()

    def _number(self, packed_id: bytes) -> int:
        return 0 if len(self._shards) == 1 else shard_of(packed_id, len(self._shards))

    def _by_shard(self, entry_ids: Sequence[str]) -> dict[int, dict[bytes, str]]:
        """The ids of each shard, packed, each once."""
        by_shard: dict[int, dict[bytes, str]] = {}
        for entry_id in entry_ids:
            packed_id = packed(entry_id)
            by_shard.setdefault(self._number(packed_id), {})[packed_id] = entry_id
        return by_shard

    async def _check(self) -> None:
        """At the first call: whether the namespace is split as the arguments say, and whether its index is complete.

        A new namespace is looked at here, so that the first who saves can say that the index begins with nothing.
        """
        if not self._is_checked:
            await check_shards(self._link, self.rules)
            await asyncio.wait([healer.start() for healer in self._healers], timeout=_FIRST_LOOK_S)
            self._is_checked = True

    async def _read(
        self, shard: Shard, packed_ids: Sequence[bytes], entry_ids: Sequence[str]
    ) -> list[MemoryEntry | None]:
        rules, now = self.rules, self.rules.now()
        values = await (shard.read(packed_ids, now) if rules.notes_reads else shard.values(packed_ids))
        entries: list[MemoryEntry | None] = []
        for number, value in enumerate(values):
            entry = None if value is None else shard.entry(packed_ids[number], value, entry_ids[number])
            if entry is not None:
                expires = entry.expires_at
                if expires is not None:
                    entry = None if expires <= now else entry.refreshed(now) if rules.refresh_on_read else entry
            entries.append(entry)
        return entries

    def _refreshed(self, entry: MemoryEntry, now: datetime) -> MemoryEntry:
        return entry.refreshed(now) if self.rules.refresh_on_read else entry

    async def _noted(self, hits: list[Hit]) -> list[Hit]:
        """``hits`` as their reader gets them, noted as read."""
        by_shard = self._by_shard([hit.entry.id for hit in hits])
        now = self.rules.now()
        await concurrently([self._shards[number].read(list(ids), now) for number, ids in by_shard.items()])
        return [Hit(self._refreshed(hit.entry, now), hit.score, hit.explanation) for hit in hits]

    def _explained(self, query: Query, hits: list[Hit]) -> list[Hit]:
        reasons = explanation.explanations(
            ((hit.entry.id, hit.entry, hit.score) for hit in hits),
            text=query.text,
            by_text={hit.entry.id: hit.score for hit in hits if hit.score},
            by_vector={},
            analyzer=self.rules.analyzer,
            words=self.rules.text_index,
        )
        return [Hit(hit.entry, hit.score, why) for hit, why in zip(hits, reasons, strict=True)]

    async def _deleting(self, shard: Shard, filter: Filter) -> AsyncIterator[int]:
        """Delete what ``filter`` admits; how many entries there were, some at a time."""
        async for some in admitted(shard, filter, self.rules.now(), at_once=READ_AT_ONCE):
            found = [(packed(entry.id), digest(value)) for entry, value in some]
            while found:
                count, changed = await shard.delete_same(found)
                yield count
                values = zip(changed, await shard.values(changed), strict=True)
                found = [
                    (packed_id, digest(value))
                    for packed_id, value in values
                    if value is not None and filter.matches(shard.entry(packed_id, value))
                ]

    async def _count(self, shard: Shard, filter: Filter | None) -> int:
        if filter is None:
            return await shard.count()
        ids: set[str] = set()
        async for some in admitted(shard, filter, self.rules.now()):
            ids.update(entry.id for entry, _ in some)
        return len(ids)

    async def _on_each_shard(self, operation: Callable[[Shard], Awaitable[int]]) -> int:
        """The sum of what ``operation`` gives for each shard."""
        calls = [self._on_a_whole_index(partial(operation, shard), 0) for shard in self._shards]
        return sum(await concurrently(calls))

    async def _on_a_whole_index(self, operation: Callable[[], Awaitable[Result]], nothing: Result) -> Result:
        """What ``operation`` gives, after the index was made anew where the server evicted a part of it.

        ``nothing`` is what it would give where there are no entries.
        """
        await self._check()
        for _ in range(_ATTEMPTS):
            try:
                return await operation()
            except IncompleteIndexError as error:
                whole = await self._healers[error.shard.number].heal()
                if not whole and len(self._shards) == 1:
                    return nothing
        raise StoreUnavailable(
            f"{self._shards[0].where()}: the server evicts the index of {self.rules.namespace!r} as soon as it is "
            "made: give it more maxmemory, or a maxmemory-policy that keeps what is used (volatile-lru, allkeys-lru)",
            sent=False,
        )


def _lives(entry: MemoryEntry, now: datetime) -> bool:
    return entry.expires_at is None or entry.expires_at > now


def _since(start: float) -> float:
    return (perf_counter() - start) * 1000


def _checked_ttl(value: float | timedelta) -> timedelta:
    try:
        span = lifetime(value, "default_ttl")
        _ = datetime.now(UTC) + span  # what the calendar cannot hold raises
    except OverflowError:
        raise InvalidInput(f"default_ttl is too long, got {shown(value)}; None means never") from None
    return span


def _checked_shards(value: object, max_entries: object) -> int:
    shards = check_whole(value, "shards", least=1, most=1000)
    if shards > 1 and max_entries is not None:
        raise InvalidInput(
            "max_entries cannot be kept over several shards, each of which knows only itself: leave one out"
        )
    return shards
