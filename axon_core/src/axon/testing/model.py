"""The plain model: entries in a dictionary, expiry, eviction and ranking by their definitions."""

from __future__ import annotations

import sys
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput
from axon.spi.query import Query
from axon.testing.definition import agree
from axon.testing.failure import NotApplicable
from axon.testing.room import Room
from axon.testing.world import IDS, fields, filters, queries

if TYPE_CHECKING:
    from axon.testing.bench import Bench
    from axon.testing.shrinking import Shrinking

_SLACK = timedelta(milliseconds=5)
_A_MOMENT = 0.015625
"""Seconds between two steps where uses are ranked, so that who ranks them by a clock can tell them apart."""


def machine_of(bench: Bench, settings: Mapping[str, Any], shrinking: Shrinking) -> Any:
    """A maker of machines that compare the adapter of ``bench``, with these settings, with the model."""
    for name in settings:
        if not bench.subject.knows(name):
            raise NotApplicable(f"the adapter has no setting {name!r}")
    return lambda: AdapterMachine(bench, settings, shrinking)


def _lives(bench: Bench) -> list[float | None]:
    """For how many seconds entries live; what is below 0 has been already."""
    if not bench.has(Capability.TTL):
        return [None]
    return [None, 0.25, 1.875, 60.0, 4e9, -5.0] if bench.clock.is_turned else [None, 0.15, 60.0, 4e9, -5.0]


class AdapterMachine(RuleBasedStateMachine):
    """Does the same to both, and compares every answer."""

    def __init__(self, bench: Bench, settings: Mapping[str, Any], shrinking: Shrinking) -> None:
        shrinking.begin()
        super().__init__()
        self.bench = bench
        self.shrinking = shrinking
        self.settings = settings
        self.refresh = bool(settings.get("refresh_on_read"))
        self.room = Room(settings.get("max_entries"), settings.get("eviction", ""))
        self.model: dict[str, MemoryEntry] = {}
        self.last = bench.now()
        self.lives = _lives(bench)
        self.asked: list[Query] = []
        self.named: list[str] = []
        self.watching = False

    @initialize(data=st.data(), watching=st.booleans(), named=st.lists(IDS, max_size=1), first=st.sets(IDS))
    def make(self, data: Any, watching: bool, named: list[str], first: set[str]) -> None:  # noqa: FBT001
        """Begin with a few; what is asked after every step is the same in an example, so that a cache shows."""
        self.bench.fresh()
        self.store = self.bench.open(settings=self.settings)
        if not self.bench.subject.knows("namespace"):
            self.ask(self.store.clear())
        self.watching, self.named = watching, named
        if watching:
            self.asked = data.draw(st.lists(queries(self.bench, self.bench.now()), max_size=2))
        entries = [self.entry(data, entry_id) for entry_id in sorted(first)]
        if entries:
            self.ask(self.store.save_many(entries))
            self.written(entries)

    def teardown(self) -> None:
        """Leave nothing behind."""
        failure = sys.exc_info()[1]  # hypothesis comes here while it is on its way
        if isinstance(failure, Exception):
            self.shrinking.failed(failure)
        if hasattr(self, "store"):
            self.bench.run(self.store.clear())
            self.bench.run(self.store.close())

    def ask(self, call: Coroutine[Any, Any, Any]) -> Any:
        """What the adapter answers."""
        return self.bench.run(call)

    def alive(self) -> dict[str, MemoryEntry]:
        """The model's entries; where time runs by itself, none is near its end when they are asked for."""
        if self.settings.get("eviction") == "lru":
            self.ask(self.bench.pass_time(_A_MOMENT))
        if not self.bench.clock.is_turned:
            near = self.bench.now() + timedelta(seconds=0.1)
            ends = [e.expires_at for e in self.model.values() if e.expires_at is not None and e.expires_at <= near]
            if ends:
                self.bench.run(self.bench.wait_until(max(ends) + _SLACK))
        self.forget_the_expired()
        return self.model

    def forget_the_expired(self) -> None:
        """Take out of the model what has ended by now."""
        now = self.bench.now()
        self.model = {i: e for i, e in self.model.items() if e.expires_at is None or e.expires_at > now}

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

    def written(self, entries: list[MemoryEntry]) -> None:
        """These were saved: what has ended already is not kept, and what there is too much of has to go."""
        self.model.update((entry.id, entry) for entry in entries)
        self.room.used(entry.id for entry in entries)
        self.forget_the_expired()
        certain, alike, more = self.room.too_many(self.model)
        if len(alike) > more:
            there = self.ask(self.bench.scanned(self.store))
            alike -= there.keys()
            self.same(len(alike), more, "how many of those that rank alike had to go")
        for entry_id in certain | alike if more or certain else ():
            self.model.pop(entry_id, None)

    def moment(self) -> datetime:
        """A moment of creation of its own, so that the order of equals is certain."""
        self.last = max(self.bench.now(), self.last + timedelta(microseconds=1))
        return self.last

    def end(self, data: Any) -> datetime | None:
        """An end that may come soon, late, never, or have been already."""
        lives = data.draw(st.sampled_from(self.lives))
        return None if lives is None else self.bench.now() + timedelta(seconds=lives)

    def entry(self, data: Any, entry_id: str) -> MemoryEntry:
        """A new one with any values."""
        values = data.draw(st.fixed_dictionaries(fields(self.bench)))
        return MemoryEntry(id=entry_id, created_at=self.moment(), expires_at=self.end(data), **values)

    @invariant()
    def watch(self) -> None:
        """Whatever was done, a scan, a count and what was asked before it answer as the model does."""
        if not self.watching:
            return
        expected = dict(self.alive())
        answer = self.ask(self.bench.scanned(self.store))
        self.same(answer, expected, "scan")
        answer = self.ask(self.store.count())
        self.same(answer, len(expected), "count")
        for entry_id in self.named:
            self.look_up(entry_id)
            self.look_up_many([entry_id, "nobody", entry_id])
        for query in self.asked:
            self.look_for(query)
            if query.filter is not None:
                expected_count = sum(map(query.filter.matches, self.alive().values()))
                self.same(self.ask(self.store.count(query.filter)), expected_count, "count")

    @rule(data=st.data(), entry_id=IDS)
    def save(self, data: Any, entry_id: str) -> None:
        """One entry."""
        self.alive()
        entry = self.entry(data, entry_id)
        self.ask(self.store.save(entry))
        self.written([entry])

    @rule(data=st.data(), ids=st.lists(IDS, max_size=6))
    def save_many(self, data: Any, ids: list[str]) -> None:
        """Several, of which some may have one id."""
        there = self.alive()
        if "max_entries" in self.settings:  # an overwrite may free the place that another one has taken before it
            ids = [entry_id for entry_id in dict.fromkeys(ids) if entry_id not in there]
        entries = [self.entry(data, entry_id) for entry_id in ids]
        self.ask(self.store.save_many(entries))
        self.written(entries)

    @rule(data=st.data(), ids=st.lists(IDS, min_size=1, max_size=4, unique=True), place=st.integers(0, 4))
    def save_what_is_refused(self, data: Any, ids: list[str], place: int) -> None:
        """One entry of another dimension than those that are there, alone or in a batch."""
        if all(entry.embedding is None for entry in self.alive().values()) or "max_entries" in self.settings:
            return
        entries = [self.entry(data, entry_id) for entry_id in ids]
        bad = entries[place % len(entries)]
        other = self.bench.vector([0.5] * (self.bench.width(2) + 1))
        # It lives: of what has expired already nothing is kept, and so nothing need be looked at.
        entries[place % len(entries)] = bad = attrs.evolve(bad, embedding=other, expires_at=None)
        if len(entries) == 1:
            self.ask(self.bench.refuses(self.store.save(bad), InvalidInput))
            return
        self.ask(self.bench.refuses(self.store.save_many(entries), InvalidInput))
        others = [entry for entry in entries if entry is not bad]
        there = self.ask(self.bench.scanned(self.store))
        if self.sure() and there != self.model:  # none of them, or all
            self.written(others)
            self.same(there, self.model, "what is there after a batch with one that was refused")

    def look_up(self, entry_id: str) -> None:
        """Compare what `get` gives."""
        expected, since = self.alive().get(entry_id), self.bench.now()
        found = self.ask(self.store.get(entry_id))
        if found is None or expected is None:
            self.same(found, expected, "get")
        else:
            self.read(found, since)
            self.room.used([entry_id])

    def look_up_many(self, entry_ids: list[str]) -> None:
        """Compare what `get_many` gives."""
        there, since = self.alive(), self.bench.now()
        found = self.ask(self.store.get_many(entry_ids))
        self.same([entry and entry.id for entry in found], [i if i in there else None for i in entry_ids], "get_many")
        for entry in found:
            if entry is not None:
                self.read(entry, since)
        self.room.used(entry.id for entry in found if entry is not None)

    @rule(entry_id=IDS)
    def delete(self, entry_id: str) -> None:
        """One."""
        there = entry_id in self.alive()
        answer = self.ask(self.store.delete(entry_id))
        self.same(answer, there, "delete")
        self.model.pop(entry_id, None)

    @rule(entry_ids=st.lists(IDS, max_size=5))
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
        where = data.draw(filters(self.bench.now()))
        admitted = [i for i, entry in self.alive().items() if where.matches(entry)]
        answer = self.ask(self.store.delete_where(where))
        self.same(answer, len(admitted), "delete_where")
        for entry_id in admitted:
            del self.model[entry_id]

    @rule(data=st.data(), entry_id=IDS, moves=st.booleans())
    def update(self, data: Any, entry_id: str, moves: bool) -> None:  # noqa: FBT001  # hypothesis gives it by name
        """Some fields, whichever; the end too, which may be one that has been."""
        old = self.alive().get(entry_id)
        changes = data.draw(st.fixed_dictionaries({}, optional=fields(self.bench)))
        if moves and self.bench.has(Capability.TTL):
            changes |= {"expires_at": self.end(data), "ttl": None}
        elif moves and not self.refresh:
            changes["created_at"] = self.moment()
        changed = self.ask(self.store.update(entry_id, **changes))
        if old is None:
            self.same(changed, None, "update")
            return
        expected = attrs.evolve(old, **changes)
        if expected.expires_at is not None and expected.expires_at <= self.bench.now():
            self.written([expected])  # and so is gone; what update gives of it is nobody's promise
            return
        if changed is None:
            self.same(changed, expected, "update")
            return
        if self.refresh and "expires_at" not in changes:
            # Whether an update counts as a read is the adapter's; nothing but the end may differ.
            self.bench.equal(changed.lifetime, expected.lifetime, "the TTL of an updated entry")
            expected = attrs.evolve(expected, expires_at=changed.expires_at, ttl=changed.ttl)
        self.same(changed, expected, "update")
        self.written([changed])

    @rule(really=st.sampled_from([False, False, False, False, True]))
    def clear(self, really: bool) -> None:  # noqa: FBT001  # hypothesis gives it by name
        """Everything, now and then."""
        if not really:
            return
        expected = len(self.alive())
        answer = self.ask(self.store.clear())
        self.same(answer, expected, "clear")
        self.model.clear()

    @rule(seconds=st.sampled_from([0.015625, 0.25, 1.0, 61.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.ask(self.bench.pass_time(seconds if self.bench.clock.is_turned else min(seconds, 0.16)))

    @rule(data=st.data(), verb=st.sampled_from(["get", "get_many", "count", "scan", "query", "query", "health"]))
    def look(self, data: Any, verb: str) -> None:
        """Ask anything: one entry, several with holes, how many, all page by page, what a query finds, how it is."""
        match verb:
            case "get":
                self.look_up(data.draw(IDS))
            case "get_many":
                self.look_up_many(data.draw(st.lists(IDS, max_size=5)))
            case "count":
                where = data.draw(st.one_of(st.none(), filters(self.bench.now())))
                expected = sum(where is None or where.matches(entry) for entry in self.alive().values())
                self.same(self.ask(self.store.count(where)), expected, "count")
            case "health":
                self.alive()
                self.same(self.ask(self.store.health()).status, "ok", "status")
            case "scan":
                there = dict(self.alive())
                limit = data.draw(st.sampled_from([1, 2, 5, 100]))
                self.same(self.ask(self.bench.scanned(self.store, limit=limit)), there, "scan")
            case _:
                self.look_for(data.draw(queries(self.bench, self.bench.now())))

    def look_for(self, query: Query) -> None:
        """Compare what a query gives."""
        living, since = list(self.alive().values()), self.bench.now()
        hits = self.ask(self.store.query(query))
        if not self.sure():
            return
        agree(self.bench, hits, living, query)
        for hit in hits:
            self.read(hit.entry, since)
        self.room.used(hit.entry.id for hit in hits)

    # What changes something is done more often than what looks.
    save_one_more = save_another = save
    save_many_more = save_many
    update_again = update_another = update
