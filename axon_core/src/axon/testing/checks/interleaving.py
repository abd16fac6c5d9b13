"""Two calls at once, of which one runs in the middle of the other: it is as if one had come after the other.

At each await of the first call it stands still, and the second runs. What comes of it has to be one of two things: what
comes of the first and then the second, or of the second and then the first, as the adapter itself does them.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from typing import Any

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.errors import LockUnavailable
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.interleaved import Outcome, Outcomes, seen
from axon.testing.interleaving import interleaved

Act = Callable[[Any, Bench], Coroutine[Any, Any, Any]]
Pair = tuple[Act, Act]

_MOST_AWAITS = 15
_LONG = 3600.0
_FIRST, _SECOND = "what the first call gave", "what the second call gave"
_FOUND_BY = {
    "the tag 'old'": Filter(tags=["old"]),
    "the tag 'new'": Filter(tags=["new"]),
    "the tag 'both'": Filter(tags=["both"]),
    "the user 'u'": Filter(user_id="u"),
}
_OLD: dict[str, Any] = {"tags": ["old", "both"], "user_id": "u", "importance": 0.3}
_NEW: dict[str, Any] = {"tags": ["new", "both"], "session_id": "s", "importance": 0.9}

_WRITES: dict[str, Act] = {
    "save": lambda store, bench: store.save(bench.entry("a", "blue whale", lives=_LONG, **_NEW)),
    "a_batch": lambda store, bench: store.save_many([bench.entry("a", "blue whale", lives=_LONG, **_NEW)]),
    "delete": lambda store, _: store.delete("a"),
    "delete_where": lambda store, _: store.delete_where(Filter(ids=["a"])),
}
_OTHERS: dict[str, Act] = {
    **_WRITES,
    "update": lambda store, _: store.update("a", text="blue whale", tags=["new", "both"]),
    "saved_again": lambda store, bench: store.save(
        bench.entry("a", "red fox", lives=_LONG, **{**_OLD, "created_at": bench.now() + timedelta(seconds=1)})
    ),
    "another_save": lambda store, bench: store.save(bench.entry("a", "grey seal", lives=2 * _LONG, tags=["both"])),
}
_READS: dict[str, Act] = {
    "get": lambda store, _: store.get("a"),
    "get_many": lambda store, _: store.get_many(["a"]),
    "query_by_a_tag": lambda store, _: store.query(Query(filter=Filter(tags=["old"]))),
    "query_by_a_user": lambda store, _: store.query(Query(filter=Filter(user_id="u"))),
    "query_by_two_terms": lambda store, _: store.query(Query(filter=Filter(tags=["old", "both"], user_id="u"))),
    "query_by_importance": lambda store, _: store.query(Query(filter=Filter(importance=(0.2, 0.4)))),
    "query_by_words": lambda store, _: store.query(Query(text="red fox")),
    "count": lambda store, _: store.count(Filter(tags=["old"])),
    "scan": lambda store, _: store.scan(),
}


def _pairs(first: dict[str, Act], second: dict[str, Act]) -> dict[str, Pair]:
    return {f"{one}_and_{other}": (first[one], second[other]) for one in first for other in second}


@check(each=_pairs(_WRITES, _OTHERS))
async def of_writes_is_as_if_in_turn(bench: Bench, pair: Pair) -> None:
    """Two writes of one entry at once leave what one of them left after the other: the entry, and all that finds it.

    If this fails, check that looking at what is there and changing it, with its index, are one step of the store.
    """
    await _in_turn(bench, pair, {})


@check(each=_pairs(_READS, _OTHERS))
async def of_a_read_and_a_write_is_as_if_in_turn(bench: Bench, pair: Pair) -> None:
    """A read at the time of a write gives the entry as it was before or as it is after, and changes nothing.

    If this fails, check that what is given is what was selected: an entry that was read later than its index may fit no
    longer.
    """
    if pair[0] is _READS["query_by_words"] and not bench.has(Capability.TEXT_SEARCH):
        raise NotApplicable("text_search not declared")
    await _in_turn(bench, pair, {})


_REFRESHING = {name: _READS[name] for name in ("get", "get_many", "query_by_a_tag", "query_by_words")}


@check(Capability.TTL, settings=["refresh_on_read"], each=_pairs(_REFRESHING, _OTHERS))
async def of_a_refresh_and_a_write_is_as_if_in_turn(bench: Bench, pair: Pair) -> None:
    """A read that refreshes undoes no write, no delete and no new end that comes while it reads.

    If this fails, check that a refresh changes the end alone, of the entry that was read, and only while it is there.
    """
    if pair[0] is _READS["query_by_words"] and not bench.has(Capability.TEXT_SEARCH):
        raise NotApplicable("text_search not declared")
    await _in_turn(bench, pair, {"refresh_on_read": True})


@check(settings=["max_entries"], each={"save": _WRITES["save"], "a_batch": _WRITES["a_batch"]})
async def of_writes_keeps_to_max_entries(bench: Bench, act: Act) -> None:
    """However two writes meet, there are never more than `max_entries` entries, nor fewer when they are over.

    If this fails, check that making room and taking it are one step.
    """
    # Where it is full each makes room, and where there is one place left both may believe that it is theirs.
    for before in (["b", "c"], ["b"]):
        for number in range(1, _MOST_AWAITS):
            bench.fresh()
            store = bench.open(max_entries=2)
            await store.save_many([bench.entry(name) for name in before])
            if await interleaved(act(store, bench), partial(store.save, bench.entry("d")), number) is None:
                break
            bench.steps.add(f"the second call ran at the await number {number} of the first one")
            bench.equal(await store.count(), 2, "count")
            bench.equal(len(await bench.scanned(store)), 2, "how many a scan gives")


_COUNTS: dict[str, Act] = {
    "increment": lambda store, _: store.increment("n", 2),
    "with_a_ttl": lambda store, _: store.increment("n", 2, ttl=_LONG),
    "reset": lambda store, _: store.reset("n"),
    "counter": lambda store, _: store.counter("n"),
}


@check(Capability.COUNTERS, each=_pairs(_COUNTS, _COUNTS))
async def of_counters_is_as_if_in_turn(bench: Bench, pair: Pair) -> None:
    """Two calls for one counter at once do what they do one after the other.

    If this fails, check that reading and writing are one step of the store.
    """
    await _agreed(bench, pair, lambda store: store.increment("n", 5), lambda store: store.counter("n"))


_REQUESTS: dict[str, Act] = {
    "allow": lambda store, _: _allowed(store, 2),
    "allow_the_rest": lambda store, _: _allowed(store, 3),
    "used": lambda store, _: store.used("n", per=_LONG),
}


@check(Capability.LIMITS, each=_pairs(_REQUESTS, _REQUESTS))
async def of_limits_is_as_if_in_turn(bench: Bench, pair: Pair) -> None:
    """Two requests at once are allowed what they are allowed one after the other.

    If this fails, check that counting and noting are one step of the store.
    """
    await _agreed(bench, pair, lambda store: _allowed(store, 2), lambda store: store.used("n", per=_LONG))


_SWAPS: dict[str, Act] = {
    "put": lambda store, _: store.put("n", b"put", ttl=_LONG),
    "swap": lambda store, _: store.swap("n", b"old", b"new", ttl=_LONG),
    "another_swap": lambda store, _: store.swap("n", b"old", b"newer", ttl=_LONG),
    "swap_of_nothing": lambda store, _: store.swap("n", None, b"first", ttl=_LONG),
    "removal": lambda store, _: store.swap("n", b"old", None),
    "drop": lambda store, _: store.drop("n"),
    "values": lambda store, _: store.values(["n"]),
}


@check(Capability.VALUES, each=_pairs(_SWAPS, _SWAPS))
async def of_values_is_as_if_in_turn(bench: Bench, pair: Pair) -> None:
    """Two calls for one value at once do what they do one after the other.

    If this fails, check that comparing and changing are one step of the store.
    """
    await _agreed(bench, pair, lambda store: store.put("n", b"old", ttl=_LONG), lambda store: store.values(["n"]))


@check(Capability.LOCKS)
async def of_locks_gives_one_to_one(bench: Bench) -> None:
    """Of two who ask for a lock at once, one has it.

    If this fails, check that looking whether it is free and taking it are one step of the store.
    """
    for number in range(1, _MOST_AWAITS):
        bench.fresh()
        store = bench.open()
        both = await interleaved(_taken(store), partial(_taken, store), number)
        if both is None:
            return
        bench.steps.add(f"the second call ran at the await number {number} of the first one")
        bench.equal(sorted(both), [False, True], "who has the lock")


async def _taken(store: Any) -> bool:
    try:
        await store.lock("n", ttl=_LONG)
    except LockUnavailable:
        return False
    return True


async def _allowed(store: Any, weight: int) -> bool:
    return bool((await store.allow("n", limit=5, per=_LONG, weight=weight)).allowed)


async def _in_turn(bench: Bench, pair: Pair, settings: dict[str, Any]) -> None:
    """Nothing if ``pair`` at once does what it does in turn, to an entry ``a`` beside another one."""

    async def begin() -> Any:
        bench.fresh()
        store = bench.open(settings=settings)
        await store.save_many([bench.entry("a", "red fox", lives=_LONG, **_OLD), bench.entry("b", tags=["other"])])
        return store

    async def end(store: Any, outcomes: Outcomes) -> None:
        await outcomes.add("scan", _sorted(bench, store))
        await outcomes.add("get", store.get("a"))
        await outcomes.add("count", store.count())
        for name, where in _FOUND_BY.items():
            await outcomes.add(f"query by {name}", _ids(bench, store, filter=where))
            await outcomes.add(f"count by {name}", store.count(where))
        if bench.has(Capability.TEXT_SEARCH):
            for text in ("red", "blue", "grey"):
                await outcomes.add(f"query by the word {text!r}", _ids(bench, store, text=text))

    await _same(bench, pair, begin, end)


async def _sorted(bench: Bench, store: Any) -> list[MemoryEntry]:
    return [entry for _, entry in sorted((await bench.scanned(store)).items())]


async def _ids(bench: Bench, store: Any, **query: Any) -> list[str]:
    return sorted(await bench.ids(store, **query))


async def _agreed(
    bench: Bench, pair: Pair, before: Callable[[Any], Any], after: Callable[[Any], Coroutine[Any, Any, Any]]
) -> None:
    """Nothing if ``pair`` at once does what it does in turn."""

    async def begin() -> Any:
        bench.fresh()
        store = bench.open()
        await before(store)
        return store

    async def end(store: Any, outcomes: Outcomes) -> None:
        await outcomes.add("what is there afterwards", after(store))

    await _same(bench, pair, begin, end)


async def _same(
    bench: Bench,
    pair: Pair,
    begin: Callable[[], Coroutine[Any, Any, Any]],
    end: Callable[[Any, Outcomes], Coroutine[Any, Any, None]],
) -> None:
    first, second = pair
    orders = {
        "if the first call comes first": await _in_order(bench, {_FIRST: first, _SECOND: second}, begin, end),
        "if the second call comes first": await _in_order(bench, {_SECOND: second, _FIRST: first}, begin, end),
    }
    for number in range(1, _MOST_AWAITS):
        store = await begin()
        both = await interleaved(first(store, bench), partial(second, store, bench), number)
        if both is None:
            return
        bench.steps.add(f"the second call ran at the await number {number} of the first one")
        outcomes = Outcomes(bench.steps)
        outcomes.facts |= {_FIRST: seen(both[0]), _SECOND: seen(both[1])}
        await end(store, outcomes)
        outcomes.in_turn(orders)


async def _in_order(
    bench: Bench,
    acts: dict[str, Act],
    begin: Callable[[], Coroutine[Any, Any, Any]],
    end: Callable[[Any, Outcomes], Coroutine[Any, Any, None]],
) -> Outcome:
    store = await begin()
    outcomes = Outcomes(bench.steps)
    for name, act in acts.items():
        await outcomes.add(name, act(store, bench))
    await end(store, outcomes)
    return outcomes.facts
