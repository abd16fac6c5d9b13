"""What every verb takes and gives, and how an adapter begins and ends."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from hypothesis import strategies as st

from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.adapter import Adapter
from axon.spi.query import Hit, Page, Query
from axon.testing.bench import Bench
from axon.testing.check import check

_VERBS = {
    name: name
    for name in (
        *("save", "get", "delete", "query", "scan", "save_many", "get_many", "delete_many", "delete_where"),
        *("update", "count", "clear", "health", "close"),
    )
}


@check(each=_VERBS)
def has_the_verb(bench: Bench, verb: str) -> None:
    """Every verb of the contract is a method that is awaited.

    If this fails, check that the class derives from axon.spi.Adapter and that the method is `async def`.
    """
    cls = bench.subject.type
    bench.true(issubclass(cls, Adapter), f"{cls.__name__} is no axon.spi.Adapter", "a subclass")
    bench.true(
        inspect.iscoroutinefunction(getattr(cls, verb, None)), f"{cls.__name__}.{verb} is not awaited", "async def"
    )


@check(each=_VERBS)
def takes_the_arguments_of(bench: Bench, verb: str) -> None:
    """A verb can be called with the names and defaults that axon.spi.Adapter gives its arguments.

    If this fails, check the signature: the same parameters, those with defaults optional; more only with defaults.
    """
    wanted = inspect.signature(getattr(Adapter, verb)).parameters
    own = inspect.signature(getattr(bench.subject.type, verb)).parameters
    catches = {p.kind for p in own.values()}
    for name, parameter in wanted.items():
        if name not in own:
            caught = {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL} <= catches or (
                parameter.kind is inspect.Parameter.VAR_KEYWORD and inspect.Parameter.VAR_KEYWORD in catches
            )
            bench.true(caught, f"{verb}{inspect.signature(getattr(bench.subject.type, verb))}", f"a parameter {name!r}")
        elif parameter.default is not inspect.Parameter.empty:
            bench.true(
                own[name].default is not inspect.Parameter.empty, f"{name!r} must be given", f"{name!r} is optional"
            )


@check()
def is_made_outside_of_a_loop(bench: Bench) -> None:
    """An adapter is constructed anywhere, inside an event loop or not, and connects at its first call.

    If this fails, check that the constructor neither connects nor asks for the running loop.
    """
    store = bench.open()
    bench.equal(bench.run(store.get("nobody")), None)


@check()
async def get_gives_what_was_saved(bench: Bench) -> None:
    """`get` gives the entry that was saved, equal in every field, and a plain MemoryEntry.

    If this fails, check that every field is stored and read back.
    """
    store, entry = bench.open(), bench.entry("a")
    await store.save(entry)
    found = await store.get("a")
    bench.equal(found, entry)
    bench.equal(type(found), MemoryEntry, "its type")


@check()
async def get_of_an_unknown_id(bench: Bench) -> None:
    """`get` of an id that never was gives None.

    If this fails, check that a missing row is no error.
    """
    store = bench.open()
    bench.equal(await store.get("nobody"), None)
    await store.save(bench.entry("a"))
    bench.equal(await store.get("A"), None, "another case")
    bench.equal(await store.get("a "), None, "with a space")


@check()
async def types_of_what_comes_back(bench: Bench) -> None:
    """`save` gives None, `delete` a bool, `count`, `delete_many`, `delete_where` and `clear` an int, `query` a sequence
    of hits, `scan` a page, `get_many` a list.

    If this fails, check what the verb returns; a bool is no int here, and a row count of a driver no bool.
    """
    store = bench.open()
    bench.equal(await store.save(bench.entry("a")), None, "save")
    bench.equal(await store.save_many([bench.entry("b"), bench.entry("c")]), None, "save_many")
    bench.equal(type(await store.count()), int, "count")
    bench.equal(type(await store.count(Filter())), int, "count with a filter")
    hits = await store.query(Query(filter=Filter()))
    bench.true(isinstance(hits, Sequence), f"query gave a {type(hits).__name__}", "a sequence")
    bench.equal({type(hit) for hit in hits}, {Hit}, "what query gives")
    bench.equal({type(hit.score) for hit in hits} <= {float, int}, True, "whether scores are plain numbers")
    page = await store.scan()
    bench.equal(type(page), Page, "scan")
    bench.true(isinstance(page.entries, Sequence), f"a page of a {type(page.entries).__name__}", "a sequence")
    bench.equal(type(await store.get_many(["a", "x"])), list, "get_many")
    for expected in (True, False):
        answer = await store.delete("a")
        bench.true(answer is expected, f"delete: {answer!r}", f"{expected}")
    bench.equal(type(await store.delete_many(["b"])), int, "delete_many")
    bench.equal(type(await store.delete_where(Filter())), int, "delete_where")
    bench.equal(type(await store.clear()), int, "clear")


@check()
async def an_entry_that_was_read_is_the_readers(bench: Bench) -> None:
    """Two reads are equal, and what one reader does with its result another one does not see.

    If this fails, check that lists which are handed out are copies.
    """
    store = bench.open()
    await store.save_many([bench.entry("a"), bench.entry("b")])
    many = await store.get_many(["a", "b"])
    many.clear()
    hits = await store.query(Query(filter=Filter()))
    if isinstance(hits, list):
        hits.clear()
    page = await store.scan()
    if isinstance(page.entries, list):
        page.entries.clear()
    bench.equal(len(await store.get_many(["a", "b"])), 2, "get_many")
    bench.equal(len(await store.query(Query(filter=Filter()))), 2, "query")
    bench.equal(len(await bench.scanned(store)), 2, "scan")
    bench.equal(await store.count(), 2, "count")


@check()
async def health_is_ok(bench: Bench) -> None:
    """`health` gives a Health: "ok" where the store answers, and how many milliseconds that took.

    If this fails, check the type, the status and that the latency is in milliseconds and not negative.
    """
    store = bench.open()
    bench.equal((await store.health()).status, "ok", "status of an empty one, as its first call")
    await store.save(bench.entry("a"))
    health = await store.health()
    bench.equal(health.status, "ok", "status")
    bench.true(0 <= health.latency_ms < 60_000, f"a latency of {health.latency_ms} ms", "milliseconds of one call")
    bench.equal(type(health.detail), str, "the type of detail")


@check()
async def close_can_be_called_again(bench: Bench) -> None:
    """`close` can be called any number of times, also of an adapter that was never used.

    If this fails, check that a second close finds nothing to do.
    """
    unused = bench.open()
    await unused.close()
    await unused.close()
    store = bench.open()
    await store.save(bench.entry("a"))
    await store.close()
    await store.close()


@check()
async def health_does_not_raise_after_close(bench: Bench) -> None:
    """`health` never raises, not even of an adapter that was closed.

    If this fails, check that everything in it is caught and told as "down".
    """
    store = bench.open()
    await store.save(bench.entry("a"))
    await store.close()
    health = await store.health()
    bench.true(health.status in {"ok", "degraded", "down"}, repr(health.status), "ok, degraded or down")


@check()
async def one_adapter_closes_itself_alone(bench: Bench) -> None:
    """Closing an adapter does not touch another one of the same settings.

    If this fails, check that connections are not shared between adapters, or that the last one closes them.
    """
    one, other = bench.open(called="one"), bench.open(called="other")
    await one.save(bench.entry("a"))
    await other.save(bench.entry("b"))
    await one.close()
    bench.equal(await other.get("b"), await other.get("b"), "get of the other")
    await other.save(bench.entry("c"))
    bench.equal((await other.get("c")) is not None, True, "whether the other still works")


@check()
def any_verbs_in_any_order_keep_count(bench: Bench) -> None:
    """`count`, `scan` and `query` agree after any sequence of saves, deletes and updates.

    If this fails, check which verb leaves an index behind.
    """

    async def example(verbs: list[tuple[str, str]]) -> None:
        store, known = await bench.empty(), set[str]()
        for verb, entry_id in verbs:
            if verb == "save":
                await store.save(bench.entry(entry_id, tags=["t"]))
                known.add(entry_id)
            elif verb == "delete":
                bench.equal(await store.delete(entry_id), entry_id in known, "delete")
                known.discard(entry_id)
            else:
                bench.equal((await store.update(entry_id, user_id="u")) is not None, entry_id in known, "update")
        bench.equal(await store.count(), len(known), "count")
        bench.equal(await store.count(Filter(tags=["t"])), len(known), "count by a tag")
        bench.equal(set(await bench.scanned(store, limit=2)), known, "scan")
        bench.equal(set(await bench.ids(store, filter=Filter(tags=["t"]))), known, "query")

    verbs = st.tuples(st.sampled_from(["save", "save", "delete", "update"]), st.sampled_from("abcde"))
    bench.for_all(example, st.lists(verbs, max_size=20))
