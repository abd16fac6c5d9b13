"""What every verb takes and gives, and that what goes in comes out."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput
from axon.core.filters import Filter
from axon.spi.adapter import Adapter
from axon.spi.query import Hit, Page, Query
from axon.testing import samples
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

_VERBS = {
    name: name
    for name in (
        *("save", "get", "delete", "query", "scan", "save_many", "get_many", "delete_many", "delete_where"),
        *("update", "count", "clear", "health", "close"),
    )
}
_FAR = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
_FIELDS: dict[str, dict[str, Any]] = {
    "text_in_many_scripts": {"text": "naïve Straße 日本語 עברית 🦊 ǅ\u0301 \u200d"},
    "text_with_quotes_and_newlines": {"text": 'it\'s "so"; -- \\ \r\n\t%s {0} ${x} </x>'},
    "text_with_a_byte_order_mark": {"text": "\ufeffred\ufeff fox"},
    "text_with_control_characters": {"text": "red\x01\x1b[0m\x7f\x85\u2028fox\x1a"},
    "text_with_spaces_around_it": {"text": " \t red  fox \n "},
    "tags": {"tags": ["red", "RED", "a b", "key:1", "*", "ü", "🦊", "\n", "'", "x" * 1024]},
    "user_id": {"user_id": "ada lovelace:*{}"},
    "session_id": {"session_id": "s:1/2\\3 🦊"},
    "importance_of_zero": {"importance": 0.0},
    "importance_of_one": {"importance": 1.0},
    "importance_to_the_last_bit": {"importance": 0.1 + 0.2},
    "metadata": {"metadata": {"a": [1, 2.5, None, True, {"b": "ü"}], "": "", "n": 2**53 + 1, "x": -0.1, "e": {}}},
    "metadata_with_awkward_text": {
        "metadata": {"\r\n": "a\r\nb", "\ufeff": "\ufeff", "k": " a ", "\x1f": "\x1f\x7f\x85"}
    },
    "metadata_that_tells_true_from_one": {"metadata": {"t": True, "one": 1, "zero": 0, "f": False, "float": 1.0}},
    "created_before_1970": {"created_at": datetime(1869, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)},
    "created_to_the_microsecond": {"created_at": datetime(2031, 2, 3, 4, 5, 6, 1, tzinfo=UTC)},
    "end_to_the_microsecond": {"expires_at": datetime(2101, 2, 3, 4, 5, 6, 123_457, tzinfo=UTC)},
    "end_in_the_year_9999": {"expires_at": _FAR},
    "own_ttl": {
        "expires_at": datetime(2101, 2, 3, tzinfo=UTC),
        "ttl": timedelta(days=3, seconds=1, microseconds=7),
    },
    "embedding": {"embedding": [0.1, -2.5, 3e-30, 1e30]},
    "everything": {
        "text": "all of it",
        "tags": ["x", "y"],
        "user_id": "u",
        "session_id": "s",
        "importance": 0.75,
        "metadata": {"k": [1]},
        "expires_at": datetime(2101, 2, 3, tzinfo=UTC),
        "ttl": timedelta(seconds=90),
        "embedding": [1.0, 0.0, 0.5, 0.25],
    },
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


@check(each=_FIELDS)
async def keeps(bench: Bench, values: dict[str, Any]) -> None:
    """What goes in comes out: every field, to the microsecond and the last bit, by every verb that reads.

    If this fails, check how the field is encoded: no rounding of times, no floats for integers, no lost characters.
    """
    store, entry = bench.open(), bench.whole_entry("a", **values)
    await store.save(entry)
    found = await store.get("a")
    bench.equal(found, entry, "get")
    bench.equal(_told_apart(found.metadata), _told_apart(entry.metadata), "metadata, with true told from 1")
    bench.equal(await store.get_many(["a"]), [entry], "get_many")
    bench.equal((await bench.scanned(store)).get("a"), entry, "scan")
    bench.equal([hit.entry for hit in await store.query(Query(filter=Filter()))], [entry], "query")


@check(each=_FIELDS)
async def keeps_in_a_batch(bench: Bench, values: dict[str, Any]) -> None:
    """`save_many` keeps every field as `save` does.

    If this fails, check that both write in the same way.
    """
    store, entry = bench.open(), bench.whole_entry("a", **values)
    other = bench.whole_entry("b", embedding=None if entry.embedding is None else [0.5] * len(entry.embedding))
    bench.equal(await store.save_many([entry, other]), None, "save_many")
    found = await store.get_many(["a", "b"])
    bench.equal(found, [entry, other])
    bench.equal(_told_apart(found[0].metadata), _told_apart(entry.metadata), "metadata, with true told from 1")


@check()
async def keeps_or_refuses_a_nul(bench: Bench) -> None:
    """A text or metadata with a NUL comes out as it went in, or is refused with InvalidInput; it is not changed.

    If this fails, check what the store makes of the character: to end the text there is not an answer.
    """
    store = bench.open()
    awkward: tuple[dict[str, Any], ...] = ({"text": "red\0fox"}, {"metadata": {"k": "a\0b"}})
    for number, values in enumerate(awkward):
        entry = bench.entry(f"n{number}", **values)
        try:
            await store.save(entry)
        except InvalidInput:
            bench.equal(await store.get(entry.id), None, "get of what was refused")
        else:
            bench.equal(await store.get(entry.id), entry, "get")


def _told_apart(value: Any) -> Any:
    """A JSON value in which true is not equal to 1, as it is in Python."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _told_apart(item) for key, item in value.items()}
    return [_told_apart(item) for item in value] if isinstance(value, list | tuple) else value


@check()
def keeps_any_entry(bench: Bench) -> None:
    """What goes in comes out, whatever it is.

    If this fails, check the encoding of the field that differs.
    """

    async def example(entry: MemoryEntry) -> None:
        store = await bench.empty()
        await store.save(entry)
        bench.equal(await store.get(entry.id), entry, "get")
        bench.equal(list((await bench.scanned(store)).values()), [entry], "scan")

    bench.for_all(example, samples.entries(bench.now()))


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
async def save_replaces_the_entry_of_the_id(bench: Bench) -> None:
    """Saving an id again replaces the entry: nothing of the old one is left in any field.

    If this fails, check that a save of a known id writes all fields and does not merge.
    """
    values: dict[str, Any] = {"tags": ["old"], "user_id": "u", "session_id": "s", "metadata": {"old": 1}}
    before = bench.now() - timedelta(days=1)
    old = bench.entry("a", "old words", importance=0.9, created_at=before, lives=1000, **values)
    new = bench.entry("a", "new text")
    store = bench.open()
    await store.save(old)
    await store.save(new)
    bench.equal(await store.get("a"), new)
    bench.equal(await store.count(), 1, "count")
    bench.equal(await bench.scanned(store), {"a": new}, "scan")


_OLD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tag": ({"tags": ["old", "both"]}, {"tags": ["old"]}),
    "user": ({"user_id": "old"}, {"user_id": "old"}),
    "session": ({"session_id": "old"}, {"session_id": "old"}),
    "metadata": ({"metadata": {"old": 1}}, {"metadata": {"old": 1}}),
    "importance": ({"importance": 0.9}, {"importance": (0.8, 1.0)}),
}


@check(each=_OLD)
async def save_takes_the_old_entry_out_of_the_index_by(
    bench: Bench, case: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """After an entry was replaced, a filter by what the old one had does not find it, by no verb.

    If this fails, check that a save removes what the old entry was indexed by.
    """
    values, conditions = case
    where, store = Filter(**conditions), bench.open()
    await store.save(bench.entry("a", **values))
    bench.equal(await bench.ids(store, filter=where), ["a"], "before")
    await store.save(bench.entry("a", tags=["both"], importance=0.1))
    bench.equal(await bench.ids(store, filter=where), [], "query")
    bench.equal(await store.count(where), 0, "count")
    bench.equal(await store.delete_where(where), 0, "delete_where")
    bench.equal(await store.count(), 1, "how many are left")


@check(each=_OLD)
async def save_many_takes_the_old_entry_out_of_the_index_by(
    bench: Bench, case: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    """A batch replaces entries as `save` does.

    If this fails, check that `save_many` removes what the old entries were indexed by.
    """
    values, conditions = case
    where, store = Filter(**conditions), bench.open()
    await store.save_many([bench.entry("a", **values), bench.entry("b", **values)])
    await store.save_many([bench.entry("a", importance=0.1), bench.entry("b", importance=0.1)])
    bench.equal(await bench.ids(store, filter=where), [], "query")
    bench.equal(await store.count(where), 0, "count")


@check()
async def save_puts_the_new_entry_into_every_index(bench: Bench) -> None:
    """An entry that replaced another one is found by everything that it has itself.

    If this fails, check that a save of a known id indexes the new entry.
    """
    store = bench.open()
    await store.save(bench.entry("a", "old words", tags=["old"]))
    new = bench.entry("a", "new text", tags=["n"], user_id="u", session_id="s", metadata={"k": 1})
    await store.save(new)
    await bench.everywhere(store, new)


@check()
async def delete_says_whether_there_was_one(bench: Bench) -> None:
    """`delete` gives True once, then False, and False for an id that never was.

    If this fails, check that it reports what the store removed.
    """
    store = bench.open()
    await store.save(bench.entry("a"))
    bench.equal(await store.delete("nobody"), False)
    bench.equal(await store.delete("a"), True)
    bench.equal(await store.delete("a"), False)


@check()
async def delete_removes_the_entry_from_everything(bench: Bench) -> None:
    """A deleted entry is absent from every verb, and others stay.

    If this fails, check that every index forgets it: tags, user, session, words, vectors, the order of scans.
    """
    values: dict[str, Any] = {"tags": ["t"], "user_id": "u", "session_id": "s", "metadata": {"k": 1}}
    gone = bench.entry("a", embedding=[1.0, 0.0], **values)
    kept = bench.entry("b", embedding=[1.0, 0.0], **values)
    store = bench.open()
    await store.save_many([gone, kept])
    await store.delete("a")
    await bench.nowhere(store, gone)
    await bench.everywhere(store, kept)
    bench.equal(await store.count(), 1, "count")


@check()
async def an_id_can_be_saved_again_after_delete(bench: Bench) -> None:
    """An id that was deleted can be saved again, and is found by what it has now.

    If this fails, check that a delete leaves no mark behind that hides what is saved later.
    """
    store = bench.open()
    await store.save(bench.entry("a", "old words", tags=["old"], user_id="u"))
    await store.delete("a")
    new = bench.entry("a", "other text", tags=["new"], session_id="s")
    await store.save(new)
    await bench.everywhere(store, new)
    bench.equal(await bench.ids(store, filter=Filter(tags=["old"])), [], "by its old tag")
    bench.equal(await bench.ids(store, filter=Filter(user_id="u")), [], "by its old user")
    bench.equal(await store.count(), 1, "count")


@check()
async def delete_where_deletes_what_is_admitted(bench: Bench) -> None:
    """`delete_where` deletes what the filter admits, nothing else, and gives how many there were.

    If this fails, check that every condition of the filter is applied.
    """
    store = bench.open()
    entries = [bench.entry(f"n{n}", tags=["even"] if n % 2 == 0 else ["odd"], user_id=f"u{n % 3}") for n in range(12)]
    await store.save_many(entries)
    bench.equal(await store.delete_where(Filter(tags=["even"], user_id="u0")), 2)
    left = {e.id for e in entries if not ("even" in e.tags and e.user_id == "u0")}
    bench.equal(set(await bench.scanned(store)), left, "what is left")
    bench.equal(await store.delete_where(Filter(tags=["even"], user_id="u0")), 0, "once more")
    bench.equal(await store.delete_where(Filter()), 10, "all that is left")
    bench.equal(await store.count(), 0, "count")


@check()
async def clear_empties_everything(bench: Bench) -> None:
    """`clear` deletes every entry, gives how many there were, and no verb finds any afterwards.

    If this fails, check that it empties every index too.
    """
    entries = [bench.entry(f"n{n}", tags=["t"], user_id="u", session_id="s", embedding=[1.0, n]) for n in range(5)]
    store = bench.open()
    await store.save_many(entries)
    bench.equal(await store.clear(), 5)
    for entry in entries:
        await bench.nowhere(store, entry)
    bench.equal(await store.count(), 0, "count")
    bench.equal(await store.clear(), 0, "clear of nothing")


@check()
async def works_after_clear(bench: Bench) -> None:
    """After `clear` the adapter goes on as if it were new.

    If this fails, check that nothing of the old entries answers for an id that is saved again.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"n{n}", "old words", tags=["old"], embedding=[1.0, 0.0]) for n in range(3)])
    await store.clear()
    new = bench.entry("n1", "new text", tags=["new"], embedding=[0.0, 1.0])
    await store.save(new)
    await bench.everywhere(store, new)
    bench.equal(await bench.ids(store, filter=Filter(tags=["old"])), [], "by an old tag")
    bench.equal(await store.count(), 1, "count")


@check()
async def clear_counts_many(bench: Bench) -> None:
    """`clear` deletes all entries, however many there are, and counts each once.

    If this fails, check that it goes on after its first page.
    """
    store = bench.open()
    await bench.save_all(store, [bench.entry(f"n{n}") for n in range(1234)])
    bench.equal(await store.clear(), 1234)
    bench.equal(await bench.scanned(store), {}, "scan")


@check()
async def counts_each_entry_once(bench: Bench) -> None:
    """`count` gives how many entries there are, after saves, overwrites and deletes.

    If this fails, check that an overwrite is not counted twice and a delete of nothing not at all.
    """
    store = bench.open()
    bench.equal(await store.count(), 0, "of nothing")
    await store.save_many([bench.entry(f"n{n}") for n in range(7)])
    await store.save(bench.entry("n3", "again"))
    bench.equal(await store.count(), 7)
    await store.delete("n3")
    await store.delete("n3")
    bench.equal(await store.count(), 6)
    bench.equal(await store.count(Filter()), 6, "with an empty filter")


_CHANGES: dict[str, dict[str, Any]] = {
    "text": {"text": "changed words"},
    "tags": {"tags": ["new"]},
    "user_id": {"user_id": "other"},
    "session_id": {"session_id": None},
    "importance": {"importance": 0.125},
    "metadata": {"metadata": {"new": True}},
    "embedding": {"embedding": [0.0, 1.0]},
    "several": {"text": "changed words", "tags": [], "metadata": {}},
}


@check(each=_CHANGES)
async def update_changes_only(bench: Bench, changes: dict[str, Any]) -> None:
    """`update` stores a copy with some fields changed and gives that copy; all else stays as it was.

    If this fails, check that the fields which are not named are kept: creation, expiry, own TTL, vector.
    """
    if "embedding" in changes:
        if not bench.has(Capability.VECTOR_SEARCH):
            raise NotApplicable("vector_search not declared")
        changes = {"embedding": bench.vector(changes["embedding"])}
    old = bench.entry(
        "a",
        "some words",
        tags=["old"],
        user_id="u",
        session_id="s",
        metadata={"k": 1},
        embedding=[1.0, 0.0],
        lives=1000,
        ttl=timedelta(seconds=77),
    )
    store = bench.open()
    await store.save(old)
    changed = await store.update("a", **changes)
    values = {name: getattr(old, name) for name in ("tags", "user_id", "session_id", "metadata", "embedding", "ttl")}
    new = MemoryEntry(
        **{"id": "a", "text": old.text, "created_at": old.created_at, "expires_at": old.expires_at, **values, **changes}
    )
    bench.equal(changed, new, "what it gives")
    bench.equal(await store.update("a", **changes), new, "what it gives where nothing is left to change")
    await bench.everywhere(store, new)
    bench.equal(await store.count(), 1, "count")


@check()
async def update_moves_the_entry_in_the_index(bench: Bench) -> None:
    """After an update the entry is found by what it has now and no longer by what it had.

    If this fails, check that an update goes through the same indexing as a save.
    """
    store = bench.open()
    await store.save(bench.entry("a", "some words", tags=["old"], user_id="u", session_id="s", metadata={"k": 1}))
    await store.update("a", tags=["new"], user_id="v", session_id="t", metadata={"k": 2}, text="other text")
    for where in (Filter(tags=["old"]), Filter(user_id="u"), Filter(session_id="s"), Filter(metadata={"k": 1})):
        bench.equal(await bench.ids(store, filter=where), [], "by what it had")
    for where in (Filter(tags=["new"]), Filter(user_id="v"), Filter(session_id="t"), Filter(metadata={"k": 2})):
        bench.equal(await bench.ids(store, filter=where), ["a"], "by what it has")


@check()
async def update_of_nothing_makes_nothing(bench: Bench) -> None:
    """`update` of an id that is not there gives None and stores nothing.

    If this fails, check that it does not create what it cannot find.
    """
    store = bench.open()
    bench.equal(await store.update("nobody", text="words"), None)
    bench.equal(await store.count(), 0, "count")
    bench.equal(await store.get("nobody"), None, "get")


@check()
async def update_refuses_what_no_entry_can_hold(bench: Bench) -> None:
    """An update with a value that cannot be used raises InvalidInput, and the entry stays as it was.

    If this fails, check that the changed entry is made, and so checked, before anything is written.
    """
    store, entry = bench.open(), bench.entry("a", tags=["t"])
    await store.save(entry)
    await bench.refuses(store.update("a", text="  "), ValueError)
    await bench.refuses(store.update("a", importance=2.0), ValueError)
    await bench.everywhere(store, entry)


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
