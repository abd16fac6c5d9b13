"""A plain model of an adapter: any sequence of verbs and clock steps must give the same answers on both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from axon import DateRange, Filter, MemoryEntry
from axon.ranking import bm25
from axon.spi import Adapter, Query, iterate

START = datetime(2030, 1, 1, tzinfo=UTC)
WORDS = ["red", "green", "cat", "dog", "bird", "tree", "house", "stone"]
UUIDS = ["0f0e0d0c-0b0a-7908-8706-050403020100", "0F0E0D0C-0B0A-7908-8706-050403020100"]
IDS = st.sampled_from(["a", "b", "ab", "a:b", "*", "{a}", " ", "é", "日本", "x" * 1024, *UUIDS])
TAGS = st.frozensets(st.sampled_from(["red", "RED", "red cat", "key:1", "key:11"]), max_size=3)
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
QUERIES = st.one_of(TEXTS, st.sampled_from(["RED", "key:1", "key:11", "nothing here"]))
FILTERS = st.one_of(
    st.none(),
    st.builds(
        Filter,
        tags=TAGS,
        user_id=st.sampled_from([None, "u1", "u11"]),
        session_id=st.sampled_from([None, "s"]),
        importance=st.sampled_from([None, (0.0, 0.5), (0.5, 1.0)]),
        metadata=st.sampled_from([{}, {"kind": 1}, {"kind": True}]),
        created=st.sampled_from([None, DateRange(start=START + timedelta(seconds=5))]),
        ids=st.one_of(st.none(), st.frozensets(IDS, max_size=3)),
    ),
)


class AdapterModel(RuleBasedStateMachine):
    """Entries in a dictionary, expiry and BM25 by their definitions; a subclass says which adapter is compared."""

    second = 1.0
    """How long a second of the model takes: long where a server's own clock runs beside the model's."""
    text_index = True
    """Whether the adapter ranks by words, or by tags alone."""

    def build(self, clock: Callable[[], float], *, refresh_on_read: bool) -> Adapter:
        """An empty adapter."""
        raise NotImplementedError

    def passed(self, seconds: float) -> None:
        """What is to be done for so much time to pass, apart from the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.model: dict[str, MemoryEntry] = {}

    @initialize(refresh=st.booleans())
    def make(self, *, refresh: bool) -> None:
        self.refresh = refresh
        self.runner = asyncio.Runner()
        self.adapter = self.build(lambda: self.now.timestamp(), refresh_on_read=refresh)

    def teardown(self) -> None:
        if hasattr(self, "adapter"):
            self.run(self.adapter.close())
            self.runner.close()

    def run(self, call: Any) -> Any:
        return self.runner.run(call)

    def alive(self) -> dict[str, MemoryEntry]:
        self.model = {
            i: entry for i, entry in self.model.items() if entry.expires_at is None or entry.expires_at > self.now
        }
        return self.model

    def read(self, entry: MemoryEntry) -> MemoryEntry:
        if self.refresh:
            entry = entry.refreshed(self.now)
            self.model[entry.id] = entry
        return entry

    @rule(
        entry_id=IDS,
        text=TEXTS,
        tags=TAGS,
        user_id=st.sampled_from([None, "u1", "u11"]),
        session_id=st.sampled_from([None, "s", "t"]),
        importance=st.sampled_from([0.0, 0.5, 1.0]),
        metadata=st.sampled_from([{}, {"kind": 1}, {"kind": True, "x": [1]}]),
        ttl=st.sampled_from([None, 0.25, 1.9, 60]),
    )
    def save(self, entry_id: str, ttl: float | None, **values: Any) -> None:
        entry = self.made(entry_id, ttl, **values)
        self.run(self.adapter.save(entry))
        self.alive()[entry_id] = entry

    @rule(
        many=st.lists(st.tuples(IDS, TEXTS, TAGS, st.sampled_from([None, 0.25, 60])), max_size=8),
        user_id=st.sampled_from([None, "u1"]),
    )
    def save_many(self, many: list[tuple[str, str, frozenset[str], float | None]], user_id: str | None) -> None:
        entries = [self.made(i, ttl, text=text, tags=tags, user_id=user_id) for i, text, tags, ttl in many]
        self.run(self.adapter.save_many(entries))
        self.alive().update((entry.id, entry) for entry in entries)

    def made(self, entry_id: str, ttl: float | None, **values: Any) -> MemoryEntry:
        expires_at = None if ttl is None else self.now + timedelta(seconds=ttl * self.second)
        return MemoryEntry(id=entry_id, **values, created_at=self.now, expires_at=expires_at)

    @rule(entry_id=IDS)
    def get(self, entry_id: str) -> None:
        expected = self.alive().get(entry_id)
        assert self.run(self.adapter.get(entry_id)) == (expected and self.read(expected))

    @rule(entry_ids=st.lists(IDS, max_size=5))
    def get_many(self, entry_ids: list[str]) -> None:
        expected = [self.alive().get(entry_id) for entry_id in entry_ids]
        assert self.run(self.adapter.get_many(entry_ids)) == [entry and self.read(entry) for entry in expected]

    @rule(entry_ids=st.lists(IDS, max_size=5))
    def delete_many(self, entry_ids: list[str]) -> None:
        there = set(entry_ids) & self.alive().keys()
        assert self.run(self.adapter.delete_many(entry_ids)) == len(there)
        for entry_id in there:
            del self.model[entry_id]

    @rule(where=FILTERS)
    def delete_where(self, where: Filter | None) -> None:
        if where is None:
            return
        admitted = [entry_id for entry_id, entry in self.alive().items() if where.matches(entry)]
        assert self.run(self.adapter.delete_where(where)) == len(admitted)
        for entry_id in admitted:
            del self.model[entry_id]

    @rule(entry_id=IDS)
    def delete(self, entry_id: str) -> None:
        assert self.run(self.adapter.delete(entry_id)) is (self.alive().pop(entry_id, None) is not None)

    @rule(entry_id=IDS, text=TEXTS)
    def update(self, entry_id: str, text: str) -> None:
        changed = self.run(self.adapter.update(entry_id, text=text))
        if entry_id not in self.alive():
            assert changed is None
        else:
            assert changed is not None
            assert changed.text == text
            self.model[entry_id] = changed

    @rule(seconds=st.sampled_from([0.001, 0.25, 1.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds * self.second)
        self.passed(seconds * self.second)

    @rule()
    def clear(self) -> None:
        assert self.run(self.adapter.clear()) == len(self.alive())
        self.model.clear()

    @rule(where=FILTERS)
    def count(self, where: Filter | None) -> None:
        expected = sum(where is None or where.matches(entry) for entry in self.alive().values())
        assert self.run(self.adapter.count(where)) == expected

    @rule(text=st.one_of(st.none(), QUERIES), where=FILTERS, limit=st.sampled_from([1, 2, 100]))
    def query(self, text: str | None, where: Filter | None, limit: int) -> None:
        if text is None and where is None:
            return
        hits = self.run(self.adapter.query(Query(text=text, filter=where, limit=limit)))
        ranked = self.expected(text, where)
        places = {entry_id: (score, created_at) for score, created_at, entry_id in ranked}
        # Of equal scores the later ones come first; who of those that were created at one moment does is left open.
        assert [places[hit.entry.id] for hit in hits] == [place[:2] for place in ranked[:limit]]
        assert len({hit.entry.id for hit in hits}) == len(hits)
        assert [hit.score for hit in hits] == pytest.approx([places[hit.entry.id][0] for hit in hits], abs=1e-9)
        for hit in hits:
            assert hit.entry == self.read(self.model[hit.entry.id])

    def expected(self, text: str | None, where: Filter | None) -> list[tuple[float, datetime, str]]:
        entries = list(self.alive().values())
        ranked = []
        for entry in entries:
            score = 0.0 if text is None else self.score(text, entry, entries)
            if where.matches(entry) if where is not None else score > 0:
                ranked.append((round(score, 9), entry.created_at, entry.id))
        return sorted(ranked, reverse=True)

    def score(self, text: str, entry: MemoryEntry, entries: list[MemoryEntry]) -> float:
        words = {text} if ":" in text else {word.lower() for word in text.split()} - {"here"}
        if not self.text_index:
            words = set()
        probes = {text, *text.split(), *(word.lower() for word in text.split() if " " in text)}
        split = [other.text.split() for other in entries]
        average = sum(map(len, split)) / len(split)

        idf = {word: bm25.idf(sum(word in other for other in split), len(split)) for word in words}
        tags = {tag: sum(tag in other.tags for other in entries) for tag in probes}
        tag_idf = {tag: bm25.idf(count, len(split)) for tag, count in tags.items() if count}
        own = entry.text.split()
        score = sum(
            weight * bm25.saturation(own.count(word), len(own), average) for word, weight in idf.items() if word in own
        )
        score += sum(weight * bm25.TAG_WEIGHT for tag, weight in tag_idf.items() if tag in entry.tags)
        return score / (sum(idf.values()) + sum(tag_idf.values())) if score else 0.0

    @invariant()
    def scan_finds_everything_once(self) -> None:
        if hasattr(self, "adapter"):

            async def everything() -> dict[str, MemoryEntry]:
                return {entry.id: entry async for entry in iterate(self.adapter, limit=2)}

            assert self.run(everything()) == self.alive()
