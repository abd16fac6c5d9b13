"""A call that breaks off in the middle, at any line: each entry is as it was or as it was to be, for every verb."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import axon_inmemory
from axon import Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.ranking import bm25
from axon.spi import Query

START = datetime(2030, 1, 1, tzinfo=UTC)
CODE = str(Path(axon_inmemory.__file__).parent)


class Broke(BaseException):
    """What a signal raises, or the want of memory."""


class Faults:
    """Raises at the line of the adapter that is the ``left``-th to run, if there are so many."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, frame: Any, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.startswith(CODE):
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise Broke
        return self


def entry(entry_id: str, word: str, **values: Any) -> MemoryEntry:
    given = {"created_at": START, "tags": [word], "user_id": word, "session_id": word, "metadata": {"word": word}}
    vector = [1.0, 0.0] if word == "old" else [0.0, 1.0]
    ends = {"expires_at": START + timedelta(days=1), "ttl": timedelta(days=1)}
    return MemoryEntry(id=entry_id, text=f"{word} fox", embedding=vector, **{**given, **ends, **values})


BEFORE = [entry(f"n{number}", "old") for number in range(3)]
NEW = entry("n1", "new", importance=0.9)
CALLS: dict[str, Callable[[InMemoryAdapter], Any]] = {
    "a new entry": lambda adapter: adapter.save(entry("more", "new")),
    "an overwrite": lambda adapter: adapter.save(NEW),
    "a delete": lambda adapter: adapter.delete("n1"),
    "an update": lambda adapter: adapter.update("n1", tags=["new"], expires_at=None, ttl=None),
    "a read": lambda adapter: adapter.get("n1"),
    "clear": lambda adapter: adapter.clear(),
}
OPTIONS = {"plain": {}, **{name: {"max_entries": 3, "eviction": name} for name in ("lru", "ttl", "importance")}}


async def seen(adapter: InMemoryAdapter) -> dict[str, MemoryEntry]:
    """The entries, once all verbs have said the same of them."""
    for one in (await adapter.scan(limit=100)).entries:
        await adapter.get(one.id)  # which may give it another end
    entries = {one.id: one for one in (await adapter.scan(limit=100)).entries}
    assert await adapter.count() == len(entries)
    assert [await adapter.get(one) for one in entries] == list(entries.values())
    for word in ("old", "new"):
        tagged = {name for name, one in entries.items() if word in one.tags}
        for filter in (Filter(tags=[word]), Filter(user_id=word), Filter(session_id=word)):
            wanted = {n for n, one in entries.items() if filter.matches(one)}
            assert {hit.entry.id for hit in await adapter.query(Query(filter=filter, limit=100))} == wanted
            assert await adapter.count(filter) == len(wanted)
        written = {name for name, one in entries.items() if word in one.text}
        hits = await adapter.query(Query(text=word, limit=100))
        assert {hit.entry.id for hit in hits} == written | tagged
    if entries:
        near = await adapter.query(Query(vector=[1.0, 0.5], limit=100))
        assert {hit.entry for hit in near} == set(entries.values())
    return entries


async def ended(adapter: InMemoryAdapter, now: list[datetime], kept: dict[str, MemoryEntry]) -> None:
    """Nothing if all can be saved anew, end in their time and be deleted, and nothing is left of them."""
    for one in kept.values():
        await adapter.save(one)
    assert await seen(adapter) == kept
    now[0] += timedelta(days=1)
    living = {name: one for name, one in kept.items() if one.expires_at is None or one.expires_at > now[0]}
    assert await seen(adapter) == living
    for name in living:
        assert await adapter.delete(name)
    assert await adapter.residue() == 0


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_that_breaks_off_leaves_each_entry_whole(call: Callable[..., Any], options: dict[str, Any]) -> None:
    async def broken(line: int) -> bool:
        now = [START]
        adapter = InMemoryAdapter(clock=lambda: now[0].timestamp(), refresh_on_read=call is CALLS["a read"], **options)
        await adapter.save_many(BEFORE)
        now[0] += timedelta(seconds=1)
        faults, before = Faults(line), sys.gettrace()
        sys.settrace(faults)
        try:
            await call(adapter)
        except Broke:
            pass
        finally:
            sys.settrace(before)
        kept = await seen(adapter)
        assert {"n0", "n2"} <= kept.keys() or call is not CALLS["an overwrite"]
        await ended(adapter, now, kept)
        return faults.left <= 0

    line = 1
    while asyncio.run(broken(line)):
        line += 1
    assert line > 5


def test_whoever_keeps_the_variables_of_a_query_keeps_nobody_from_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    frames: list[Any] = []
    saturation = bm25.saturation

    def kept(*arguments: Any) -> Any:
        frame = sys._getframe(1)
        while frame is not None:  # as a profiler does, or a thread that looks at what another one does
            frames.append(frame)
            frame = frame.f_back
        return saturation(*arguments)

    async def written_on() -> None:
        adapter = InMemoryAdapter()
        await adapter.save_many([entry(f"n{number}", "old") for number in range(200)])
        monkeypatch.setattr(bm25, "saturation", kept)
        await adapter.query(Query(text="old fox"))
        monkeypatch.undo()
        for number in range(200):
            await adapter.save(entry(f"n{number}", "new"))
        assert await adapter.delete("n7")
        assert len(await adapter.query(Query(text="new", limit=1000))) == 199
        assert frames

    asyncio.run(written_on())
