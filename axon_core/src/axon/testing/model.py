"""The plain model: entries in a dictionary, expiry and ranking by their definitions."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import DateRange, Filter
from axon.spi.query import Query
from axon.testing.checks.words import expected_hits
from axon.testing.failure import NotApplicable

if TYPE_CHECKING:
    from axon.testing.bench import Bench

_IDS = st.sampled_from(["a", "b", "ab", "a:b", "*", "{a}", " ", "é", "日本", "0f0e0d0c-0b0a-7908-8706-050403020100"])
_TAGS = st.frozensets(st.sampled_from(["red", "RED", "red cat", "key:1", "key:11"]), max_size=3)
_WORDS = st.lists(st.sampled_from(["red", "green", "cat", "dogs", "tree", "stone"]), min_size=1, max_size=5)
_TEXTS = _WORDS.map(" ".join)
_QUERIES = st.one_of(_TEXTS, st.sampled_from(["RED", "key:1", "key:11", "nothing here"]))
_SLACK = timedelta(milliseconds=5)


def machine_of(bench: Bench, settings: Mapping[str, Any]) -> Any:
    """A maker of machines that compare the adapter of ``bench``, with these settings, with the model."""
    for name in settings:
        if not bench.subject.knows(name):
            raise NotApplicable(f"the adapter has no setting {name!r}")
    ttls = [None, 0.25, 1.875, 60.0] if bench.clock.is_turned else [None, 0.15, 60.0]
    if not bench.has(Capability.TTL):
        ttls = [None]
    return lambda: AdapterMachine(bench, settings, st.sampled_from(ttls))


def _filters(start: datetime) -> st.SearchStrategy[Filter]:
    return st.builds(
        Filter,
        tags=_TAGS,
        user_id=st.sampled_from([None, None, "u1", "u11"]),
        session_id=st.sampled_from([None, None, "s"]),
        importance=st.sampled_from([None, (0.0, 0.5), (0.5, 1.0)]),
        metadata=st.sampled_from([{}, {"kind": 1}, {"kind": True}]),
        created=st.sampled_from([None, DateRange(start=start + timedelta(seconds=5))]),
        ids=st.one_of(st.none(), st.frozensets(_IDS, max_size=3)),
    )


class AdapterMachine(RuleBasedStateMachine):
    """Does the same to both, and compares every answer."""

    def __init__(self, bench: Bench, settings: Mapping[str, Any], ttls: st.SearchStrategy[float | None]) -> None:
        super().__init__()
        self.bench = bench
        self.settings = settings
        self.refresh = bool(settings.get("refresh_on_read"))
        self.ttls = ttls
        self.model: dict[str, MemoryEntry] = {}
        self.last = bench.now()

    @initialize()
    def make(self) -> None:
        """Begin with nothing."""
        self.bench.fresh()
        self.store = self.bench.open(settings=self.settings)
        if not self.bench.subject.knows("namespace"):
            self.ask(self.store.clear())

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "store"):
            self.bench.run(self.store.clear())
            self.bench.run(self.store.close())

    def ask(self, call: Coroutine[Any, Any, Any]) -> Any:
        """What the adapter answers."""
        return self.bench.run(call)

    def alive(self) -> dict[str, MemoryEntry]:
        """The model's entries; where time runs by itself, none is near its end when they are asked for."""
        if not self.bench.clock.is_turned:
            near = self.bench.now() + timedelta(seconds=0.1)
            ends = [e.expires_at for e in self.model.values() if e.expires_at is not None and e.expires_at <= near]
            if ends:
                self.bench.run(self.bench.wait_until(max(ends) + _SLACK))
        now = self.bench.now()
        self.model = {i: e for i, e in self.model.items() if e.expires_at is None or e.expires_at > now}
        return self.model

    def sure(self) -> bool:
        """Whether nothing of the model ended while the adapter answered: else the answer proves nothing."""
        now = self.bench.now()
        return all(e.expires_at is None or e.expires_at > now for e in self.model.values())

    def same(self, came_back: Any, expected: Any, what: str) -> None:
        """Nothing if both are equal, or if time has made the answer worthless."""
        if self.sure():
            self.bench.equal(came_back, expected, what)

    def read(self, came_back: MemoryEntry, since: datetime) -> None:
        """Nothing if ``came_back`` is the model's entry, refreshed since ``since`` where that is asked for."""
        expected = self.model[came_back.id]
        lifetime = expected.lifetime
        if not self.refresh or lifetime is None:
            self.same(came_back, expected, "an entry")
            return
        end = came_back.expires_at
        holds = end is not None and since + lifetime - _SLACK <= end <= self.bench.now() + lifetime + _SLACK
        self.bench.true(holds, f"{came_back.id!r} with the end {end}", f"its own TTL of {lifetime} from now on")
        self.same(came_back, attrs.evolve(expected, expires_at=end, ttl=came_back.ttl), "a refreshed entry")
        self.bench.equal(came_back.lifetime, lifetime, "the TTL of a refreshed entry")
        self.model[came_back.id] = came_back

    def made(self, entry_id: str, ttl: float | None, **values: Any) -> MemoryEntry:
        """An entry that was created at a moment of its own, so that the order of equals is certain."""
        self.last = max(self.bench.now(), self.last + timedelta(microseconds=1))
        end = None if ttl is None else self.bench.now() + timedelta(seconds=ttl)
        return MemoryEntry(id=entry_id, created_at=self.last, expires_at=end, **values)

    @rule(
        data=st.data(),
        entry_id=_IDS,
        text=_TEXTS,
        tags=_TAGS,
        user_id=st.sampled_from([None, "u1", "u11"]),
        session_id=st.sampled_from([None, "s", "t"]),
        importance=st.sampled_from([0.0, 0.5, 1.0]),
        metadata=st.sampled_from([{}, {"kind": 1}, {"kind": True, "x": [1]}]),
    )
    def save(self, data: Any, entry_id: str, **values: Any) -> None:
        """One entry."""
        entry = self.made(entry_id, data.draw(self.ttls), **values)
        self.ask(self.store.save(entry))
        self.model[entry_id] = entry

    @rule(data=st.data(), many=st.lists(st.tuples(_IDS, _TEXTS, _TAGS), max_size=6))
    def save_many(self, data: Any, many: list[tuple[str, str, frozenset[str]]]) -> None:
        """Several, of which some may have one id."""
        entries = [self.made(i, data.draw(self.ttls), text=text, tags=tags) for i, text, tags in many]
        self.ask(self.store.save_many(entries))
        self.model.update((entry.id, entry) for entry in entries)

    @rule(entry_id=_IDS)
    def get(self, entry_id: str) -> None:
        """One."""
        expected, since = self.alive().get(entry_id), self.bench.now()
        found = self.ask(self.store.get(entry_id))
        if found is None or expected is None:
            self.same(found, expected, "get")
        else:
            self.read(found, since)

    @rule(entry_ids=st.lists(_IDS, max_size=5))
    def get_many(self, entry_ids: list[str]) -> None:
        """Several, with holes."""
        there, since = self.alive(), self.bench.now()
        found = self.ask(self.store.get_many(entry_ids))
        self.same([entry and entry.id for entry in found], [i if i in there else None for i in entry_ids], "get_many")
        for entry in found:
            if entry is not None:
                self.read(entry, since)

    @rule(entry_id=_IDS)
    def delete(self, entry_id: str) -> None:
        """One."""
        there = entry_id in self.alive()
        answer = self.ask(self.store.delete(entry_id))
        self.same(answer, there, "delete")
        self.model.pop(entry_id, None)

    @rule(entry_ids=st.lists(_IDS, max_size=5))
    def delete_many(self, entry_ids: list[str]) -> None:
        """Several."""
        there = set(entry_ids) & self.alive().keys()
        answer = self.ask(self.store.delete_many(entry_ids))
        self.same(answer, len(there), "delete_many")
        for entry_id in there:
            del self.model[entry_id]

    @rule(data=st.data())
    def delete_where(self, data: Any) -> None:
        """What a filter admits."""
        where = data.draw(_filters(self.bench.now()))
        admitted = [i for i, entry in self.alive().items() if where.matches(entry)]
        answer = self.ask(self.store.delete_where(where))
        self.same(answer, len(admitted), "delete_where")
        for entry_id in admitted:
            del self.model[entry_id]

    @rule(entry_id=_IDS, text=_TEXTS, tags=_TAGS)
    def update(self, entry_id: str, text: str, tags: frozenset[str]) -> None:
        """Some fields."""
        old = self.alive().get(entry_id)
        changed = self.ask(self.store.update(entry_id, text=text, tags=tags))
        if old is None or changed is None:
            self.same(changed, old, "update")
            return
        # Whether an update counts as a read is the adapter's; nothing but the end may differ.
        self.same(
            changed, attrs.evolve(old, text=text, tags=tags, expires_at=changed.expires_at, ttl=changed.ttl), "update"
        )
        self.bench.equal(changed.lifetime, old.lifetime, "the TTL of an updated entry")
        if not self.refresh:
            self.bench.equal(changed.expires_at, old.expires_at, "the end of an updated entry")
        self.model[entry_id] = changed

    @rule()
    def clear(self) -> None:
        """Everything."""
        expected = len(self.alive())
        answer = self.ask(self.store.clear())
        self.same(answer, expected, "clear")
        self.model.clear()

    @rule(seconds=st.sampled_from([0.015625, 0.25, 1.0, 61.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.ask(self.bench.pass_time(seconds if self.bench.clock.is_turned else min(seconds, 0.16)))

    @rule(data=st.data())
    def count(self, data: Any) -> None:
        """All, or what a filter admits."""
        where = data.draw(st.one_of(st.none(), _filters(self.bench.now())))
        expected = sum(where is None or where.matches(entry) for entry in self.alive().values())
        answer = self.ask(self.store.count(where))
        self.same(answer, expected, "count")

    @rule(limit=st.sampled_from([1, 2, 5, 100]))
    def scan(self, limit: int) -> None:
        """All, page by page."""
        expected = dict(self.alive())
        answer = self.ask(self.bench.scanned(self.store, limit=limit))
        self.same(answer, expected, "scan")

    @rule(data=st.data(), text=st.one_of(st.none(), _QUERIES), limit=st.sampled_from([1, 2, 100]))
    def query(self, data: Any, text: str | None, limit: int) -> None:
        """By words, by a filter, or both."""
        where = data.draw(st.one_of(st.none(), _filters(self.bench.now())))
        if not self.bench.has(Capability.TEXT_SEARCH):
            text = None
        if text is None and where is None:
            return
        living, since = list(self.alive().values()), self.bench.now()
        if text is None:
            admitted = [entry for entry in living if where is None or where.matches(entry)]
            admitted.sort(key=lambda entry: entry.created_at, reverse=True)
            expected = [(entry.id, 0.0) for entry in admitted]
        else:
            expected = expected_hits(living, text, where)
        hits = self.ask(self.store.query(Query(text=text, filter=where, limit=limit)))
        if not self.sure():
            return
        self.bench.equal([hit.entry.id for hit in hits], [entry_id for entry_id, _ in expected[:limit]], "query")
        for hit, (_, score) in zip(hits, expected, strict=False):
            self.bench.true(abs(hit.score - score) < 1e-6, f"{hit.entry.id!r} scored {hit.score!r}", f"{score!r}")
            self.read(hit.entry, since)
