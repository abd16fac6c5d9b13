"""What an earlier version stored can still be read."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.subject import Subject

NAMESPACE = "golden"
_CREATED = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
ENTRIES = (
    MemoryEntry(id="plain", text="red fox", created_at=_CREATED),
    MemoryEntry(
        id="everything",
        text="naïve 日本語 🦊",
        tags=["t", "ü", "a:b"],
        user_id="u",
        session_id="s",
        importance=0.1 + 0.2,
        metadata={"a": [1, 2.5, None, True, {"b": "ü"}]},
        created_at=_CREATED + timedelta(microseconds=1),
        expires_at=datetime(9000, 1, 1, tzinfo=UTC),
        ttl=timedelta(days=3, microseconds=7),
        embedding=[0.5, -1.25, 3.0],
    ),
    MemoryEntry(id="*:{}", text="an awkward id", tags=["t"], created_at=_CREATED + timedelta(microseconds=2)),
)
"""What a golden folder holds."""


def entries_of(subject: Subject) -> list[MemoryEntry]:
    """The entries as ``subject`` can keep them: with vectors where it searches by them, and of its dimension."""
    found = []
    for entry in ENTRIES:
        vector: Any = entry.embedding
        if vector is not None:
            vector = [*vector, *[0.0] * max(0, (subject.dimension or 0) - len(vector))]
            vector = vector if Capability.VECTOR_SEARCH in subject.capabilities else None
        found.append(attrs.evolve(entry, embedding=vector))
    return found


@check(Capability.PERSISTENCE)
async def of_an_earlier_version_is_read(bench: Bench) -> None:
    """What an earlier version of the adapter stored is read whole, found by every index, and can be written to.

    If this fails, either read the earlier format too, or migrate it when it is opened; a golden folder is never made
    anew for a format that users have.
    """
    if bench.subject.golden is None:
        raise NotApplicable("no `golden` folder is given: axon conformance NAME --write-golden DIR makes one")
    shutil.copytree(bench.subject.golden, bench.folder, dirs_exist_ok=True)
    store = bench.open(NAMESPACE) if bench.subject.knows("namespace") else bench.open()
    for entry in entries_of(bench.subject):
        await bench.everywhere(store, entry)
    bench.equal(await store.count(), len(ENTRIES), "count")
    await store.save(MemoryEntry(id="plain", text="changed", created_at=_CREATED))
    await store.delete("everything")
    bench.equal(await bench.ids(store, filter=Filter(tags=["t"])), ["*:{}"], "by a tag, after a change")
