"""The adapter ``vector``: the contract, each verb handed to the thread of the store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, get_args

from platformdirs import user_data_path

from axon.core.errors import InvalidInput, shown
from axon.core.identifiers import check_name
from axon.core.policies import Eviction, check_eviction, check_max_entries
from axon.core.quantities import check_flag, check_seconds
from axon.ranking.analysis import Analyzer
from axon.spi import Adapter, Embedder, Filter, Finding, Health, Hit, MemoryEntry, Page, Progress, Query
from axon_vector.backup import back_up
from axon_vector.compaction import compact
from axon_vector.doctor import examine
from axon_vector.options import Scan, Synchronous, VectorOptions
from axon_vector.reindex import reindex
from axon_vector.residue import residue
from axon_vector.search import search, search_at_once
from axon_vector.store import Store
from axon_vector.worker import Worker

_LONGEST_WAIT_S = (2**31 - 1) // 1000
"""SQLite counts milliseconds in 32 bits; told to wait for longer, it would not wait at all."""


class VectorAdapter(Adapter):
    """One SQLite file in the directory ``path``: durable, shared by the processes of one machine, exact.

    Without ``path`` the directory is the platform's for user data. ``namespace`` keeps several stores apart
    in one file. ``max_entries`` with ``eviction`` and ``refresh_on_read`` are as in every adapter; ``language``
    is what the stemmer speaks. ``synchronous="normal"`` saves the fsync of each write: a power cut may then
    lose the last ones, a crash of the process loses none. ``scan="int8"`` narrows the rows by an eight-bit
    pass first, which changes no answer (extra ``[int8]``). ``busy_timeout`` is how many seconds a write waits
    for another process. ``embedder`` names what makes the vectors, and a file made by another one is refused.
    ``clock`` gives seconds since the epoch; tests turn it.

    The file is opened at the first call. Local disks only: SQLite's log does not work over NFS.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        namespace: str = "axon",
        max_entries: int | None = None,
        eviction: Eviction = "oldest",
        refresh_on_read: bool = False,
        language: str = "english",
        synchronous: Synchronous = "full",
        scan: Scan = "exact",
        busy_timeout: float = 10.0,
        embedder: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_name(namespace, "namespace")
        check_max_entries(max_entries)
        check_eviction(eviction)
        check_flag(refresh_on_read, "refresh_on_read")
        for name, value, known in (("synchronous", synchronous, Synchronous), ("scan", scan, Scan)):
            if value not in get_args(known):
                raise InvalidInput(f"{name} must be one of {', '.join(get_args(known))}, got {value!r}")
        if not 0 <= check_seconds(busy_timeout, "busy_timeout") <= _LONGEST_WAIT_S:
            raise InvalidInput(f"busy_timeout must be from 0 to {_LONGEST_WAIT_S} seconds, got {shown(busy_timeout)}")
        Analyzer(language)  # an unknown one is to be refused here and not at the first call
        self.directory = _directory(path)
        options = VectorOptions(
            namespace=namespace,
            max_entries=max_entries,
            eviction=eviction,
            refresh_on_read=refresh_on_read,
            language=language,
            synchronous=synchronous,
            scan=scan,
            busy_timeout=busy_timeout,
            embedder=embedder,
        )
        self._options = options
        directory = self.directory  # and not self, so that an adapter that is dropped goes at once, with its connection
        self._worker = Worker(lambda: Store(directory, options, clock), Store.close)

    @property
    def max_entries(self) -> int | None:
        """How many entries there may be; ``None``: as many as come."""
        return self._options.max_entries

    @property
    def eviction(self) -> Eviction:
        """What goes first when ``max_entries`` is reached."""
        return self._options.eviction

    @property
    def refresh_on_read(self) -> bool:
        """Whether an entry that is read lives for its own TTL again."""
        return self._options.refresh_on_read

    async def save(self, entry: MemoryEntry) -> None:
        """Insert ``entry``, or replace the one with its id; on the disk when this returns."""
        await self._worker.run(lambda store: store.save([entry]))

    async def save_many(self, entries: Sequence[MemoryEntry]) -> None:
        """Save all of ``entries`` in one transaction, or none."""
        await self._worker.run(lambda store: store.save(entries))

    async def get(self, entry_id: str) -> MemoryEntry | None:
        """The entry, or ``None``."""
        return (await self.get_many([entry_id]))[0]

    async def get_many(self, entry_ids: Sequence[str]) -> list[MemoryEntry | None]:
        """The entries of ``entry_ids``, in their order."""
        return await self._worker.run(lambda store: store.get(entry_ids))

    async def delete(self, entry_id: str) -> bool:
        """Delete the entry; whether there was one."""
        return bool(await self.delete_many([entry_id]))

    async def delete_many(self, entry_ids: Sequence[str]) -> int:
        """Delete these entries in one transaction; how many there were."""
        return await self._worker.run(lambda store: store.delete(entry_ids))

    async def delete_where(self, filter: Filter) -> int:
        """Delete what ``filter`` admits in one transaction; how many entries there were."""
        return await self._worker.run(lambda store: store.delete_where(filter))

    async def update(self, entry_id: str, **changes: Any) -> MemoryEntry | None:
        """Change fields of the entry in one transaction; the changed entry, or ``None``."""
        return await self._worker.run(lambda store: store.update(entry_id, changes))

    async def query(self, query: Query) -> Sequence[Hit]:
        """The best entries first."""
        hits = self._worker.at_once(lambda store: search_at_once(store, query))
        return await self._worker.run(lambda store: _answer(store, query)) if hits is None else hits

    async def scan(self, cursor: str | None = None, *, limit: int = 100) -> Page:
        """A page of entries; a cursor works in another process too."""
        return await self._worker.run(lambda store: store.scan(cursor, limit))

    async def count(self, filter: Filter | None = None) -> int:
        """How many entries there are, or how many ``filter`` admits."""
        return await self._worker.run(lambda store: store.count(filter))

    async def clear(self) -> int:
        """Delete every entry of this namespace; how many there were."""
        return await self._worker.run(Store.clear)

    async def health(self) -> Health:
        """Whether the file can be read; never raises."""
        start = perf_counter()
        try:
            entries = await self.count()
        except Exception as error:
            detail = f"{type(error).__name__}: {error}"
            return Health(status="down", latency_ms=(perf_counter() - start) * 1000, detail=detail)
        detail = f"{entries:,} entries in {self.directory}"
        return Health(status="ok", latency_ms=(perf_counter() - start) * 1000, detail=detail)

    async def reindex(self, embedder: Embedder, *, progress: Progress | None = None) -> int:
        """Make all vectors with ``embedder``, which this adapter then has to be configured with; how many it made.

        ``progress`` counts entries. An adapter with another ``embedder`` than that of the stored vectors is refused
        before it gets here: make one without for this.
        """
        return await reindex(self._worker, embedder, progress)

    async def backup(self, target: Path, *, replace: bool = False, progress: Progress | None = None) -> None:
        """Copy the file, with all its namespaces, into the directory or to the name ``target``.

        ``progress`` counts pages. Others read and write meanwhile.
        """
        await back_up(self.directory, target, replace=replace, progress=progress)

    async def compact(self, *, progress: Progress | None = None) -> int:
        """Give the space of deleted entries back to the disk; how many bytes. ``progress`` counts pages."""
        return await compact(self._worker, progress)

    async def residue(self) -> int:
        """How many rows and places in memory the namespace takes, with what deleted entries left: 0 if nothing."""
        return await self._worker.run(residue)

    async def doctor(self) -> list[Finding]:
        """What there is to say about the file and this namespace; nothing is written."""
        return await asyncio.to_thread(examine, self.directory, self._options)

    async def close(self) -> None:
        """Close the file; any number of times."""
        await self._worker.close()


def _answer(store: Store, query: Query) -> list[Hit]:
    hits = search(store, query)
    entries = store.read([hit.entry for hit in hits])
    return [Hit(entry, hit.score, hit.explanation) for entry, hit in zip(entries, hits, strict=True)]


def _directory(path: str | Path | None) -> Path:
    if path is None:
        return user_data_path("axon")
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise InvalidInput(f"path {str(path)!r} names a home that is not there: {error}") from None
