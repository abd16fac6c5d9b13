"""A namespace is a world: nothing that one tenant does changes another one's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import product
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.query import Query
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check

SETTING = ("namespace",)
_PAIRS: dict[str, tuple[str, str]] = {
    "a_longer_name": ("user1", "user10"),
    "a_name_in_front": ("user1", "xuser1"),
    "a_segment_more": ("shop", "shop:session"),
    "a_shifted_segment": ("a:b", "a"),
    "a_star": ("*", "anything"),
    "a_star_at_the_end": ("user*", "user1"),
    "a_question_mark": ("user?", "user1"),
    "brackets": ("user[1]", "user1"),
    "braces": ("{user}", "user"),
    "one_brace": ("{user", "user}"),
    "a_percent_sign": ("user%", "user1"),
    "an_underscore": ("user_1", "userx1"),
    "another_case": ("User", "user"),
    "a_space": ("user ", "user"),
    "a_slash": ("a/b", "a"),
    "a_backslash": ("user\\", "user"),
    "another_normal_form": ("é", "e\u0301"),
    "a_quote": ("user'", "user"),
    "an_emoji": ("🦊", "🦝"),
    "an_escape": ("user%31", "user1"),
    "a_separator_at_the_end": ("user:", "user"),
    "a_path": ("user/../x", "x"),
    "a_dash": ("user-1", "user_1"),
}
Act = Callable[[Any], Awaitable[Any]]


async def _scan_all(store: Any) -> set[str]:
    found: set[str] = set()
    cursor: str | None = None
    while True:
        page = await store.scan(cursor, limit=2)
        found.update(entry.id for entry in page.entries)
        if (cursor := page.cursor) is None:
            return found


_VERBS: dict[str, Act] = {
    "clear": lambda store: store.clear(),
    "delete": lambda store: store.delete("a"),
    "delete_many": lambda store: store.delete_many(["a", "b", "c"]),
    "delete_where": lambda store: store.delete_where(Filter()),
    "delete_where_by_a_tag": lambda store: store.delete_where(Filter(tags=["t"])),
    "save": lambda store: store.save(_other(store, "a")),
    "save_many": lambda store: store.save_many([_other(store, name) for name in "abcd"]),
    "update": lambda store: store.update("a", text="changed by another tenant"),
    "get": lambda store: store.get("a"),
    "query": lambda store: store.query(Query(filter=Filter())),
    "scan": _scan_all,
    "count": lambda store: store.count(),
    "close": lambda store: store.close(),
}


def _other(_: Any, entry_id: str) -> Any:
    return MemoryEntry(id=entry_id, text="of another tenant", tags=["t", "other"])


@check(settings=SETTING, each=_PAIRS)
async def are_told_apart_by(bench: Bench, pair: tuple[str, str]) -> None:
    """Two namespaces that differ in this are two worlds, for every verb, in both directions.

    If this fails, check how the namespace becomes part of a key or a pattern: exact per segment, never a prefix.
    """
    own = bench.namespace
    # At the end and at the beginning of the whole name: a store may look for either.
    forms = (f"{own}{{}}", f"{{}}{own}")
    for form, (mine, theirs) in product(forms, (pair, pair[::-1])):
        one = bench.open(form.replace("{}", mine), called="one")
        other = bench.open(form.replace("{}", theirs), called="other")
        await one.clear()
        await other.clear()
        kept = [bench.entry(name, f"mine {name}", tags=["t"], user_id="u") for name in "abc"]
        await one.save_many(kept)
        bench.equal(await other.count(), 0, "count of the other")
        bench.equal(await other.get("a"), None, "get of the other")
        bench.equal(await bench.ids(other, filter=Filter(tags=["t"])), [], "query of the other")
        bench.equal(await _scan_all(other), set(), "scan of the other")
        bench.equal(await other.delete("a"), False, "delete of the other")
        bench.equal(await other.delete_where(Filter()), 0, "delete_where of the other")
        bench.equal(await other.clear(), 0, "clear of the other")
        await other.save(bench.entry("a", "theirs"))
        bench.equal(await one.get_many(["a", "b", "c"]), kept, "what the one has")
        bench.equal(await other.clear(), 1, "clear of the other, which has one")
        bench.equal(await one.count(), 3, "count of the one")
        await one.clear()


@check(settings=SETTING, each=_VERBS)
async def are_untouched_by(bench: Bench, act: Act) -> None:
    """Nothing that one tenant does with this verb changes what another one has.

    If this fails, check that the verb stays inside its own namespace.
    """
    for ends in (("1", "10"), ("10", "1")):
        bench.fresh()
        mine, theirs = (
            bench.open(f"{bench.namespace}{end}", called=called)
            for end, called in zip(ends, ("mine", "theirs"), strict=True)
        )
        kept = [bench.entry(name, f"mine {name}", tags=["t"], user_id="u") for name in "abc"]
        await mine.save_many(kept)
        await theirs.save_many([_other(theirs, name) for name in "ab"])
        await act(theirs)
        bench.equal(await mine.get_many(["a", "b", "c", "d"]), [*kept, None], "get_many")
        bench.equal(await mine.count(), 3, "count")
        bench.equal(await mine.count(Filter(tags=["t"])), 3, "count by a tag")
        bench.equal(sorted(await bench.ids(mine, filter=Filter(tags=["t"]))), ["a", "b", "c"], "query")
        bench.equal(await bench.ids(mine, filter=Filter(tags=["other"])), [], "query by a tag of the other's")
        bench.equal(await _scan_all(mine), {"a", "b", "c"}, "scan")


@check(settings=SETTING)
def are_untouched_by_anything(bench: Bench) -> None:
    """Whatever the names of two tenants are, and whatever one of them does, the other one's entries stay.

    If this fails, check how the name becomes a key, and which verb leaves its own namespace.
    """

    async def example(names: list[str], verbs: list[str]) -> None:
        bench.fresh()
        mine, theirs = (bench.open(f"{name}{bench.namespace}", called=called) for name, called in names_of(names))
        await mine.clear()
        await theirs.clear()
        kept = [bench.entry(name, f"mine {name}", tags=["t"]) for name in "abc"]
        await mine.save_many(kept)
        for verb in verbs:
            await _VERBS[verb](theirs)
        bench.equal(await mine.get_many(["a", "b", "c"]), kept, "get_many")
        bench.equal(await mine.count(Filter(tags=["t"])), 3, "count")
        bench.equal(await _scan_all(mine), {"a", "b", "c"}, "scan")

    verbs = st.lists(st.sampled_from([name for name in _VERBS if name != "close"]), max_size=6)
    short = st.one_of(st.sampled_from([name for name in samples.AWKWARD if len(name) < 300]), samples.NAMES).filter(
        lambda name: len(name) < 300
    )
    bench.for_all(example, st.lists(short, min_size=2, max_size=2, unique=True), verbs)


def names_of(names: list[str]) -> list[tuple[str, str]]:
    """Each name with what its adapter is called in a message."""
    return list(zip(names, ("mine", "theirs"), strict=True))


@check(settings=SETTING)
async def of_any_name_work(bench: Bench) -> None:
    """A namespace may be any text of 1 to 1024 characters.

    If this fails, check that the name is encoded wherever it becomes a key, a path or a pattern.
    """
    for name in samples.AWKWARD:
        store = bench.open(name[:1000] + bench.namespace)
        entry = bench.entry("a", tags=["t"])
        await store.save(entry)
        bench.equal(await store.get("a"), entry, f"in the namespace {name!r}")
        bench.equal(await store.count(Filter(tags=["t"])), 1, f"count in the namespace {name!r}")
        bench.equal(await store.clear(), 1, f"clear in the namespace {name!r}")


@check(settings=SETTING)
async def of_long_names_are_told_apart(bench: Bench) -> None:
    """Two namespaces that differ in their first or last character are two worlds, however long they are.

    If this fails, check for the limit of a key, of a name of a table or of a file, which must not cut the namespace.
    """
    for size, form in product((63, 200, 255, 1000), ("{}1 {}2", "1{} 2{}")):
        base = bench.namespace.ljust(size, "x")
        first, second = (name.replace("{}", base) for name in form.split())
        mine, theirs = bench.open(first, called="mine"), bench.open(second, called="theirs")
        await mine.save(bench.entry("a", tags=["t"]))
        bench.equal(await theirs.get("a"), None, f"get of the other, with {size:,} equal characters")
        bench.equal(await theirs.clear(), 0, "clear of the other")
        bench.equal(await mine.count(Filter(tags=["t"])), 1, "count")


@check(settings=SETTING)
async def do_not_meet_in_a_joined_key(bench: Bench) -> None:
    """A namespace and an id do not run into each other: "a" with "b:c" is not "a:b" with "c", whatever the separator.

    If this fails, check how namespace and id become one key: a separator in them must be escaped, or lengths be told.
    """
    for separator in ":/|.-_#@,; ":
        short, long = f"{bench.namespace}{separator}a", f"{bench.namespace}{separator}a{separator}b"
        mine, theirs = bench.open(short, called="mine"), bench.open(long, called="theirs")
        first, second = bench.entry(f"b{separator}c", "mine", tags=["t"]), bench.entry("c", "theirs", tags=["t"])
        await mine.save(first)
        bench.equal(await theirs.get("c"), None, f"get of the other, with {separator!r}")
        await theirs.save(second)
        bench.equal(await mine.get(first.id), first, f"get, with {separator!r}")
        bench.equal(await theirs.delete("c"), True, "delete of the other")
        bench.equal(await bench.ids(mine, filter=Filter(tags=["t"])), [first.id], f"query, with {separator!r}")


@check(settings=SETTING)
async def have_indexes_of_their_own(bench: Bench) -> None:
    """Two tenants with the same ids, tags and users see each their own, and an overwrite of one is not the other's.

    If this fails, check that every index is per namespace, not only the entries.
    """
    base = bench.namespace
    mine, theirs = bench.open(f"{base}a", called="mine"), bench.open(f"{base}b", called="theirs")
    await mine.save(bench.entry("a", "apples", tags=["x"], user_id="u"))
    await theirs.save(bench.entry("a", "bananas", tags=["x"], user_id="u"))
    await theirs.save(bench.entry("a", "cherries", tags=["y"], user_id="v"))
    bench.equal(await bench.ids(mine, filter=Filter(tags=["x"])), ["a"], "mine by my tag")
    bench.equal(await bench.ids(mine, filter=Filter(tags=["y"])), [], "mine by their tag")
    bench.equal(await bench.ids(theirs, filter=Filter(tags=["x"])), [], "theirs by the old tag")
    await theirs.delete("a")
    bench.equal(await bench.ids(mine, filter=Filter(user_id="u")), ["a"], "mine after their delete")


@check(Capability.VECTOR_SEARCH, settings=SETTING)
async def do_not_take_each_others_place(bench: Bench) -> None:
    """A tenant with many entries that are nearer takes no place among the nearest of another one.

    If this fails, check that the nearest are chosen inside the namespace, and not filtered after the limit has cut.
    """
    base = bench.namespace
    mine, theirs = bench.open(f"{base}a", called="mine"), bench.open(f"{base}b", called="theirs")
    await mine.save_many([bench.entry(f"n{n}", embedding=[1.0, 1.0 + n]) for n in range(3)])
    await theirs.save_many([bench.entry(f"m{n}", embedding=[1.0, n / 100]) for n in range(60)])
    query = bench.vector([1.0, 0.0])
    bench.equal(await bench.ids(mine, vector=query, limit=2), ["n0", "n1"], "the nearest of mine")
    bench.equal(await bench.ids(mine, vector=query), ["n0", "n1", "n2"], "all of mine")


@check(Capability.TEXT_SEARCH, settings=SETTING)
async def do_not_weigh_each_others_words(bench: Bench) -> None:
    """What another tenant remembers changes neither who answers nor the scores: a word weighs as it does here.

    If this fails, check that words are counted by namespace, and hits chosen inside it before the limit cuts.
    """
    base = bench.namespace
    mine, theirs = bench.open(f"{base}a", called="mine"), bench.open(f"{base}b", called="theirs")
    await mine.save_many([bench.entry("a", "red fox"), bench.entry("b", "blue fox in a den"), bench.entry("c", "car")])
    alone = {hit.entry.id: hit.score for hit in await mine.query(Query(text="red fox"))}
    await theirs.save_many([bench.entry(f"m{n}", "red red red", tags=["fox"]) for n in range(60)])
    beside = {hit.entry.id: hit.score for hit in await mine.query(Query(text="red fox"))}
    bench.equal(beside, alone, "scores beside another tenant, and those before it came")
    bench.equal(await bench.ids(mine, text="red fox", limit=1), ["a"], "the best one")


@check(settings=SETTING)
def with_the_same_entries_are_untouched_by_anything(bench: Bench) -> None:
    """Two tenants with the same ids, tags and users: whatever one of them does, by whatever filter, the other one's
    entries stay, and neither finds the other's.

    If this fails, check that each statement names the namespace, also where it goes by ids or by an index.
    """
    now = bench.now()
    verbs = ("delete_where", "delete_where", "delete_many", "delete", "update", "save", "save_many", "query", "clear")

    async def example(mine: list[MemoryEntry], theirs: list[MemoryEntry], acts: list[tuple[str, Filter, str]]) -> None:
        bench.fresh()
        ends = [(f"{bench.namespace}{end}", called) for end, called in (("1", "mine"), ("10", "theirs"))]
        one, other = (bench.open(namespace, called=called) for namespace, called in ends)
        for store, entries in ((one, mine), (other, theirs)):
            await store.save_many(entries)
        kept, there = {entry.id: entry for entry in mine}, {entry.id: entry for entry in theirs}
        for verb, where, name in acts:
            admitted = {i for i, entry in there.items() if where.matches(entry)}
            gone: set[str] = set()
            match verb:
                case "delete_where":
                    bench.equal(await other.delete_where(where), len(admitted), "delete_where")
                    gone = admitted
                case "delete_many":
                    bench.equal(await other.delete_many(["n0", name]), len({"n0", name} & there.keys()), "delete_many")
                    gone = {"n0", name}
                case "delete":
                    bench.equal(await other.delete(name), name in there, "delete")
                    gone = {name}
                case "update":
                    changed = await other.update(name, tags=["red"], user_id="u11")
                    bench.equal(changed is not None, name in there, "whether there was one to update")
                    there |= {} if changed is None else {name: changed}
                case "query":
                    bench.equal(await bench.found(other, filter=where), admitted, "what the other finds")
                    bench.equal(await other.count(where), len(admitted), "what the other counts")
                case "clear":
                    bench.equal(await other.clear(), len(there), "clear")
                    gone = set(there)
                case _:
                    new = [bench.entry(name, "new", tags=["red"], user_id="u1"), bench.entry("n0")]
                    await (other.save_many(new) if verb == "save_many" else other.save(new[1]))
                    there |= {entry.id: entry for entry in (new if verb == "save_many" else new[1:])}
            there = {entry_id: entry for entry_id, entry in there.items() if entry_id not in gone}
            bench.equal(await bench.scanned(other), there, f"what the other has after {verb}")
            bench.equal(await bench.scanned(one), kept, f"what is there beside the other's {verb}")
            wanted = {i for i, entry in kept.items() if where.matches(entry)}
            bench.equal(await bench.found(one, filter=where), wanted, "what is found beside it")
            bench.equal(await one.count(where), len(wanted), "count beside it")

    entries = st.lists(samples.small_entries(now), min_size=1, max_size=8, unique_by=lambda entry: entry.id)
    names = st.sampled_from([f"n{n}" for n in range(12)])
    filters = st.one_of(samples.filters(now), st.frozensets(names, max_size=9).map(lambda ids: Filter(ids=ids)))
    acts = st.lists(st.tuples(st.sampled_from(verbs), filters, names), min_size=1, max_size=4)
    bench.for_all(example, entries, entries, acts)
