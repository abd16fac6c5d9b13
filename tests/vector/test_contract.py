"""The contract of every adapter, on a file: what leaves and when, vectors, words, filters, scans, batches."""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapter_clock import START, Clock
from hypothesis import given, settings
from hypothesis import strategies as st

from axon import DateRange, Filter, MemoryEntry
from axon.adapters.memory import InMemoryAdapter
from axon.adapters.vector import VectorAdapter
from axon.core.errors import InvalidInput
from axon.spi import Adapter, Query, as_embedding, iterate


def entry(entry_id: str, **values: Any) -> MemoryEntry:
    return MemoryEntry(**{"id": entry_id, "text": f"text {entry_id}", "created_at": START, **values})


def ids(adapter: Adapter) -> set[str]:
    async def everything() -> set[str]:
        return {found.id async for found in iterate(adapter)}

    return asyncio.run(everything())


def found(adapter: Adapter, **query: Any) -> list[str]:
    return [hit.entry.id for hit in asyncio.run(adapter.query(Query(**query)))]


def scored(adapter: Adapter, **query: Any) -> list[tuple[str, float]]:
    return [(hit.entry.id, round(hit.score, 9)) for hit in asyncio.run(adapter.query(Query(**query)))]


def vector(numbers: Any) -> Any:
    return as_embedding(np.asarray(numbers, np.float32))


@pytest.mark.parametrize("ttl", [0.000001, 0.001, 0.25, 1.9, 60])
def test_an_entry_lives_exactly_as_long_as_it_says(tmp_path: Path, ttl: float) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, clock=clock)
    asyncio.run(adapter.save(entry("a", expires_at=START + timedelta(seconds=ttl), tags=["t"], embedding=[1, 0])))
    clock.now = START + timedelta(seconds=ttl) - timedelta(microseconds=1)
    assert asyncio.run(adapter.get("a")) is not None
    clock.now = START + timedelta(seconds=ttl)
    assert asyncio.run(adapter.get("a")) is None
    assert found(adapter, text="text") == []
    assert found(adapter, text="t") == []
    assert found(adapter, filter=Filter(tags=["t"])) == []
    assert found(adapter, vector=vector([1, 0])) == []
    assert asyncio.run(adapter.count()) == 0
    assert ids(adapter) == set()
    assert asyncio.run(adapter.update("a", text="late")) is None
    assert asyncio.run(adapter.delete("a")) is False
    assert asyncio.run(adapter.clear()) == 0


def test_overwriting_changes_the_expiry_either_way(tmp_path: Path) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, clock=clock)
    brief = {"expires_at": START + timedelta(seconds=1)}
    for one in (
        entry("a", **brief),
        entry("a"),
        entry("b"),
        entry("b", **brief),
        entry("c"),
        entry("c", expires_at=START),
    ):
        asyncio.run(adapter.save(one))
    assert ids(adapter) == {"a", "b"}
    clock.turn(2)
    assert ids(adapter) == {"a"}


def test_refresh_renews_by_the_entrys_own_ttl_on_every_way_of_reading(tmp_path: Path) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, clock=clock, refresh_on_read=True)
    names = ("got", "filtered", "worded", "near", "unread")
    for name in names:
        at = {"embedding": [1, 0]} if name == "near" else {}
        asyncio.run(adapter.save(entry(name, expires_at=START + timedelta(seconds=10), tags=[name], **at)))
    for _ in range(3):
        clock.turn(9)
        assert asyncio.run(adapter.get("got")) is not None
        assert found(adapter, filter=Filter(tags=["filtered"])) == ["filtered"]
        assert found(adapter, text="worded") == ["worded"]
        assert found(adapter, vector=vector([1, 0])) == ["near"]
    stored = asyncio.run(VectorAdapter(tmp_path, clock=clock).get("got"))
    assert stored is not None
    assert stored.expires_at == clock.now + timedelta(seconds=10)
    assert stored.lifetime == timedelta(seconds=10)
    assert ids(adapter) == {"got", "filtered", "worded", "near"}
    clock.turn(10)
    assert ids(adapter) == set()


def test_a_refresh_does_not_touch_what_another_process_saved_meanwhile(tmp_path: Path) -> None:
    other = VectorAdapter(tmp_path)
    times = itertools.count()

    def clock() -> float:
        if next(times) == 1:  # the first reading of the clock is for the get, the second for its refresh
            asyncio.run(other.save(entry("a", text="for good", created_at=START + timedelta(seconds=1))))
        return START.timestamp()

    asyncio.run(
        VectorAdapter(tmp_path, clock=START.timestamp).save(entry("a", expires_at=START + timedelta(seconds=10)))
    )
    reader = VectorAdapter(tmp_path, clock=clock, refresh_on_read=True)
    asyncio.run(reader.get("a"))
    stored = asyncio.run(VectorAdapter(tmp_path, clock=START.timestamp).get("a"))
    assert stored is not None
    assert (stored.text, stored.expires_at) == ("for good", None)


ORDERS: dict[str, Callable[[MemoryEntry], Any]] = {
    "oldest": lambda e: e.created_at,
    "importance": lambda e: (e.importance, e.created_at),
    "ttl": lambda e: (e.expires_at or datetime.max.replace(tzinfo=UTC), e.created_at),
}


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(ORDERS)),
    st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1), st.one_of(st.none(), st.integers(60, 600))), max_size=15),
    st.integers(1, 8),
    st.booleans(),
)
def test_the_lowest_go_first(eviction: Any, drawn: list[Any], most: int, batch: bool) -> None:  # noqa: FBT001
    entries = [
        entry(
            str(number),
            created_at=START + timedelta(seconds=moment, microseconds=number),
            importance=importance,
            expires_at=None if ttl is None else START + timedelta(seconds=ttl),
        )
        for number, (moment, importance, ttl) in enumerate(drawn)
    ]
    with tempfile.TemporaryDirectory() as folder:
        adapter = VectorAdapter(folder, max_entries=most, eviction=eviction, clock=Clock(), synchronous="normal")
        if batch:
            asyncio.run(adapter.save_many(entries))
        else:
            for one in entries:
                asyncio.run(adapter.save(one))
        kept = sorted(entries, key=ORDERS[eviction])[-most:]
        assert ids(adapter) == {one.id for one in kept}
        asyncio.run(adapter.close())


def test_lru_counts_reads_recalls_and_overwrites_as_uses(tmp_path: Path) -> None:
    clock = Clock()

    def later() -> float:
        clock.turn(1)
        return clock()

    adapter = VectorAdapter(tmp_path, max_entries=3, eviction="lru", clock=later)
    for name in "abc":
        asyncio.run(adapter.save(entry(name, tags=[name], text=name * 3)))
    asyncio.run(adapter.get("a"))
    asyncio.run(adapter.save(entry("d")))
    assert ids(adapter) == {"a", "c", "d"}
    found(adapter, filter=Filter(tags=["c"]))
    asyncio.run(adapter.save(entry("e")))
    assert ids(adapter) == {"c", "d", "e"}
    asyncio.run(adapter.save(entry("c")))
    asyncio.run(adapter.save(entry("f")))
    assert ids(adapter) == {"c", "e", "f"}


def test_what_is_evicted_is_gone_from_every_index(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path, max_entries=10)
    entries = [
        entry(
            str(number),
            created_at=START + timedelta(seconds=number),
            text="same words",
            tags=["t"],
            user_id="u",
            session_id="s",
            embedding=[1.0, float(number)],
        )
        for number in range(300)
    ]
    for batch in (entries[:150], entries[150:151], entries[151:]):
        asyncio.run(adapter.save_many(batch))
    for query in (
        {"text": "same words"},
        {"text": "t"},
        {"filter": Filter(tags=["t"])},
        {"filter": Filter(user_id="u")},
        {"filter": Filter(session_id="s")},
        {"vector": vector([1, 1])},
    ):
        assert set(map(int, found(adapter, **query))) == set(range(290, 300))


def test_expired_entries_do_not_count_against_max_entries(tmp_path: Path) -> None:
    clock = Clock()
    adapter = VectorAdapter(tmp_path, max_entries=2, clock=clock)
    asyncio.run(adapter.save(entry("old")))
    asyncio.run(adapter.save(entry("brief", created_at=START + timedelta(seconds=1), expires_at=START + timedelta(2))))
    clock.now = START + timedelta(3)
    asyncio.run(adapter.save(entry("new", created_at=clock.now)))
    assert ids(adapter) == {"old", "new"}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60),
    st.integers(0, 2**32 - 1),
    st.integers(1, 30),
)
def test_the_order_is_that_of_exact_cosines(changes: list[tuple[int, bool]], seed: int, limit: int) -> None:
    chance = np.random.default_rng(seed)
    model: dict[str, Any] = {}
    wanted = chance.standard_normal(8).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        adapter = VectorAdapter(folder, synchronous="normal")
        for number, keep in changes:
            if keep:
                model[str(number)] = chance.standard_normal(8).astype(np.float32)
                asyncio.run(adapter.save(entry(str(number), user_id="ab"[number % 2], embedding=model[str(number)])))
            else:
                model.pop(str(number), None)
                asyncio.run(adapter.delete(str(number)))
            if number % 5 == 0:  # so that what is in memory follows step by step
                found(adapter, vector=vector(wanted))
        for filter, kept in ((None, model), (Filter(user_id="a"), {i: v for i, v in model.items() if int(i) % 2 == 0})):
            hits = asyncio.run(adapter.query(Query(vector=vector(wanted), filter=filter, limit=limit)))
            expected = sorted(((cosine(v, wanted), i) for i, v in kept.items()), reverse=True)[:limit]
            assert [hit.entry.id for hit in hits] == [i for _, i in expected]
            assert [hit.score for hit in hits] == pytest.approx([score for score, _ in expected], abs=1e-5)
        asyncio.run(adapter.close())


def cosine(a: Any, b: Any) -> float:
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.dot(a, b) / length) if length else 0.0


def test_an_embedding_comes_back_bit_by_bit(tmp_path: Path) -> None:
    numbers = np.array([1e-40, 3e38, -0.0, 0.1], np.float32)
    asyncio.run(VectorAdapter(tmp_path).save(entry("a", embedding=numbers)))
    stored = asyncio.run(VectorAdapter(tmp_path).get("a"))
    assert stored is not None
    assert stored.embedding is not None
    assert stored.embedding.tobytes() == numbers.tobytes()


def test_another_dimension_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save(entry("a", embedding=[1, 0])))
    with pytest.raises(InvalidInput, match=r"3 dimensions.*2"):
        asyncio.run(adapter.save(entry("b", embedding=[1, 0, 0])))
    with pytest.raises(InvalidInput, match="dimensions"):
        asyncio.run(adapter.save_many([entry("a", text="new"), entry("c"), entry("b", embedding=[1, 0, 0])]))
    with pytest.raises(InvalidInput, match="dimensions"):
        asyncio.run(adapter.update("a", embedding=[1, 0, 0]))
    with pytest.raises(InvalidInput, match="dimensions"):
        found(adapter, vector=vector([1, 0, 0]))
    assert ids(adapter) == {"a"}
    assert found(adapter, text="new") == []
    assert found(adapter, vector=vector([1, 0])) == ["a"]


def test_an_empty_store_takes_any_dimension_again(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    reader = VectorAdapter(tmp_path)
    for dimension in (2, 3, 2):
        asyncio.run(adapter.save(entry("a", embedding=np.ones(dimension))))
        for one in (adapter, reader):
            assert found(one, vector=vector(np.ones(dimension))) == ["a"]
        asyncio.run(adapter.delete("a"))


def test_a_number_and_a_boolean_in_metadata_are_two_things_to_a_search_by_vector(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)
    for name, value in (("number", 1), ("truth", True)):
        asyncio.run(adapter.save(entry(name, metadata={"kind": value}, embedding=[1, 0])))
    for name, value in (("number", 1), ("truth", True), ("number", 1.0)):
        assert found(adapter, vector=vector([1, 0]), filter=Filter(metadata={"kind": value})) == [name]


@pytest.mark.parametrize("many", [50, 3000])
def test_ties_go_to_the_newer(tmp_path: Path, many: int) -> None:
    adapter = VectorAdapter(tmp_path)
    same = np.random.default_rng(1).standard_normal(384)
    moments = random.Random(1).sample(range(many), many)
    asyncio.run(
        adapter.save_many(
            [
                entry(
                    str(moment), text="a cat", tags=["t"], created_at=START + timedelta(seconds=moment), embedding=same
                )
                for moment in moments
            ]
        )
    )
    newest = [str(many - 1), str(many - 2), str(many - 3)]
    asked = vector(np.random.default_rng(2).standard_normal(384))
    for query in (
        {"text": "cat"},
        {"text": "t"},
        {"filter": Filter(tags=["t"])},
        {"filter": Filter(tags=["t"]), "text": "nothing"},
        {"vector": asked},
        {"vector": asked, "filter": Filter(tags=["t"])},
        {"vector": asked, "text": "cat"},
    ):
        assert found(adapter, limit=3, **query) == newest, query


def test_words_rank_as_in_memory_among_many(tmp_path: Path) -> None:
    """More texts hold the words than FTS5 hands over: its order decides which are scored."""
    chance = random.Random(5)
    words = [f"{a}{b}{c}" for a in ("ba", "do", "ke") for b in ("ra", "tu", "mo") for c in ("lo", "vi", "ga", "ze")]
    texts = [" ".join(chance.choices(words, k=chance.randint(1, 15))) for _ in range(4000)]
    entries = [entry(str(n), text=text, created_at=START + timedelta(seconds=n)) for n, text in enumerate(texts)]
    stored, memory = VectorAdapter(tmp_path), InMemoryAdapter()
    for adapter in (stored, memory):
        asyncio.run(adapter.save_many(entries))
    for _ in range(20):
        text = " ".join(chance.sample(words, chance.randint(1, 3)))
        assert scored(stored, text=text, limit=5) == scored(memory, text=text, limit=5), text


def test_scores_after_churn_are_those_of_a_fresh_store(tmp_path: Path) -> None:
    chance = random.Random(3)
    words = [f"{a}{b}{c}" for a in ("ba", "do", "ke") for b in ("ra", "tu", "mo") for c in ("lo", "vi", "ga", "ze")]
    clock = Clock()
    churned = VectorAdapter(tmp_path, clock=clock, synchronous="normal")
    kept: dict[str, MemoryEntry] = {}

    async def churn() -> None:
        for number in range(0, 3000, 10):
            batch = [
                entry(
                    str(n % 400),
                    text=" ".join(chance.choices(words, k=chance.randint(1, 9))),
                    tags=[chance.choice(["red", "green"])],
                    created_at=START + timedelta(seconds=n),
                    expires_at=START + timedelta(days=1) if n % 3 else None,
                    embedding=[chance.random(), chance.random()],
                )
                for n in range(number, number + 10)
            ]
            await churned.save_many(batch)
            kept.update({one.id: one for one in batch})
            gone = [str(chance.randrange(400)) for _ in range(3)]
            await churned.delete_many(gone)
            for name in gone:
                kept.pop(name, None)
            if number % 500 == 0:
                changed = await churned.update(batch[0].id, text="baralo bara")
                if changed is not None:
                    kept[changed.id] = changed

    def same(entries: dict[str, MemoryEntry]) -> None:
        fresh = InMemoryAdapter(clock=clock)
        asyncio.run(fresh.save_many(list(entries.values())))
        for _ in range(20):
            text = " ".join(chance.sample([*words, "red", "green"], 3))
            asked = vector([chance.random(), chance.random()])
            assert scored(churned, text=text, limit=20) == scored(fresh, text=text, limit=20)
            both = [dict(scored(one, text=text, vector=asked, limit=400)) for one in (churned, fresh)]
            assert both[0] == pytest.approx(both[1], abs=1e-5)

    asyncio.run(churn())
    same(kept)
    clock.turn(2 * 86400)
    alive = {i: one for i, one in kept.items() if one.expires_at is None}
    for _ in range(3):  # what has expired leaves with the next writes
        asyncio.run(churned.delete("nobody"))
    same(alive)
    asyncio.run(churned.clear())
    same({})


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


def test_a_scan_while_others_write_misses_nothing_that_stays(tmp_path: Path) -> None:
    chance = random.Random(1)
    adapter, other = VectorAdapter(tmp_path, synchronous="normal"), VectorAdapter(tmp_path, synchronous="normal")

    async def scenario() -> tuple[set[str], set[str]]:
        await adapter.save_many([entry(str(number)) for number in range(1000)])
        seen: set[str] = set()
        cursor, stays = None, {str(number) for number in range(1000)}
        while True:
            page = await adapter.scan(cursor, limit=70)
            seen |= {one.id for one in page.entries}
            victims = {str(chance.randrange(1000)) for _ in range(30)}
            await other.delete_many(list(victims))
            stays -= victims
            await other.save(entry(f"new {len(seen)}"))
            await other.save_many([entry(name, text="overwritten") for name in chance.sample(sorted(stays), 5)])
            if page.cursor is None:
                return seen, stays
            cursor = page.cursor

    seen, stays = asyncio.run(scenario())
    assert stays <= seen


def test_saving_again_what_a_scan_finds_comes_to_an_end(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path)

    async def scenario() -> int:
        await adapter.save_many([entry(str(number)) for number in range(50)])
        times = 0
        async for one in iterate(adapter, limit=7):
            await adapter.save(one)
            times += 1
            assert times <= 50
        return times

    assert asyncio.run(scenario()) == 50


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²"])
def test_a_cursor_that_is_none(tmp_path: Path, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        asyncio.run(VectorAdapter(tmp_path).scan(cursor))


@pytest.mark.parametrize("text", ["a:" * 500_000, "x" * 5_000_000, "京" * 200_000, "a word " * 300_000])
def test_a_huge_text_is_an_ordinary_text(tmp_path: Path, text: str) -> None:
    adapter = VectorAdapter(tmp_path)
    asyncio.run(adapter.save_many([entry("huge", text=text), entry("small", text="small")]))
    assert found(adapter, text="small") == ["small"]
    stored = asyncio.run(adapter.get("huge"))
    assert stored is not None
    assert stored.text == text
    assert asyncio.run(adapter.delete("huge")) is True
    assert ids(adapter) == {"small"}
    assert scored(adapter, text="small") == scored_alone("small")


def scored_alone(text: str) -> list[tuple[str, float]]:
    adapter = InMemoryAdapter()
    asyncio.run(adapter.save(entry(text, text=text)))
    return scored(adapter, text=text)


def test_namespaces_in_one_file_never_see_each_other(tmp_path: Path) -> None:
    names = ["user1", "user10", "user1:persistent", "USER1", "user1%", "*", "'; --"]
    stores = {name: VectorAdapter(tmp_path, namespace=name) for name in names}
    for number, (name, adapter) in enumerate(stores.items(), start=2):
        one = entry("same id", text=f"same words {name}", tags=["t"], user_id="u", embedding=np.ones(number))
        asyncio.run(adapter.save_many([one, entry(name)]))
    for number, (name, adapter) in enumerate(stores.items(), start=2):
        assert ids(adapter) == {"same id", name}
        for query in (
            {"text": "same"},
            {"text": "t"},
            {"filter": Filter(tags=["t"])},
            {"vector": vector(np.ones(number))},
        ):
            (hit,) = asyncio.run(adapter.query(Query(**query)))
            assert hit.entry.text == f"same words {name}"
        assert asyncio.run(adapter.count(Filter(tags=["t"], user_id="u"))) == 1
    assert asyncio.run(stores["user1"].clear()) == 2
    assert asyncio.run(stores["user10"].delete("same id")) is True
    for name, adapter in stores.items():
        assert ids(adapter) == {"user1": set(), "user10": {"user10"}}.get(name, {"same id", name})
        assert bool(found(adapter, text="same")) is (name not in {"user1", "user10"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_entries": 0}, "max_entries"),
        ({"eviction": "fifo"}, "oldest"),
        ({"synchronous": "off"}, "normal"),
        ({"scan": "fast"}, "exact"),
        ({"namespace": ""}, "namespace"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        VectorAdapter(tmp_path, **options)


@pytest.mark.parametrize("locked", [False, True])
def test_what_has_expired_takes_nobodys_place(tmp_path: Path, *, locked: bool) -> None:
    """Also while another process writes, so that it cannot be purged."""
    moment = START
    adapter = VectorAdapter(tmp_path, clock=lambda: moment.timestamp())
    soon = START + timedelta(seconds=1)
    many = [
        entry(str(n), text="apple apple", tags=["t"], user_id="u", created_at=START, expires_at=soon, embedding=[1, 0])
        for n in range(500)
    ]
    living = entry("living", text="one apple", tags=["t"], user_id="u", created_at=START, embedding=[1, 0.1])
    asyncio.run(adapter.save_many([*many, living]))
    moment = START + timedelta(seconds=2)
    near = vector([1, 0])
    other = sqlite3.connect(tmp_path / "memory.sqlite3", isolation_level=None)
    if locked:
        other.execute("BEGIN IMMEDIATE")
    for query in (
        {"text": "apple"},
        {"text": "t"},
        {"vector": near},
        {"text": "apple", "vector": near},
        {"text": "vehicle", "vector": near},
        {"vector": near, "filter": Filter(user_id="u")},
        {"text": "apple", "filter": Filter(user_id="u")},
        {"filter": Filter(tags=["t"])},
    ):
        assert found(adapter, limit=5, **query) == ["living"], query
    other.close()


def test_texts_with_several_rare_words_are_not_counted_twice(tmp_path: Path) -> None:
    adapter = VectorAdapter(tmp_path, synchronous="normal")
    common = [entry(str(n), text=f"common filler {n}") for n in range(12_000)]
    rare = [entry(f"rare {n}", text="zebra quagga common") for n in range(60)]
    asyncio.run(adapter.save_many([*common, *rare]))
    hits = found(adapter, text="zebra quagga common", limit=100)
    assert len(hits) == 100
    assert all(name.startswith("rare") for name in hits[:60])
