"""The in-memory adapter over a file that every process of the namespace appends to: correct, and a base for mutants."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from attrs import frozen

from axon.spi import Filter, Health, Hit, MemoryEntry, Page, Query
from axon_inmemory.adapter import InMemoryAdapter
from axon_inmemory.options import InMemoryOptions
from axon_inmemory.store import Store


@frozen(kw_only=True)
class KeptOptions(InMemoryOptions):
    """Where the file is."""

    folder: str = "."


class Log:
    """A file of changes; each adapter does in its own memory what others have appended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO | None = None
        self.read = 0
        self.pending = b""

    @contextmanager
    def locked(self, store: LoggedStore) -> Iterator[None]:
        """Alone with the file; what others have written is done first, what is changed inside is written in the end."""
        if self.file is None:
            self.file = self.path.open("ab+")
        fcntl.flock(self.file, fcntl.LOCK_EX)
        try:
            self.catch_up(self.file, store)
            yield
            self.flush(self.file)
        finally:
            fcntl.flock(self.file, fcntl.LOCK_UN)

    def catch_up(self, file: BinaryIO, store: LoggedStore) -> None:
        file.seek(self.read)
        raw = file.read()
        source = BytesIO(raw)
        store.replaying = True
        try:
            while source.tell() < len(raw):
                store.do(*pickle.load(source))
        finally:
            store.replaying = False
            self.read += len(raw)

    def flush(self, file: BinaryIO) -> None:
        file.write(self.pending)
        file.flush()
        self.read += len(self.pending)
        self.pending = b""

    def add(self, *change: Any) -> None:
        self.pending += pickle.dumps(change)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None


class LoggedStore(Store):
    """A store that tells a log what was done to it."""

    log: Log
    replaying = False

    def do(self, verb: str, value: Any) -> None:
        if verb == "put":
            super().put(value, float("-inf"))
        elif verb == "remove":
            super().remove(value)
        else:
            super().clear()

    def told(self, verb: str, value: Any) -> None:
        if not self.replaying:
            self.log.add(verb, value)

    def put(self, entry: MemoryEntry, now: float) -> None:
        super().put(entry, now)
        if entry.id in self.entries:
            self.told("put", entry)

    def remove(self, entry_id: str) -> bool:
        self.told("remove", entry_id)
        return super().remove(entry_id)

    def refresh(self, entry: MemoryEntry) -> MemoryEntry:
        refreshed = super().refresh(entry)
        self.told("put", refreshed)
        return refreshed

    def clear(self) -> int:
        self.told("clear", None)
        return super().clear()


class Kept(InMemoryAdapter):
    """Entries outlive the process, and other processes see them."""

    options = "mutants.kept:KeptOptions"
    declares = ("ttl", "text_search", "vector_search", "persistence", "shared")
    settings: ClassVar[dict[str, Any]] = {"folder": "{tmp_path}"}
    store_type: ClassVar[type[LoggedStore]] = LoggedStore
    log_type: ClassVar[type[Log]] = Log

    def __init__(self, *, folder: str = ".", **options: Any) -> None:
        super().__init__(**options)
        name = sha256(self.namespace.encode("utf-8", "surrogatepass")).hexdigest()
        self.log = self.log_type(Path(folder) / name)
        self._store = self.store_type(
            max_entries=self.max_entries,
            eviction=self.eviction,
            text_index=True,
            analyzer=self._analyzer,
            clock=self._store._clock,
        )
        self._store.log = self.log
        self.depth = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One step on the file; what is called inside is part of it."""
        if self.depth:
            yield
            return
        with self.log.locked(self._store):
            self.depth += 1
            try:
                yield
            finally:
                self.depth -= 1

    async def save(self, entry: MemoryEntry) -> None:
        with self.turn():
            await super().save(entry)

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        with self.turn():
            await super().save_many(entries)

    async def get(self, entry_id: str) -> MemoryEntry | None:
        with self.turn():
            return await super().get(entry_id)

    async def delete(self, entry_id: str) -> bool:
        with self.turn():
            return await super().delete(entry_id)

    async def delete_where(self, filter: Filter) -> int:
        with self.turn():
            return await super().delete_where(filter)

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        with self.turn():
            return await super().update(entry_id, **changes)

    async def query(self, query: Query) -> Sequence[Hit]:
        with self.turn():
            return await super().query(query)

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        with self.turn():
            return await super().scan(cursor, limit=limit)

    async def count(self, filter: Filter | None = None) -> int:
        with self.turn():
            return await super().count(filter)

    async def clear(self) -> int:
        with self.turn():
            return await super().clear()

    async def health(self) -> Health:
        with self.turn():
            return await super().health()

    async def close(self) -> None:
        self.log.close()
