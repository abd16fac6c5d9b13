"""`refresh_on_read`: who is read lives for its own TTL again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import Broken, NotApplicable

TTL = Capability.TTL
SETTING = "refresh_on_read"
_LIFE = 1.25
_HALF = 0.625

Read = Callable[[Any], Awaitable[Any]]


async def _queried(store: Any, **query: Any) -> MemoryEntry:
    entry: MemoryEntry = (await store.query(Query(**query)))[0].entry
    return entry


async def _first_of_many(store: Any) -> Any:
    return (await store.get_many(["a"]))[0]


_READS: dict[str, Read] = {
    "get": lambda store: store.get("a"),
    "get_many": _first_of_many,
    "query": lambda store: _queried(store, filter=Filter(tags=["t"])),
    "query_by_id": lambda store: _queried(store, filter=Filter(ids=["a"])),
}


async def _scanned(store: Any) -> Any:
    return (await store.scan()).entries[0]


_SEARCHES: dict[str, tuple[Capability, Callable[[Bench], dict[str, Any]]]] = {
    "words": (Capability.TEXT_SEARCH, lambda bench: {"text": "fox"}),
    "vector": (Capability.VECTOR_SEARCH, lambda bench: {"vector": bench.vector([1.0, 0.0])}),
}
_NO_READS: dict[str, Read] = {
    "scan": _scanned,
    "count": lambda store: store.count(),
    "count_with_a_filter": lambda store: store.count(Filter(tags=["t"])),
    "delete_where": lambda store: store.delete_where(Filter(tags=["t"], user_id="nobody")),
    "delete_of_another": lambda store: store.delete("other"),
    "health": lambda store: store.health(),
}


@check(TTL, settings=[SETTING], each=_READS)
async def prolongs_by(bench: Bench, read: Read) -> None:
    """With `refresh_on_read` this verb lets the entry live for its own TTL from the read on, and gives it so.

    If this fails, check that the read writes the new end to the entry and to the TTL of the store.
    """
    store = bench.open(refresh_on_read=True)
    entry = bench.entry("a", tags=["t"], lives=_LIFE)
    await store.save(entry)
    await bench.pass_time(_HALF)
    before = bench.now()
    found = await read(store)
    after = bench.now()
    bench.still_before(entry.expires_at)
    life = timedelta(seconds=_LIFE)
    _between(bench, found.expires_at, before + life, after + life)
    await bench.wait_until(entry.expires_at or after)
    bench.still_before(before + life)
    kept = await bench.scanned(store)
    by_tag = await bench.ids(store, filter=Filter(tags=["t"]))
    bench.still_before(before + life)
    bench.equal(kept.get("a"), found, "what a scan gives after the old end")
    bench.equal(by_tag, ["a"], "a query by its tag after the old end")


@check(TTL, settings=[SETTING], each=_SEARCHES)
async def prolongs_by_a_search_by(bench: Bench, case: tuple[Capability, Callable[[Bench], dict[str, Any]]]) -> None:
    """A query by words or by a vector is a read like one by a filter: what it gives is refreshed.

    If this fails, check that every way of querying refreshes what it gives.
    """
    capability, query = case
    if not bench.has(capability):
        raise NotApplicable(f"{capability} not declared")
    store = bench.open(refresh_on_read=True)
    await store.save(bench.entry("a", "red fox", embedding=[1.0, 0.0], lives=30.0))
    await bench.pass_time(0.1)
    before = bench.now()
    found = await _queried(store, **query(bench))
    after = bench.now()
    _between(bench, found.expires_at, before + timedelta(seconds=30), after + timedelta(seconds=30))
    bench.equal((await bench.scanned(store)).get("a"), found, "what a scan gives")


@check(TTL, settings=[SETTING], each=_NO_READS)
async def is_not_caused_by(bench: Bench, ask: Read) -> None:
    """This verb is no read: the end stays where it was.

    If this fails, check that only `get`, `get_many` and `query` refresh.
    """
    store = bench.open(refresh_on_read=True)
    entry = bench.entry("a", tags=["t"], lives=0.75)
    await store.save(entry)
    await bench.pass_time(0.375)
    await ask(store)
    await bench.wait_until(entry.expires_at or bench.now())
    bench.equal(await store.get("a"), None, "get after the end")
    bench.equal(await store.count(), 0, "count after the end")


@check(TTL, settings=[SETTING])
async def ends_after_the_new_end(bench: Bench) -> None:
    """An entry that was read once is gone when its TTL has passed after that.

    If this fails, check that a refresh sets a new end and does not take it away.
    """
    store = bench.open(refresh_on_read=True)
    entry = bench.entry("a", tags=["t"], lives=0.75)
    await store.save(entry)
    await bench.pass_time(0.25)
    found = await store.get("a")
    bench.still_before(entry.expires_at)
    if found is None or found.expires_at is None:
        raise Broken("no entry, or one without an end", "a new end")
    await bench.wait_until(found.expires_at)
    await bench.nowhere(store, found)
    bench.equal(await store.count(), 0, "count")


@check(TTL, settings=[SETTING])
async def keeps_each_entrys_own_ttl(bench: Bench) -> None:
    """A refresh renews by the TTL of the entry: of two that are read together, each by its own, again and again.

    If this fails, check that the TTL is the entry's `lifetime` and is kept with it, not worked out anew from its ends.
    """
    store = bench.open(refresh_on_read=True)
    own = {"a": 3.0, "b": 100.0, "c": 5000.5}
    await store.save_many([bench.entry(name, lives=ttl) for name, ttl in own.items()])
    for _ in range(3):
        await bench.pass_time(0.125)
        before = bench.now()
        found = (await store.get_many([*own, "nobody"]))[:-1]
        after = bench.now()
        for entry, ttl in zip(found, own.values(), strict=True):
            bench.true(entry is not None, f"no entry of a TTL of {ttl} s", "the entry")
            _between(bench, entry.expires_at, before + timedelta(seconds=ttl), after + timedelta(seconds=ttl))
            bench.equal(entry.lifetime, timedelta(seconds=ttl), "its own TTL")


@check(TTL, settings=[SETTING], each=_READS)
async def may_bring_the_end_nearer_by(bench: Bench, read: Read) -> None:
    """An entry that was given a later end than its own TTL reaches lives for its own TTL from the read on, too.

    If this fails, check that the new end is the moment of the read and the TTL, and not the later one of two ends.
    """
    store = bench.open(refresh_on_read=True)
    ttl = timedelta(seconds=5.5)
    await store.save(bench.entry("a", tags=["t"], lives=5000.0, ttl=ttl))
    before = bench.now()
    found = await read(store)
    after = bench.now()
    _between(bench, found.expires_at, before + ttl, after + ttl)
    bench.equal((await bench.scanned(store)).get("a"), found, "what a scan gives")


@check(TTL, settings=[SETTING])
async def is_of_every_hit(bench: Bench) -> None:
    """A query refreshes every entry that it gives, not only the best.

    If this fails, check that each hit is written with its new end.
    """
    store = bench.open(refresh_on_read=True)
    await store.save_many([bench.entry(f"n{n}", tags=["t"], lives=30.0) for n in range(5)])
    await bench.pass_time(0.1)
    before = bench.now()
    hits = await store.query(Query(filter=Filter(tags=["t"])))
    after = bench.now()
    bench.equal(len(hits), 5, "how many hits")
    kept = await bench.scanned(store)
    for hit in hits:
        _between(bench, hit.entry.expires_at, before + timedelta(seconds=30), after + timedelta(seconds=30))
        bench.equal(kept[hit.entry.id], hit.entry, "what a scan gives")


@check(TTL, settings=[SETTING])
async def is_of_nothing_else(bench: Bench) -> None:
    """A query refreshes what it gives: who was only looked at, or was cut by the limit, keeps its end.

    If this fails, check that hits are refreshed after the limit and `min_score` have cut.
    """
    store = bench.open(refresh_on_read=True)
    now = bench.now()
    made = [bench.entry(f"n{n}", tags=["t"], created_at=now - timedelta(hours=n), lives=30.0) for n in range(4)]
    other = bench.entry("other", tags=["x"], lives=30.0)
    await store.save_many([*made, other])
    await bench.pass_time(0.1)
    bench.equal(await bench.ids(store, filter=Filter(tags=["t"]), limit=1), ["n0"], "the hit")
    await store.get("n1")
    kept = await bench.scanned(store)
    for entry in made[2:]:
        bench.equal(kept[entry.id], entry, "one that the limit cut")
    bench.equal(kept["other"], other, "one that was not asked for")


@check(TTL, settings=[SETTING])
async def gives_no_end_to_what_has_none(bench: Bench) -> None:
    """An entry that never expires does not begin to because it is read.

    If this fails, check that a refresh of an entry without a TTL does nothing.
    """
    store, entry = bench.open(refresh_on_read=True), bench.entry("a", tags=["t"])
    await store.save(entry)
    bench.equal(await store.get("a"), entry, "get")
    bench.equal(await store.get_many(["a"]), [entry], "get_many")
    bench.equal(await _queried(store, filter=Filter()), entry, "query")


@check(TTL, settings=[SETTING])
async def brings_nobody_back(bench: Bench) -> None:
    """A read of an expired entry does not revive it.

    If this fails, check that the end is looked at before it is renewed.
    """
    store = bench.open(refresh_on_read=True)
    entry = bench.entry("a", tags=["t"], lives=0.25)
    await store.save(entry)
    await bench.wait_until(entry.expires_at or bench.now())
    for _ in range(2):
        bench.equal(await store.get("a"), None, "get")
        bench.equal(await store.get_many(["a"]), [None], "get_many")
        bench.equal(await bench.ids(store, filter=Filter(tags=["t"])), [], "query")


@check(TTL, settings=[SETTING])
async def changes_nothing_else(bench: Bench) -> None:
    """A refresh changes the end and nothing else; whatever finds the entry finds it still.

    If this fails, check that a refreshed copy keeps all fields and every index.
    """
    store = bench.open(refresh_on_read=True)
    entry = bench.entry(
        "a", tags=["t"], user_id="u", session_id="s", metadata={"k": 1}, embedding=[1.0, 0.0], lives=3600.0
    )
    await store.save(entry)
    await bench.pass_time(0.0625)
    found = await store.get("a")
    for name in ("text", "tags", "user_id", "session_id", "importance", "metadata", "created_at", "embedding"):
        bench.equal(getattr(found, name), getattr(entry, name), name)
    for where in (Filter(tags=["t"]), Filter(user_id="u"), Filter(session_id="s"), Filter(metadata={"k": 1})):
        bench.equal(await bench.ids(store, filter=where), ["a"], "query")
    bench.equal(await store.count(), 1, "count")


_MANY = 130


def _by_get(_: Bench, names: list[str]) -> Read:
    async def read(store: Any) -> list[MemoryEntry | None]:
        return [await store.get(name) for name in names]

    return read


def _asking(**asked: Any) -> Callable[[Bench, list[str]], Read]:
    def made(bench: Bench, _: list[str]) -> Read:
        query = {name: value(bench) if callable(value) else value for name, value in asked.items()}

        async def read(store: Any) -> list[MemoryEntry]:
            return [hit.entry for hit in await store.query(Query(**{"limit": 1000, **query}))]

        return read

    return made


_TEXT, _VECTOR = frozenset({Capability.TEXT_SEARCH}), frozenset({Capability.VECTOR_SEARCH})
_NEITHER: frozenset[Capability] = frozenset()
_NEAR: dict[str, Any] = {"vector": lambda bench: bench.vector([1.0, 0.0])}
_TAGGED: dict[str, Any] = {"filter": Filter(tags=["t"])}
_MANNERS: dict[str, tuple[frozenset[Capability], Callable[[Bench, list[str]], Read]]] = {
    "get": (_NEITHER, _by_get),
    "get_many": (_NEITHER, lambda _, names: lambda store: store.get_many(names)),
    "a_filter": (_NEITHER, _asking(**_TAGGED)),
    "a_filter_with_a_limit": (_NEITHER, _asking(**_TAGGED, limit=40)),
    "a_filter_and_a_least_score": (_NEITHER, _asking(**_TAGGED, min_score=0.0)),
    "a_filter_and_a_least_score_that_none_has": (_NEITHER, _asking(**_TAGGED, min_score=0.1)),
    "ids": (_NEITHER, lambda bench, names: _asking(filter=Filter(ids=names))(bench, names)),
    "metadata": (_NEITHER, _asking(filter=Filter(metadata={"k": 1}))),
    "words": (_TEXT, _asking(text="fox")),
    "words_with_a_limit": (_TEXT, _asking(text="fox", limit=40)),
    "words_and_a_least_score": (_TEXT, _asking(text="red fox", min_score=0.6)),
    "words_explained": (_TEXT, _asking(text="fox", explain=True)),
    "words_and_a_filter": (_TEXT, _asking(text="fox", **_TAGGED, limit=90)),
    "words_and_a_filter_and_a_least_score": (_TEXT, _asking(text="fox", **_TAGGED, min_score=0.1)),
    "a_filter_explained": (_TEXT, _asking(**_TAGGED, explain=True)),
    "a_vector": (_VECTOR, _asking(**_NEAR)),
    "a_vector_with_a_limit": (_VECTOR, _asking(**_NEAR, limit=40)),
    "a_vector_and_a_least_score": (_VECTOR, _asking(**_NEAR, min_score=0.5)),
    "a_vector_and_a_filter": (_VECTOR, _asking(**_NEAR, **_TAGGED, min_score=0.1)),
    "a_vector_explained": (_VECTOR, _asking(**_NEAR, explain=True, limit=40)),
    "words_and_a_vector": (_TEXT | _VECTOR, _asking(text="fox", **_NEAR, limit=90)),
    "words_and_a_vector_explained": (_TEXT | _VECTOR, _asking(text="fox", **_NEAR, limit=40, explain=True)),
}


@check(TTL, settings=[SETTING], each=_MANNERS)
async def is_of_exactly_what_is_given_by(
    bench: Bench, case: tuple[frozenset[Capability], Callable[[Bench, list[str]], Read]]
) -> None:
    """Who is read is refreshed, all of many, and nobody else: not what the filter, the limit or `min_score` left out.

    If this fails, check that just the entries that are given are renewed, all of them, in whatever way they are asked.
    """
    required, manner = case
    if missing := required - bench.subject.capabilities:
        raise NotApplicable(f"{', '.join(sorted(missing))} not declared")
    store = bench.open(refresh_on_read=True)
    now = bench.now()
    # Words, vector, filter and metadata each find other ones of them.
    entries = [
        bench.entry(
            f"n{n}",
            ("red fox", "blue fox", "red car", "green tree")[n % 4],
            tags=["t"] if n % 3 else ["x"],
            metadata={"k": n % 2},
            embedding=([1.0, n / 100], [-1.0, n], None)[n % 3],
            created_at=now - timedelta(seconds=n),
            lives=300.0 + n,
        )
        for n in range(_MANY)
    ]
    await store.save_many(entries)
    await bench.pass_time(0.1)
    before = bench.now()
    given = [entry for entry in await manner(bench, [f"n{n}" for n in range(1, _MANY, 2)])(store) if entry is not None]
    after = bench.now()
    kept = await bench.scanned(store)
    made = {entry.id: entry for entry in entries}
    for entry in given:
        life = made.pop(entry.id).lifetime or timedelta()
        _between(bench, entry.expires_at, before + life, after + life)
        bench.equal(entry.lifetime, life, "the TTL of one that was read")
        bench.equal(kept.get(entry.id), entry, "what a scan gives of one that was read")
    for entry in made.values():
        bench.equal(kept.get(entry.id), entry, "what a scan gives of one that was not read")


def _between(bench: Bench, moment: datetime | None, earliest: datetime, latest: datetime) -> None:
    slack = timedelta(milliseconds=1)
    holds = moment is not None and earliest - slack <= moment <= latest + slack
    bench.true(holds, f"an end at {moment}", f"one from {earliest} to {latest}")
