"""A filter on a file admits what it matches, and nothing else."""

from __future__ import annotations

import asyncio
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from adapter_answers import entry, found, scored, vector
from adapter_clock import START
from hypothesis import given, settings
from hypothesis import strategies as st

from axon import DateRange, Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.vector import VectorAdapter
from axon.spi import Query


def test_a_number_and_a_boolean_in_metadata_are_two_things_to_a_search_by_vector(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    for name, value in (("number", 1), ("truth", True)):
        asyncio.run(adapter.save(entry(name, metadata={"kind": value}, embedding=[1, 0])))
    for name, value in (("number", 1), ("truth", True), ("number", 1.0)):
        assert found(adapter, vector=vector([1, 0]), filter=Filter(metadata={"kind": value})) == [name]


NAMES = st.sampled_from(
    ["a", "b", "a:b", "%", "_", "'", '"', "é", "e\u0301", "日本", "\U0001f600", "\ufeff", "\x01", "x" * 1024]
)
METADATA = st.dictionaries(
    st.sampled_from(["k", "m", "a.b", "$", '"', ""]),
    st.recursive(
        st.sampled_from([None, True, False, 0, 1, 1.0, 0.5, 2**63, -1, "1", "", "é", "\0"]),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["k", "n"]), inner, max_size=2)
        ),
        max_leaves=4,
    ),
    max_size=2,
)
MOMENTS = st.sampled_from(
    [START, START + timedelta(microseconds=1), START - timedelta(microseconds=1), datetime(1, 1, 2, tzinfo=UTC)]
)
ENTRIES = st.builds(
    MemoryEntry,
    id=NAMES,
    text=st.sampled_from(["one", "two \0 three", "😀", "'); --"]),
    tags=st.frozensets(NAMES, max_size=3),
    user_id=st.one_of(st.none(), NAMES),
    session_id=st.one_of(st.none(), NAMES),
    importance=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    metadata=METADATA,
    created_at=MOMENTS,
    embedding=st.sampled_from([None, [1.0, 0.0], [0.0, -1.0]]),
)
FILTERS = st.builds(
    Filter,
    tags=st.frozensets(NAMES, max_size=2),
    user_id=st.one_of(st.none(), NAMES),
    session_id=st.one_of(st.none(), NAMES),
    importance=st.sampled_from([None, (0.0, 1.0), (0.1, 0.5), (0.5, 0.5)]),
    metadata=st.one_of(st.just({}), METADATA),
    created=st.one_of(
        st.none(), st.builds(lambda start: DateRange(start=start), MOMENTS), st.just(DateRange(end=START))
    ),
    ids=st.one_of(st.none(), st.frozensets(NAMES, max_size=3)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ENTRIES, max_size=8), st.lists(FILTERS, min_size=1, max_size=5))
def test_a_filter_admits_what_it_matches(entries: list[MemoryEntry], filters: list[Filter]) -> None:
    stored = {one.id: one for one in entries}
    with tempfile.TemporaryDirectory() as folder:
        adapter = VectorAdapter(folder, synchronous="normal")
        asyncio.run(adapter.save_many(entries))
        assert asyncio.run(adapter.get_many(list(stored))) == list(stored.values())
        # From those that are stored too: a filter drawn at random rarely admits anything.
        own = [Filter(tags=e.tags, user_id=e.user_id, session_id=e.session_id, metadata=e.metadata) for e in entries]
        for filter in filters + own:
            matching = {one.id for one in stored.values() if filter.matches(one)}
            for query in ({}, {"text": "one"}, {"vector": vector([1, 0])}, {"text": "one", "vector": vector([1, 0])}):
                assert set(found(adapter, filter=filter, **query)) == matching
            assert asyncio.run(adapter.count(filter)) == len(matching)
        assert asyncio.run(adapter.delete_many(list(stored))) == len(stored)
        asyncio.run(adapter.close())


def test_what_a_filter_admits_is_followed_over_writes(tmp_path: Path) -> None:
    """The same filters again and again, by vector, by words and by both, as in memory, whatever is written between."""
    chance = random.Random(2)
    stored, memory = VectorAdapter(tmp_path, synchronous="normal"), InMemoryAdapter()
    filters = [Filter(tags=["t1"]), Filter(user_id="u1"), Filter(tags=["t1", "t2"]), Filter(importance=(0.5, 1.0))]

    def same(verb: str, *arguments: Any, **changes: Any) -> None:
        first, second = (asyncio.run(getattr(each, verb)(*arguments, **changes)) for each in (stored, memory))
        assert first == second or verb == "update"

    for number in range(150):
        name = str(chance.randrange(60))
        verb = chance.choice(
            ["save", "save", "save", "update", "delete", "delete_where", "clear"] if number else ["save"]
        )
        if verb == "save":
            some = [
                entry(
                    str(chance.randrange(60)),
                    text=chance.choice(["a red cat", "a dog", "red dogs and a cat"]),
                    tags=chance.sample(["t1", "t2", "t3"], chance.randint(0, 3)),
                    user_id=chance.choice(["u1", "u2", None]),
                    importance=chance.random(),
                    created_at=START + timedelta(seconds=100 * number + each),
                    embedding=chance.choice([None, [chance.random(), chance.random()]]),
                )
                for each in range(chance.randint(1, 12))
            ]
            same("save_many", some)
        elif verb == "update":
            same("update", name, tags=frozenset(chance.sample(["t1", "t2"], 1)))
        elif verb == "delete":
            same("delete", name)
        elif number % 5 == 0:
            same("clear") if verb == "clear" else same("delete_where", chance.choice(filters))
        for filter in filters:
            for asked in ({"text": "cat"}, {"vector": vector([1, 0.2])}, {"text": "cat", "vector": vector([0.1, 1])}):
                both = [dict(scored(each, filter=filter, limit=100, **asked)) for each in (stored, memory)]
                assert both[0] == pytest.approx(both[1], abs=1e-4), (number, filter, asked)


def test_what_is_gone_is_not_looked_for_again(tmp_path: Path) -> None:
    """Three entries of a user among others, saved again and again, with the same question in between."""
    adapter = VectorAdapter(tmp_path, synchronous="normal")
    asyncio.run(adapter.save_many([entry(f"other {n}", user_id="v", embedding=[0, 1]) for n in range(1500)]))
    asked = {"vector": vector([1, 0]), "filter": Filter(user_id="u"), "limit": 10}
    for number in range(40):
        some = [
            entry(name, text=f"turn {number}", user_id="u", embedding=None if name == "c" else [1, number / 40])
            for name in "abc"
        ]
        asyncio.run(adapter.save_many(some))
        assert found(adapter, **asked) == ["b", "a", "c"]
        hits = asyncio.run(adapter.query(Query(**asked)))
        assert {hit.entry.text for hit in hits} == {f"turn {number}"}
    asyncio.run(adapter.delete_many(["a", "c"]))
    assert found(adapter, **asked) == ["b"]
    asyncio.run(adapter.delete_where(Filter()))
    assert asyncio.run(adapter.residue()) == 0
