"""A filter admits exactly what `Filter.matches` says, for every verb that takes one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import nextafter
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import DateRange, Filter
from axon.spi.query import Query
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _world(bench: Bench) -> list[MemoryEntry]:
    """Entries of which every condition admits some."""
    now = bench.now()
    made: list[dict[str, Any]] = [
        {"tags": ["a"], "user_id": "u1", "session_id": "s1", "importance": 0.0},
        {"tags": ["a", "b"], "user_id": "u1", "session_id": "s2", "importance": 0.3},
        {"tags": ["b"], "user_id": "u2", "session_id": "s1", "importance": 0.5},
        {"tags": ["ab"], "user_id": "u11", "session_id": None, "importance": 0.7},
        {"tags": [], "user_id": None, "session_id": "s1", "importance": 1.0},
        {"metadata": {"k": 1, "more": "x"}},
        {"metadata": {"k": True}},
        {"metadata": {"k": "1"}},
        {"metadata": {"k": 1.0}},
        {"metadata": {"o": {"p": 1, "q": 2}, "l": [1, 2]}},
        {"metadata": {"o": {"p": 2}, "l": [2, 1]}},
        {"metadata": {"o": None, "false": False}},
        {"metadata": {"false": 0}},
        {"metadata": {"a.b": 1, 'it\'s "so"': 1, "$": 1}},
        {"metadata": {"a": {"b": 1}}},
        {"user_id": "ab", "session_id": "c"},
        {"user_id": "a", "session_id": "bc"},
        {"user_id": "a:b", "session_id": "c"},
        {"user_id": "a", "session_id": "b:c"},
        {"metadata": {"name": "Ada"}},
        {"metadata": {"name": "ada"}},
        {"metadata": {"name": "Ada "}},
        {"metadata": {"items": [{"p": 1, "q": 2}, 3]}},
        {"created_at": _EPOCH},
        {"created_at": _EPOCH - timedelta(microseconds=1)},
        {"created_at": _EPOCH - timedelta(days=8000)},
    ]
    return [
        bench.entry(f"n{number}", f"text {number}", **{"created_at": now - timedelta(hours=number), **values})
        for number, values in enumerate(made)
    ]


_CONDITIONS: dict[str, Any] = {
    "nothing": lambda now: Filter(),
    "a_tag": lambda now: Filter(tags=["a"]),
    "two_tags": lambda now: Filter(tags=["a", "b"]),
    "an_unknown_tag": lambda now: Filter(tags=["a", "none"]),
    "a_user": lambda now: Filter(user_id="u1"),
    "an_unknown_user": lambda now: Filter(user_id="u"),
    "a_session": lambda now: Filter(session_id="s1"),
    "a_user_and_a_session": lambda now: Filter(user_id="u1", session_id="s1"),
    "a_user_and_a_session_in_a_row": lambda now: Filter(user_id="ab", session_id="c"),
    "a_user_with_a_separator_and_a_session": lambda now: Filter(user_id="a:b", session_id="c"),
    "a_user_and_a_tag": lambda now: Filter(user_id="u1", tags=["b"]),
    "the_lowest_importance": lambda now: Filter(importance=(0.0, 0.0)),
    "importance_with_its_bounds": lambda now: Filter(importance=(0.3, 0.7)),
    "the_highest_importance": lambda now: Filter(importance=(1.0, 1.0)),
    "importance_exactly": lambda now: Filter(importance=(0.7, 0.7)),
    "importance_between": lambda now: Filter(importance=(0.31, 0.49)),
    "importance_a_hair_above": lambda now: Filter(importance=(nextafter(0.3, 1.0), 0.7)),
    "importance_a_hair_below": lambda now: Filter(importance=(0.3, nextafter(0.7, 0.0))),
    "created_from": lambda now: Filter(created=DateRange(start=now - timedelta(hours=3))),
    "created_before": lambda now: Filter(created=DateRange(end=now - timedelta(hours=3))),
    "created_between": lambda now: Filter(
        created=DateRange(start=now - timedelta(hours=5), end=now - timedelta(hours=2))
    ),
    "created_at_the_microsecond": lambda now: Filter(
        created=DateRange(start=now - timedelta(hours=4), end=now - timedelta(hours=4) + timedelta(microseconds=1))
    ),
    "created_at_any_time": lambda now: Filter(created=DateRange()),
    "created_before_1970": lambda _: Filter(created=DateRange(end=_EPOCH)),
    "created_before_1970_and_after": lambda _: Filter(created=DateRange(start=_EPOCH - timedelta(days=9000))),
    "created_in_1970_and_after": lambda _: Filter(created=DateRange(start=_EPOCH)),
    "created_long_ago": lambda now: Filter(created=DateRange(end=now - timedelta(days=9000))),
    "an_id": lambda now: Filter(ids=["n3"]),
    "ids_of_which_one_is_unknown": lambda now: Filter(ids=["n1", "n5", "nobody"]),
    "no_id_at_all": lambda now: Filter(ids=[]),
    "an_id_and_a_tag_it_lacks": lambda now: Filter(ids=["n0"], tags=["b"]),
    "an_id_and_a_user": lambda now: Filter(ids=["n0", "n1", "n2"], user_id="u1"),
    "metadata_of_a_number": lambda now: Filter(metadata={"k": 1}),
    "metadata_of_true": lambda now: Filter(metadata={"k": True}),
    "metadata_of_false": lambda now: Filter(metadata={"false": False}),
    "metadata_of_text": lambda now: Filter(metadata={"k": "1"}),
    "metadata_of_two_keys": lambda now: Filter(metadata={"k": 1, "more": "x"}),
    "metadata_of_nothing": lambda now: Filter(metadata={"o": None}),
    "metadata_inside_an_object": lambda now: Filter(metadata={"o": {"p": 1}}),
    "metadata_of_a_whole_list": lambda now: Filter(metadata={"l": [1, 2]}),
    "metadata_of_a_part_of_a_list": lambda now: Filter(metadata={"l": [1]}),
    "metadata_of_an_object_in_a_list": lambda now: Filter(metadata={"items": [{"p": 1}, 3]}),
    "metadata_of_an_unknown_key": lambda now: Filter(metadata={"nobody": 1}),
    "metadata_of_a_key_with_a_dot": lambda now: Filter(metadata={"a.b": 1}),
    "metadata_of_a_key_with_quotes": lambda now: Filter(metadata={'it\'s "so"': 1}),
    "metadata_of_text_in_its_case": lambda now: Filter(metadata={"name": "Ada"}),
    "metadata_of_a_dollar_sign": lambda now: Filter(metadata={"$": 1}),
    "metadata_and_a_tag": lambda now: Filter(metadata={"k": 1}, tags=["a"]),
    "everything_at_once": lambda now: Filter(
        tags=["a"],
        user_id="u1",
        session_id="s2",
        importance=(0.1, 0.4),
        ids=["n1", "n2"],
        created=DateRange(start=now - timedelta(hours=2), end=now),
    ),
}


@check(each=_CONDITIONS)
async def query_by(bench: Bench, condition: Any) -> None:
    """`query` with a filter gives every entry that the filter admits, and no other.

    If this fails, check this condition against axon.spi.Filter.matches: all that are given must hold, bounds of
    importance are included, a DateRange has its start and not its end, JSON tells true from 1.
    """
    store, where = bench.open(), condition(bench.now())
    entries = _world(bench)
    await store.save_many(entries)
    expected = {entry.id: entry for entry in entries if where.matches(entry)}
    hits = await store.query(Query(filter=where))
    bench.equal({hit.entry.id: hit.entry for hit in hits}, expected)
    bench.equal(len(hits), len(expected), "how many hits")


@check(each=_CONDITIONS)
async def count_by(bench: Bench, condition: Any) -> None:
    """`count` with a filter gives how many entries the filter admits.

    If this fails, check that it counts what a query with the same filter finds.
    """
    store, where = bench.open(), condition(bench.now())
    entries = _world(bench)
    await store.save_many(entries)
    bench.equal(await store.count(where), sum(map(where.matches, entries)))


@check(each=_CONDITIONS)
async def delete_by(bench: Bench, condition: Any) -> None:
    """`delete_where` deletes exactly what the filter admits, and gives how many there were.

    If this fails, check that it deletes what a query with the same filter finds, all of it and nothing else.
    """
    store, where = bench.open(), condition(bench.now())
    entries = _world(bench)
    await store.save_many(entries)
    left = {entry.id: entry for entry in entries if not where.matches(entry)}
    bench.equal(await store.delete_where(where), len(entries) - len(left))
    bench.equal(await bench.scanned(store), left, "what is left")


@check()
def of_any_kind(bench: Bench) -> None:
    """Any filter over any entries: query, count and delete_where agree with `Filter.matches`.

    If this fails, check how several conditions are put together, and what is left of an entry that was replaced.
    """
    now = bench.now()

    async def example(entries: list[MemoryEntry], wheres: list[Filter]) -> None:
        store = await bench.empty()
        for entry in entries:
            await store.save(entry)
        kept = {entry.id: entry for entry in entries}
        for where in wheres:
            admitted = {entry.id for entry in kept.values() if where.matches(entry)}
            bench.equal(set(await bench.ids(store, filter=where, limit=1000)), admitted, "query")
            bench.equal(await store.count(where), len(admitted), "count")
        admitted = {entry.id for entry in kept.values() if wheres[0].matches(entry)}
        bench.equal(await store.delete_where(wheres[0]), len(admitted), "delete_where")
        bench.equal(set(await bench.scanned(store)), kept.keys() - admitted, "what is left")

    bench.for_all(
        example,
        st.lists(samples.small_entries(now), max_size=15),
        st.lists(samples.filters(now), min_size=1, max_size=4),
        count=30,
    )


@check()
def by_metadata_of_any_kind(bench: Bench) -> None:
    """Whatever metadata holds and a filter asks of it, alone or beside another condition: `Filter.matches` decides.

    If this fails, check how values are compared: objects by the items that are asked for, at any depth; lists as wholes
    and in order; 1 as 1.0, and neither as true; integers exactly; null is not what is missing, and {} is an object.
    """
    now = bench.now()
    beside: list[dict[str, Any]] = [
        {},
        {},
        {"ids": ["n0"]},
        {"ids": ["n0", "n1", "n2", "nobody"]},
        {"tags": ["t"]},
        {"user_id": "u"},
        {"session_id": "s"},
        {"importance": (0.5, 1.0)},
        {"created": DateRange(start=now - timedelta(hours=1))},
        {"tags": ["t"], "user_id": "u", "ids": ["n0", "n2"]},
    ]

    async def example(kept: list[tuple[Any, bool]], wanted: list[Any], more: list[dict[str, Any]]) -> None:
        store = await bench.empty()
        entries = [
            bench.entry(f"n{n}", metadata=metadata, tags=["t"] * is_full, user_id="u" if is_full else None)
            if is_full
            else bench.entry(f"n{n}", metadata=metadata, session_id="s", importance=0.1)
            for n, (metadata, is_full) in enumerate(kept)
        ]
        await store.save_many(entries)
        wheres = [Filter(metadata=metadata, **others) for metadata in wanted for others in more]
        for where in wheres:
            admitted = {entry.id for entry in entries if where.matches(entry)}
            bench.equal(await bench.found(store, filter=where), admitted, "query")
            bench.equal(await store.count(where), len(admitted), "count")
        gone = {entry.id for entry in entries if wheres[0].matches(entry)}
        bench.equal(await store.delete_where(wheres[0]), len(gone), "delete_where")
        bench.equal((await bench.scanned(store)).keys(), {entry.id for entry in entries} - gone, "what is left")

    both = st.lists(st.tuples(samples.NESTED, st.booleans()), min_size=1, max_size=4)
    cases = both.flatmap(
        lambda kept: st.tuples(
            st.just(kept),
            st.lists(
                st.one_of(samples.NESTED, *(samples.wanted_of(metadata) for metadata, _ in kept)),
                min_size=1,
                max_size=4,
            ),
            st.lists(st.sampled_from(beside), min_size=1, max_size=3),
        )
    )

    async def one(case: tuple[Any, Any, Any]) -> None:
        await example(*case)

    bench.for_all(one, cases, count=40)


_PAIRS: dict[str, tuple[Any, Any]] = {
    "one_and_true": (1, True),
    "zero_and_false": (0, False),
    "zero_and_nothing": (0, None),
    "nothing_and_an_empty_text": (None, ""),
    "nothing_and_an_empty_list": (None, []),
    "an_empty_object_and_an_empty_list": ({}, []),
    "an_empty_object_and_nothing": ({}, None),
    "a_number_and_its_text": (1, "1"),
    "true_and_its_text": (True, "true"),
    "nothing_and_its_text": (None, "null"),
    "integers_above_a_double": (2**53, 2**53 + 1),
    "the_greatest_integers": (2**64 - 1, 2**64 - 2),
    "the_lowest_integers": (-(2**63), -(2**63) + 1),
    "an_integer_and_a_near_float": (2**53 + 1, 2.0**53),
    "floats_in_the_last_bit": (0.1 + 0.2, 0.3),
    "a_value_and_a_list_of_it": (1, [1]),
    "a_list_and_its_reverse": ([1, 2], [2, 1]),
    "a_list_and_a_longer_one": ([1, 2], [1, 2, 3]),
    "a_list_and_one_with_doubles": ([1, 2], [1, 1, 2]),
    "lists_of_one_and_of_true": ([1], [True]),
    "lists_inside_of_lists": ([[1]], [[2]]),
    "texts_in_their_case": ("a", "A"),
    "texts_with_a_space": ("a", "a "),
    "texts_of_two_normal_forms": ("é", "e\u0301"),
}
_DEPTHS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "at_the_top": lambda value: {"k": value},
    "in_an_object": lambda value: {"o": {"k": value}},
    "deep_in_objects": lambda value: {"o": {"p": {"q": {"k": value}}}},
    "in_an_object_of_a_list": lambda value: {"l": [{"k": value}, 1]},
}


@check(each=_DEPTHS)
async def tell_apart_in_metadata(bench: Bench, put: Callable[[Any], dict[str, Any]]) -> None:
    """Values of metadata that differ are told apart, wherever in it they are, and what lacks the key is not admitted.

    If this fails, check how values of JSON are compared: by type and value, without a detour over text or doubles.
    """
    store = bench.open()
    values = [value for pair in _PAIRS.values() for value in pair]
    entries = [bench.entry(f"n{n}", metadata={**put(value), "other": n}) for n, value in enumerate(values)]
    entries += [bench.entry("bare"), bench.entry("other", metadata={"x": 1}), bench.entry("empty", metadata={"o": {}})]
    await store.save_many(entries)
    for value in values:
        where = Filter(metadata=put(value))
        admitted = {entry.id for entry in entries if where.matches(entry)}
        bench.equal(await bench.found(store, filter=where), admitted, f"query by {value!r}")
        bench.equal(await store.count(where), len(admitted), f"count by {value!r}")


_FULL: dict[str, Any] = {
    "tags": ["one", "two"],
    "user_id": "u1",
    "session_id": "s1",
    "importance": 0.5,
    "metadata": {"k": 1, "o": {"p": 1}},
}
_FAILING: dict[str, dict[str, Any]] = {
    "one": {"tags": ["two"]},
    "two": {"tags": ["one"]},
    "user": {"user_id": "u2"},
    "session": {"session_id": "s2"},
    "importance": {"importance": 0.6},
    "metadata": {"metadata": {"k": 2, "o": {"p": 1}}},
    "object": {"metadata": {"k": 1, "o": {"p": 2}}},
    "start": {"hours": -2},
    "end": {"hours": 2},
    "ids": {},
}
"""Of each condition the value with which an entry meets all conditions but this one."""


async def _found_by(store: Any, **query: Any) -> set[str]:
    return {hit.entry.id for hit in await store.query(Query(limit=100, **query))}


_SELECTING: dict[str, Callable[[Bench, Any, Filter], Any]] = {
    "query": lambda _, store, where: _found_by(store, filter=where),
    "query_with_a_text": lambda _, store, where: _found_by(store, filter=where, text="red fox one u1"),
    "query_with_a_vector": lambda bench, store, where: _found_by(store, filter=where, vector=bench.vector([1.0, 0.0])),
    "query_with_both": lambda bench, store, where: _found_by(
        store, filter=where, text="fox", vector=bench.vector([1.0, 0.0])
    ),
    "query_that_explains": lambda _, store, where: _found_by(store, filter=where, explain=True),
    "count": lambda _, store, where: store.count(where),
    "delete_where": lambda _, store, where: store.delete_where(where),
}


@check(each=_SELECTING)
async def hold_all_their_conditions_in(bench: Bench, select: Callable[[Bench, Any, Filter], Any]) -> None:
    """All conditions that are given must hold, whichever are given together: what fails one of them is not admitted.

    If this fails, check what is asked where an index answers a part of the filter: the rest is to be asked too.
    """
    how = next(name for name, one in _SELECTING.items() if one is select)
    for word, capability in (("text", Capability.TEXT_SEARCH), ("vector", Capability.VECTOR_SEARCH)):
        if (word in how or "both" in how) and not bench.has(capability):
            raise NotApplicable(f"{capability} not declared")
    store, now = bench.open(), bench.now()
    entries: dict[str, MemoryEntry] = {}
    for name, values in {"full": {}, **_FAILING}.items():
        given = {**_FULL, "embedding": [1.0, 0.5], **values}
        created = now + timedelta(hours=given.pop("hours", 0), minutes=len(entries))
        entries[name] = bench.entry(name, "red fox", created_at=created, **given)
    await store.save_many(list(entries.values()))
    names = [name for name in entries if name != "ids"]
    for chosen in (c for size in (1, 2, 3, len(_FAILING)) for c in combinations(_FAILING, size)):
        where = _all_of(chosen, now, names)
        admitted = {name for name, entry in entries.items() if where.matches(entry)}
        bench.equal(admitted, entries.keys() - set(chosen), "what Filter.matches admits")
        answer = await select(bench, store, where)
        bench.equal(answer, admitted if isinstance(answer, set) else len(admitted), f"with {', '.join(chosen)}")
        if how == "delete_where":
            bench.equal((await bench.scanned(store)).keys(), set(chosen), f"what is left with {', '.join(chosen)}")
            await store.save_many(list(entries.values()))


def _all_of(chosen: Collection[str], now: datetime, names: list[str]) -> Filter:
    """A filter of these conditions."""
    given: dict[str, Any] = {"tags": [tag for tag in ("one", "two") if tag in chosen]}
    metadata: dict[str, dict[str, Any]] = {"metadata": {"k": 1}, "object": {"o": {"p": 1}}}
    given["metadata"] = {key: value for name in metadata if name in chosen for key, value in metadata[name].items()}
    start = now - timedelta(hours=1) if "start" in chosen else None
    end = now + timedelta(hours=1) if "end" in chosen else None
    others: dict[str, tuple[str, Any]] = {
        "user": ("user_id", "u1"),
        "session": ("session_id", "s1"),
        "importance": ("importance", (0.4, 0.5)),
        "ids": ("ids", names),
    }
    given |= dict(others[name] for name in others if name in chosen)
    return Filter(**given, created=None if start is end is None else DateRange(start=start, end=end))


@check()
async def admit_all_that_are_there(bench: Bench) -> None:
    """A filter admits its entries however many there are: a count, and a query with a limit as large, give all.

    If this fails, check that no page, batch or default limit of the store cuts the answer.
    """
    store = bench.open()
    await bench.save_all(
        store, [bench.entry(f"n{n}", tags=["t", "even" if n % 2 == 0 else "odd"]) for n in range(2400)]
    )
    bench.equal(await store.count(Filter(tags=["t"])), 2400, "count")
    bench.equal(len(await bench.ids(store, filter=Filter(tags=["t"]), limit=5000)), 2400, "query")
    bench.equal(len(await bench.ids(store, filter=Filter(tags=["even"]), limit=5000)), 1200, "query by another tag")
    bench.equal(await store.delete_where(Filter(tags=["odd"])), 1200, "delete_where")
    bench.equal(await store.count(), 1200, "what is left")


@check()
async def apply_before_the_limit(bench: Bench) -> None:
    """The limit counts hits, not what was looked at: a filter that admits few among many finds them all.

    If this fails, check that the limit comes after the filter.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"n{n}", tags=["rare"] if n % 97 == 0 else ["often"]) for n in range(400)])
    expected = {f"n{n}" for n in range(0, 400, 97)}
    bench.equal(set(await bench.ids(store, filter=Filter(tags=["rare"]), limit=5)), expected, "by a tag")
    for number in range(0, 400, 97):
        where = Filter(tags=["rare"], ids=[f"n{number}"])
        bench.equal(await bench.ids(store, filter=where, limit=1), [f"n{number}"], "by a tag and an id")
    await store.save(bench.entry("meta", metadata={"k": 1}, created_at=bench.now() - timedelta(days=3)))
    bench.equal(await bench.ids(store, filter=Filter(metadata={"k": 1}), limit=1), ["meta"], "by metadata")
    where = Filter(importance=(0.9, 1.0))
    await store.save(bench.entry("high", importance=0.95, created_at=bench.now() - timedelta(days=3)))
    bench.equal(await bench.ids(store, filter=where, limit=1), ["high"], "by importance")


@check()
async def give_no_more_than_the_limit(bench: Bench) -> None:
    """A query gives `limit` hits at the most, and exactly so many where there are more.

    If this fails, check the cut at the end.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"n{n}", tags=["t"]) for n in range(20)])
    for limit in (1, 2, 19, 20, 21):
        found = await bench.ids(store, filter=Filter(tags=["t"]), limit=limit)
        bench.equal(len(found), min(limit, 20), f"how many with limit={limit}")
        bench.equal(len(set(found)), len(found), "how many different ones")
    await store.save_many([bench.entry(f"m{n}") for n in range(120)])
    bench.equal(len(await bench.ids(store, filter=Filter())), 100, "how many without a limit, which is 100")


@check()
async def give_the_newest_first(bench: Bench) -> None:
    """Hits of one score come by `created_at`, the newest first, whatever the order of saving; so does the limit choose.

    If this fails, check that ties go to the later `created_at`.
    """
    store, now = bench.open(), bench.now()
    ages = (3, 1, 4, 0, 5, 2)
    for age in ages:
        await store.save(bench.entry(f"n{age}", tags=["t"], created_at=now - timedelta(minutes=age)))
    order = [f"n{age}" for age in sorted(ages)]
    for where in (Filter(), Filter(tags=["t"]), Filter(importance=(0.0, 1.0)), Filter(ids=order)):
        bench.equal(await bench.ids(store, filter=where), order)
        bench.equal(await bench.ids(store, filter=where, limit=3), order[:3], "with a limit of 3")
    close = [bench.entry(f"m{n}", tags=["m"], created_at=now + timedelta(microseconds=n)) for n in (2, 0, 1)]
    await store.save_many(close)
    bench.equal(await bench.ids(store, filter=Filter(tags=["m"])), ["m2", "m1", "m0"], "a microsecond apart")


@check()
async def score_zero_where_nothing_is_asked(bench: Bench) -> None:
    """With a filter alone every hit has a score of 0, and a `min_score` above it leaves nothing.

    If this fails, check the score of a query without a text and a vector.
    """
    store = bench.open()
    await store.save_many([bench.entry("a", tags=["t"]), bench.entry("b", tags=["t"])])
    hits = await store.query(Query(filter=Filter(tags=["t"])))
    bench.equal([hit.score for hit in hits], [0.0, 0.0], "scores")
    bench.equal(len(await bench.ids(store, filter=Filter(), min_score=0.0)), 2, "hits of at least 0")
    bench.equal(await bench.ids(store, filter=Filter(), min_score=0.1), [], "hits of at least 0.1")


@check()
async def see_what_was_just_written(bench: Bench) -> None:
    """A query sees every write that has been awaited.

    If this fails, check that an index is written in the same step as the entry, and not some time later.
    """
    store = bench.open()
    for number in range(30):
        tag = f"t{number % 3}"
        await store.save(bench.entry("a", tags=[tag], user_id=str(number)))
        bench.equal(await bench.ids(store, filter=Filter(tags=[tag])), ["a"], "by its tag")
        bench.equal(await store.count(Filter(user_id=str(number))), 1, "count by its user")
        bench.equal(await bench.ids(store, filter=Filter(tags=[f"t{(number + 1) % 3}"])), [], "by another tag")
