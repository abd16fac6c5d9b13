"""What every verb takes and gives, and how an adapter begins and ends."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.filters import Filter
from axon.spi.adapter import Adapter
from axon.spi.protocols import SupportsResidue
from axon.spi.query import Hit, Page, Query
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable
from axon.testing.questions import Questions

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


_MADE: dict[str, dict[str, Any]] = {
    "a": {"text": "red fox", "tags": ["t", "u"], "user_id": "u1", "session_id": "s1", "embedding": [1.0, 0.0]},
    "b": {"text": "blue fox", "tags": ["t"], "user_id": "u2", "metadata": {"k": 1}, "embedding": [0.0, 1.0]},
    "c": {"text": "red car", "tags": ["v"], "session_id": "s1", "metadata": {"k": 1}, "embedding": [3.0, 4.0]},
    "d": {"text": "green tree", "tags": ["t", "v"], "user_id": "u1", "importance": 0.9},
}
_NEW: dict[str, Any] = {"text": "green fox", "tags": ["u", "w"], "user_id": "u2", "metadata": {"k": 2}}
_CHANGED: dict[str, Any] = {
    "text": "green words",
    "tags": ["v", "w"],
    "user_id": "u2",
    "session_id": None,
    "importance": 0.1,
    "metadata": {"k": 1, "l": [1]},
    "created_at": datetime(2030, 1, 1, tzinfo=UTC),
}
Entries = dict[str, MemoryEntry]


async def _save(store: Any, bench: Bench, there: Entries, *names: str) -> None:
    for name in names:
        there[name] = bench.entry(name, **_NEW)
        await store.save(there[name])


async def _save_many(store: Any, bench: Bench, there: Entries, *names: str) -> None:
    new = {name: bench.entry(name, **_NEW) for name in names}
    await store.save_many(list(new.values()))
    there |= new


async def _save_too_late(store: Any, bench: Bench, there: Entries, *names: str) -> None:
    await store.save_many([bench.entry(name, lives=-5.0, **_NEW) for name in names])
    for name in names:
        del there[name]


async def _update(store: Any, _: Bench, there: Entries, *fields: str) -> None:
    for name in "ab":
        changes = {field: _CHANGED[field] for field in fields}
        there[name] = attrs.evolve(there[name], **changes)
        await store.update(name, **changes)


async def _update_the_vector(store: Any, bench: Bench, there: Entries) -> None:
    vectors = (None, [-1.0, 0.5], [1.0, 1.0])
    for name, vector in zip("abd", vectors, strict=True):
        changed = bench.entry(name, embedding=vector).embedding
        there[name] = attrs.evolve(there[name], embedding=changed)
        await store.update(name, embedding=changed)


async def _gone(answer: Awaitable[Any], there: Entries, *names: str) -> None:
    await answer
    for name in names:
        del there[name]


async def _end(store: Any, bench: Bench, there: Entries) -> None:
    await store.update("a", expires_at=bench.now() + timedelta(seconds=0.25))
    await bench.pass_time(0.25)
    del there["a"]


def _updating(*fields: str) -> Callable[[Any, Bench, Entries], Awaitable[None]]:
    return lambda store, bench, there: _update(store, bench, there, *fields)


_CHANGES: dict[str, Callable[[Any, Bench, Entries], Awaitable[None]]] = {
    "a_save_of_a_new_one": lambda store, bench, there: _save(store, bench, there, "e"),
    "a_save_of_a_known_one": lambda store, bench, there: _save(store, bench, there, "a", "b"),
    "a_batch": lambda store, bench, there: _save_many(store, bench, there, "a", "b", "e"),
    "a_save_of_what_has_expired": lambda store, bench, there: _save_too_late(store, bench, there, "a", "b"),
    **{f"an_update_of_{field}": _updating(field) for field in _CHANGED},
    "an_update_of_several": _updating(*_CHANGED),
    "an_update_of_the_vector": _update_the_vector,
    "a_delete": lambda store, _, there: _gone(store.delete("a"), there, "a"),
    "a_delete_of_many": lambda store, _, there: _gone(store.delete_many(["a", "nobody", "c"]), there, "a", "c"),
    "a_delete_by_a_tag": lambda store, _, there: _gone(store.delete_where(Filter(tags=["u"])), there, "a"),
    "a_delete_by_an_id": lambda store, _, there: _gone(store.delete_where(Filter(ids=["a"])), there, "a"),
    "a_delete_by_metadata": lambda store, _, there: _gone(
        store.delete_where(Filter(metadata={"k": 1})), there, "b", "c"
    ),
    "a_delete_by_an_empty_filter": lambda store, _, there: _gone(store.delete_where(Filter()), there, *list(there)),
    "a_clear": lambda store, _, there: _gone(store.clear(), there, *list(there)),
    "an_end": _end,
    "health": lambda store, _, there: _gone(store.health(), there),
}


@check(each=_CHANGES)
async def answers_anew_after(bench: Bench, change: Callable[[Any, Bench, Entries], Awaitable[None]]) -> None:
    """What was asked before a write is answered anew after it, by every verb that reads and every way of finding.

    If this fails, check for a cache of entries, of answers or of numbers that this write does not empty, and for an
    index that it does not follow.
    """
    if not bench.has(Capability.TTL) and change in _needing_an_end():
        raise NotApplicable("ttl not declared")
    store, now = bench.open(), bench.now()
    there = {
        name: bench.entry(name, created_at=now - timedelta(hours=n), **values)
        for n, (name, values) in enumerate(_MADE.items())
    }
    await store.save_many(list(there.values()))
    new = [bench.entry("e", **_NEW), bench.entry("e", **_CHANGED)]
    questions = Questions(bench, [*there.values(), *new])
    for _ in range(2):  # a cache may begin with the second time
        await questions.agree(store, there.values())
    await change(store, bench, there)
    for _ in range(2):
        await questions.agree(store, there.values())


def _needing_an_end() -> list[Any]:
    return [_CHANGES["a_save_of_what_has_expired"], _CHANGES["an_end"]]


@check()
async def health_changes_nothing(bench: Bench) -> None:
    """`health` looks and changes nothing: neither what there is, nor what is found, nor what takes room.

    If this fails, check that it writes no probe into the store, and reads no entry as `get` does.
    """
    given = {name: value for name, value in (("refresh_on_read", True),) if bench.subject.knows(name)}
    store = bench.open(settings=given)
    await store.clear()
    counted = store.adapter if isinstance(store.adapter, SupportsResidue) else None
    for entries in (
        [],
        [bench.entry(name, lives=1000.0 if bench.has(Capability.TTL) else None, **v) for name, v in _MADE.items()],
    ):
        await store.save_many(entries)
        before = await bench.scanned(store)
        residue = None if counted is None else await counted.residue()
        await bench.pass_time(0.01)
        for _ in range(5):
            bench.equal((await store.health()).status, "ok", "status")
        bench.equal(await bench.scanned(store), before, "scan")
        bench.equal(await store.count(), len(before), "count")
        bench.equal(None if counted is None else await counted.residue(), residue, "residue")
