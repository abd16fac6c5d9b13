"""Batches: holes, order, doubles, and what one bad entry does to the others."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.errors import InvalidInput
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check

_SIZES = {f"{size}": size for size in (1, 2, 33, 100, 1000, 2500)}
_AMONG_150 = {"first": 0, "in_the_middle": 75, "last": 149}
_PLACES = {"the_first": 0, "the_hundredth": 99, "the_middle": 150, "the_last": 299}


@check()
async def get_many_keeps_order_and_holes(bench: Bench) -> None:
    """`get_many` gives an answer for each id, in their order, None where there is no entry.

    If this fails, check that holes are not left out, and that the order is the caller's, not the store's.
    """
    store = bench.open()
    entries = {f"n{n}": bench.entry(f"n{n}", f"text {n}") for n in range(10)}
    await store.save_many(list(entries.values()))
    asked = ["n7", "nobody", "n0", "n3", "n9", "x"]
    bench.equal(await store.get_many(asked), [entries.get(name) for name in asked])
    backwards = list(reversed(entries))
    bench.equal(await store.get_many(backwards), [entries[name] for name in backwards], "backwards")
    bench.equal(await store.get_many(["x", "y"]), [None, None], "nothing but holes")


@check()
async def get_many_gives_doubles_twice(bench: Bench) -> None:
    """An id that is asked for twice is answered twice.

    If this fails, check that the answers are put back to every place that asked.
    """
    store, entry = bench.open(), bench.entry("a")
    await store.save(entry)
    bench.equal(await store.get_many(["a", "x", "a", "x", "a"]), [entry, None, entry, None, entry])


@check()
async def of_nothing_do_nothing(bench: Bench) -> None:
    """A batch of nothing is no error.

    If this fails, check for a statement or command that needs at least one argument.
    """
    store = bench.open()
    await store.save(bench.entry("a"))
    bench.equal(await store.save_many([]), None, "save_many")
    bench.equal(await store.get_many([]), [], "get_many")
    bench.equal(await store.delete_many([]), 0, "delete_many")
    bench.equal(await store.count(), 1, "count")


@check()
async def take_tuples_too(bench: Bench) -> None:
    """A batch is any sequence.

    If this fails, check for something that only a list can do.
    """
    store, entry = bench.open(), bench.entry("a")
    await store.save_many((entry,))
    bench.equal(await store.get_many(("a", "b")), [entry, None])
    bench.equal(await store.delete_many(("a", "b")), 1)


@check()
async def keep_the_last_of_an_id(bench: Bench) -> None:
    """Of several entries with one id in a batch the last one counts, for every index.

    If this fails, check the order of writing, and that the earlier ones leave nothing in an index.
    """
    store = bench.open()
    last = bench.entry("a", "last words", tags=["last"])
    await store.save_many(
        [bench.entry("a", "first", tags=["first"]), bench.entry("b"), bench.entry("a", "second", user_id="u"), last]
    )
    await bench.everywhere(store, last)
    bench.equal(await bench.ids(store, filter=Filter(tags=["first"])), [], "by a tag of the first")
    bench.equal(await bench.ids(store, filter=Filter(user_id="u")), [], "by the user of the second")
    bench.equal(await store.count(), 2, "count")


@check()
async def delete_each_id_once(bench: Bench) -> None:
    """`delete_many` gives how many entries there were: an unknown id is none, and one that is named twice is one.

    If this fails, check that it counts what was removed and not what was asked.
    """
    store = bench.open()
    await store.save_many([bench.entry(name) for name in "abcd"])
    bench.equal(await store.delete_many(["a", "nobody", "b", "a"]), 2)
    bench.equal(await store.delete_many(["a", "b"]), 0, "once more")
    bench.equal(set(await bench.scanned(store)), {"c", "d"}, "what is left")


@check()
async def delete_from_every_index(bench: Bench) -> None:
    """What `delete_many` deletes is gone from every verb, as with `delete`.

    If this fails, check that both go the same way.
    """
    store = bench.open()
    values: dict[str, Any] = {"tags": ["t"], "user_id": "u", "session_id": "s", "embedding": [1.0, 0.0]}
    entries = [bench.entry(name, **values) for name in "abc"]
    await store.save_many(entries)
    await store.delete_many(["a", "b"])
    for entry in entries[:2]:
        await bench.nowhere(store, entry)
    await bench.everywhere(store, entries[2])


@check(each=_SIZES)
async def of_many(bench: Bench, size: int) -> None:
    """A batch may be of any size.

    If this fails, check where a large batch is cut: the pieces must come together again, in order.
    """
    store = bench.open()
    entries = [bench.entry(f"n{n}", f"text {n}", tags=[f"t{n % 7}"]) for n in range(size)]
    await store.save_many(entries)
    names = [entry.id for entry in entries]
    bench.equal(await store.get_many(names) == entries, True, "whether get_many gives all of them in order")
    bench.equal(await store.count(), size, "count")
    bench.equal(await store.count(Filter(tags=["t0"])), len(range(0, size, 7)), "count by a tag")
    again = [bench.entry(entry.id, "again", tags=["again"]) for entry in entries[::2]]
    await store.save_many([*again, bench.entry("new")])
    bench.equal(await store.count(), size + 1, "count after an overwrite of every other one, and a new one")
    bench.equal(await store.count(Filter(tags=["again"])), len(again), "count of those that were overwritten")
    asked = [name for number, name in enumerate(names) for name in (name, f"nobody{number}")]
    found = [entry and entry.id for entry in await store.get_many(asked)]
    bench.equal(found == [name if n % 2 == 0 else None for n, name in enumerate(asked)], True, "whether holes stay")
    bench.equal(await store.delete_many([*asked, *names]), size, "delete_many, with as many that are not there")
    bench.equal(await store.count(), 1, "count after it")


async def _others(bench: Bench, store: Any, before: list[MemoryEntry], others: list[MemoryEntry], *, of: str) -> None:
    """Nothing if of ``others`` all were written over what was there before, or none; which of it is noted."""
    there = await bench.scanned(store)
    old, new = {entry.id: entry for entry in before}, {entry.id: entry for entry in others}
    written = sum(there.get(entry.id) == entry for entry in others)
    bench.true(written in {0, len(others)}, f"{written} of the {len(others)} others written", "all of them, or none")
    bench.equal(there, old | new if written else old, "what there is")
    told = "all of the others are written" if written else "none of the others is written"
    bench.notes.append(f"of a batch with {of}, {told}")


@check(each=_AMONG_150)
async def with_what_is_no_entry(bench: Bench, place: int) -> None:
    """What is no entry fails the batch with an error, wherever it stands; of the others all are there or none, and none
    half.

    If this fails, check that a batch is looked at before its first entry is written, or written in one transaction.
    """
    store = bench.open()
    old = [bench.entry(f"n{n}", "old", tags=["old"]) for n in range(0, 150, 10) if n != place]
    await store.save_many(old)
    new: list[Any] = [bench.entry(f"n{n}", "new", tags=["new"]) for n in range(150)]
    new[place] = {"id": f"n{place}", "text": "a dictionary"}
    await bench.refuses(store.save_many(new), Exception)
    others = new[:place] + new[place + 1 :]
    await _others(bench, store, old, others, of="what is no entry")
    for tag in ("old", "new"):
        expected = sum(tag in entry.tags for entry in (await bench.scanned(store)).values())
        bench.equal(await store.count(Filter(tags=[tag])), expected, f"count by {tag}")
    await store.save_many(others)
    bench.equal(await store.count(Filter(tags=["new"])), len(others), "count after a batch of entries only")


@check(Capability.VECTOR_SEARCH)
async def with_a_bad_entry(bench: Bench) -> None:
    """One entry that cannot be kept fails the batch with an error; of the others all are there or none, and none half.

    If this fails, check that the batch is looked at before it is written, or written in one transaction.
    """
    store = bench.open()
    before = bench.entry("there", embedding=[1.0, 0.0])
    await store.save(before)
    good = [bench.entry(f"n{n}", tags=["t"], embedding=[1.0, n]) for n in range(6)]
    bad = bench.entry("bad", tags=["t"], embedding=[0.5] * (bench.width(2) + 1))
    await bench.refuses(store.save_many([*good[:3], bad, *good[3:]]), InvalidInput)
    bench.equal(await store.get("bad"), None, "get of the bad one")
    await _others(bench, store, [before], good, of="a vector of another dimension")
    there = [entry for entry in await store.get_many([entry.id for entry in good]) if entry is not None]
    bench.equal(await store.count(Filter(tags=["t"])), len(there), "count by a tag")
    bench.equal(await store.count(), 1 + len(there), "count")


@check(Capability.VECTOR_SEARCH, each=_PLACES)
async def of_hundreds_with_a_bad_entry_as(bench: Bench, place: int) -> None:
    """Wherever in a large batch the one is that is refused: of the others all are there or none, and none half.

    If this fails, check that a batch is looked at as a whole before its first piece is written.
    """
    store = bench.open()
    old = [bench.entry(f"n{n}", "old", tags=["old"], embedding=[1.0, 0.0]) for n in range(0, 300, 3)]
    await store.save_many(old)
    new = [bench.entry(f"n{n}", "new", tags=["new"], embedding=[1.0, n]) for n in range(300)]
    bad = bench.entry(f"n{place}", tags=["new"], embedding=[0.5] * (bench.width(2) + 1))
    await bench.refuses(store.save_many([*new[:place], bad, *new[place + 1 :]]), InvalidInput)
    others = [entry for entry in new if entry.id != bad.id]
    await _others(bench, store, old, others, of="a vector of another dimension")
    there = await bench.scanned(store)
    bench.equal(await store.count(), len(there), "count")
    for tag in ("old", "new"):
        bench.equal(
            await store.count(Filter(tags=[tag])), sum(tag in e.tags for e in there.values()), f"count by {tag}"
        )
    await store.save_many(new)
    bench.equal(await store.count(Filter(tags=["new"])), 300, "count after a batch of good ones")


@check()
def do_what_single_calls_do(bench: Bench) -> None:
    """A batch does what the single calls do, one after the other.

    If this fails, check which of the two differs from the contract.
    """
    names = st.lists(st.sampled_from("abcdef"), max_size=8)

    async def example(saved: list[tuple[str, str]], deleted: list[str], asked: list[str]) -> None:
        store = await bench.empty()
        entries = [bench.entry(name, f"text {n}", tags=[tag]) for n, (name, tag) in enumerate(saved)]
        kept = {entry.id: entry for entry in entries}
        await store.save_many(entries)
        bench.equal(await store.delete_many(deleted), len(kept.keys() & set(deleted)), "delete_many")
        kept = {name: entry for name, entry in kept.items() if name not in deleted}
        bench.equal(await store.get_many(asked), [kept.get(name) for name in asked], "get_many")
        for tag in "xy":
            expected = {name for name, entry in kept.items() if tag in entry.tags}
            bench.equal(set(await bench.ids(store, filter=Filter(tags=[tag]))), expected, f"by the tag {tag}")

    pairs = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("xy")), max_size=8)
    bench.for_all(example, pairs, names, names)


@check()
async def take_ids_as_they_are(bench: Bench) -> None:
    """The ids of a batch are names and no patterns: what looks like one means the entry of that very id.

    If this fails, check how a list of ids becomes a condition of the store: parameters, no LIKE, no glob.
    """
    store = bench.open()
    kept = [bench.entry(name) for name in ("user1", "user2", "users", "User1", "user 1", "1", "a,b", "a", "b")]
    await store.save_many(kept)
    asked = ["*", "user*", "user?", "user[12]", "user%", "user_", "%", "USER1", "user1 ", "01", "b,a", "a', 'b"]
    bench.equal(await store.get_many(asked), [None] * len(asked), "get_many")
    bench.equal(await store.delete_many(asked), 0, "delete_many")
    named = [bench.entry(name) for name in asked]
    await store.save_many(named)
    bench.equal(await store.get_many(asked), named, "get_many of entries of these ids")
    bench.equal(await store.delete_many(asked), len(asked), "delete_many of entries of these ids")
    bench.equal((await bench.scanned(store)).keys(), {entry.id for entry in kept}, "what is left")
