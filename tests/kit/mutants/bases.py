"""What several mutants have in common: each of these classes is correct, and passes the checks its mutants fail."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs
from attrs import frozen

from axon.core.errors import StoreUnavailable
from axon.spi import Allowance, Filter, Health, Lock, MemoryEntry, Query
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.expiring import Expiring
from axon_inmemory.heap import KeyedHeap
from axon_inmemory.options import InMemoryOptions
from axon_inmemory.store import Store


class KeyedDue:
    """The ends of entries where they may be others than the entries say; in the place of the store's own."""

    def __init__(self, entries: Mapping[str, MemoryEntry]) -> None:
        self._entries = entries
        self._heap: KeyedHeap[float] = KeyedHeap()
        self._by_hand: set[str] = set()

    @property
    def places(self) -> int:
        return self._heap.places

    def add(self, entry_id: str, moment: float) -> None:
        self._heap.set(entry_id, moment)

    def removed(self) -> None:
        self._by_hand &= self._entries.keys()
        for entry_id in [*self._heap._keys]:
            entry = self._entries.get(entry_id)
            if entry is None or (entry.expires_at is None and entry_id not in self._by_hand):
                self._heap.remove(entry_id)

    def first_until(self, now: float) -> str | None:
        return self._heap.pop_until(now)

    def end(self, entry_id: str, moment: float | None) -> None:
        """Let the entry end then, or never."""
        self._by_hand.add(entry_id)
        if moment is None:
            self._heap.remove(entry_id)
        else:
            self._heap.set(entry_id, moment)

    def all(self) -> dict[str, float]:
        return dict(self._heap._keys)

    def clear(self) -> None:
        self._heap.clear()
        self._by_hand.clear()


class Ending(InMemoryAdapter):
    """An entry ends when ``ends`` says."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._store._due = self.ends = KeyedDue(self._store.entries)  # type: ignore[assignment]


class Timed(Ending):
    """Says itself when an entry ends: ``due`` gives seconds since the epoch, or ``None``."""

    def due(self, entry: MemoryEntry) -> float | None:
        return None if entry.expires_at is None else entry.expires_at.timestamp()

    def retime(self, entry: MemoryEntry) -> None:
        if entry.id in self._store.entries:
            self.ends.end(entry.id, self.due(entry))

    @property
    def now(self) -> float:
        return self._store._clock()

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        self.retime(entry)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many(entries)
        for entry in entries:
            self.retime(entry)


class Haunted(InMemoryAdapter):
    """Knows the entries that have expired and that nobody has deleted or saved again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.saved: dict[str, MemoryEntry] = {}

    def ghosts(self, where: Filter | None = None) -> list[MemoryEntry]:
        self._store.expire()
        gone = [entry for entry in self.saved.values() if entry.id not in self._store.entries]
        return [entry for entry in gone if entry.expires_at is not None and (where is None or where.matches(entry))]

    async def save(self, entry: MemoryEntry) -> None:
        await super().save(entry)
        self.saved[entry.id] = entry

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        await super().save_many(entries)
        self.saved.update((entry.id, entry) for entry in entries)

    async def delete(self, entry_id: str) -> bool:
        self.saved.pop(entry_id, None)
        return await super().delete(entry_id)

    async def delete_where(self, filter: Filter) -> int:
        self.saved = {i: entry for i, entry in self.saved.items() if not filter.matches(entry)}
        return await super().delete_where(filter)

    async def clear(self) -> int:
        self.saved.clear()
        return await super().clear()


class Keyed(InMemoryAdapter):
    """Finds an entry by a key that is made of its id."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.names: dict[str, str] = {}

    def key(self, entry_id: str) -> str:
        return entry_id

    def known(self, entry_id: str) -> str:
        return self.names.get(self.key(entry_id), entry_id)

    async def save(self, entry: MemoryEntry) -> None:
        if (known := self.known(entry.id)) != entry.id:
            await super().delete(known)
        await super().save(entry)
        self.names[self.key(entry.id)] = entry.id

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        last = {self.key(entry.id): entry for entry in entries}
        stale = {self.known(entry.id) for entry in last.values()} - {entry.id for entry in last.values()}
        await super().save_many(list(last.values()))  # which may refuse one of them, and then none is written
        for known in stale:
            await super().delete(known)
        self.names.update((key, entry.id) for key, entry in last.items())

    async def get(self, entry_id: str) -> MemoryEntry | None:
        return await super().get(self.known(entry_id))

    async def delete(self, entry_id: str) -> bool:
        return await super().delete(self.known(entry_id))


class Selecting(InMemoryAdapter):
    """Asks each entry whether the filter admits it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._store.admitted = self.admitted

    def admitted(self, filter: Filter) -> Mapping[str, MemoryEntry]:
        return {i: entry for i, entry in self._store.entries.items() if self.matches(filter, entry)}

    def matches(self, filter: Filter, entry: MemoryEntry) -> bool:
        return filter.matches(entry)


class Remembering(InMemoryAdapter):
    """Remembers how many entries there are until it saves one, or may have to ask again."""

    remembered: int | None = None

    def changed(self) -> bool:
        """Whether entries may have come or gone since the last count."""
        return True

    async def save(self, entry: MemoryEntry) -> None:
        self.remembered = None
        await super().save(entry)

    async def count(self, filter: Filter | None = None) -> int:
        if filter is not None:
            return await super().count(filter)
        if self.remembered is None or self.changed():
            self.remembered = await super().count()
        return self.remembered


class Valued(InMemoryAdapter):
    """Says itself under which key a value lies, what is kept of it, and for how many seconds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._values = _KeyedValues(self)

    def key(self, name: str) -> str:
        return name

    def kept(self, value: bytes) -> bytes:
        return value

    def lives(self, ttl: float) -> float:
        return ttl


class _KeyedValues(Expiring[bytes]):
    def __init__(self, owner: Valued) -> None:
        super().__init__(owner._store._clock)
        self.owner = owner

    def get(self, name: str) -> bytes | None:
        return super().get(self.owner.key(name))

    def put(self, name: str, value: bytes, ttl: float) -> None:
        super().put(self.owner.key(name), self.owner.kept(value), self.owner.lives(ttl))

    def remove(self, name: str) -> bool:
        return super().remove(self.owner.key(name))


class Summing(InMemoryAdapter):
    """Says itself until when a sum counts to which something is added now."""

    parts = 32

    def until(self, now: float, per: float) -> float:
        part = per / self.parts
        return math.ceil(now / part) * part + per

    async def allow(self, name: str, *, limit: int, per: float, weight: int = 1, exact: bool = True) -> Allowance:
        answer = await super().allow(name, limit=limit, per=per, weight=weight)
        if answer.allowed and not exact:
            now, sums = self._store._clock(), self._limits._windows[f"{float(per)!r} {name}"]._parts
            # What was added to the last sum counts as long as that.
            if sums[-1][0] == now + per:
                sums[-1] = (self.until(now, per), sums[-1][1])
        return answer


class Common(InMemoryAdapter):
    """One keyspace for all tenants: adapters whose namespaces have one key share their entries."""

    stores: ClassVar[dict[str, Store]] = {}

    def __init_subclass__(cls, **extra: Any) -> None:
        super().__init_subclass__(**extra)
        cls.stores = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._store = self.stores.setdefault(self.key(self.namespace), self._store)

    def key(self, namespace: str) -> str:
        return namespace


@frozen(kw_only=True)
class RemoteOptions(InMemoryOptions):
    """Where the store is."""

    port: int = 6379


class Remote(InMemoryAdapter):
    """Pretends to have a server, which answers at one port."""

    options = "mutants.bases:RemoteOptions"
    unreachable: ClassVar[Mapping[str, Any]] = {"port": 1}

    def __init__(self, *, port: int = 6379, **options: Any) -> None:
        super().__init__(**options)
        self.port = port

    def fail(self) -> Any:
        raise StoreUnavailable(f"cannot connect to 127.0.0.1:{self.port}", sent=False)

    def connect(self) -> None:
        if self.port != 6379:
            self.fail()

    async def save(self, entry: MemoryEntry) -> None:
        self.connect()
        await super().save(entry)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        self.connect()
        await super().save_many(entries)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        self.connect()
        return await super().get(entry_id)

    async def delete(self, entry_id: str) -> bool:
        self.connect()
        return await super().delete(entry_id)

    async def delete_where(self, filter: Filter) -> int:
        self.connect()
        return await super().delete_where(filter)

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        self.connect()
        return await super().update(entry_id, **changes)

    async def query(self, query: Query) -> Any:
        self.connect()
        return await super().query(query)

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Any:
        self.connect()
        return await super().scan(cursor, limit=limit)

    async def count(self, filter: Filter | None = None) -> int:
        self.connect()
        return await super().count(filter)

    async def clear(self) -> int:
        self.connect()
        return await super().clear()

    async def health(self) -> Health:
        try:
            self.connect()
        except Exception as error:
            return Health(status="down", latency_ms=0.0, detail=str(error) or type(error).__name__)
        return await super().health()


_OF_NAMES = ("increment", "counter", "reset", "allow", "used", "windows", "put", "swap", "values", "drop")


def _connecting(verb: str) -> Any:
    async def call(self: Remote, *arguments: Any, **named: Any) -> Any:
        self.connect()
        return await getattr(InMemoryAdapter, verb)(self, *arguments, **named)

    return call


for _verb in ("lock", "renew", "unlock", "locks", *_OF_NAMES):
    setattr(Remote, _verb, _connecting(_verb))


class Awaiting(InMemoryAdapter):
    """Waits before and after each step, as an adapter does that has a server; the step itself is one."""

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        await asyncio.sleep(0)
        self._store.expire()
        entry = self._store.entries.get(entry_id)
        changed = None if entry is None else attrs.evolve(entry, **changes)
        if changed is not None:
            await InMemoryAdapter.save(self, changed)
        await asyncio.sleep(0)
        return changed

    async def lock(self, name: str, *, ttl: float, wait: float = 0.0) -> Lock:
        await asyncio.sleep(0)  # and not afterwards: who is cancelled there would hold it
        return await super().lock(name, ttl=ttl, wait=wait)


def _awaiting(verb: str) -> Any:
    async def call(self: Awaiting, *arguments: Any, **named: Any) -> Any:
        await asyncio.sleep(0)
        answer = await getattr(InMemoryAdapter, verb)(self, *arguments, **named)
        await asyncio.sleep(0)
        return answer

    return call


_AT_ONCE = (
    "save",
    "save_many",
    "get",
    "delete",
    "delete_where",
    "query",
    "scan",
    "count",
    "clear",
    "renew",
    "unlock",
    "locks",
)
for _verb in (*_AT_ONCE, *_OF_NAMES):
    setattr(Awaiting, _verb, _awaiting(_verb))
