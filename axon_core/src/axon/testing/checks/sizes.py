"""Sizes: what is large comes back whole, or is refused in words."""

from __future__ import annotations

from typing import Any

from axon.core.capabilities import Capability
from axon.core.errors import AxonError
from axon.core.filters import Filter
from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.failure import NotApplicable

_LARGE: dict[str, dict[str, Any]] = {
    "text_of_a_megabyte": {"text": "red fox " * 131_072},
    "one_long_word": {"text": "x" * 200_000},
    "text_of_many_different_words": {"text": " ".join(f"word{n}" for n in range(20_000))},
    "many_tags": {"tags": [f"tag{n:04}" for n in range(3000)]},
    "large_metadata": {"metadata": {f"key{n}": ["v" * 100] * 10 for n in range(300)}},
    "deep_metadata": {"metadata": {"a": [[[[[[[[[[{"b": [[[[1]]]]}]]]]]]]]]]}},
    "a_large_vector": {"embedding": [float(n % 100) for n in range(8192)]},
}


@check(each=_LARGE)
async def of(bench: Bench, values: dict[str, Any]) -> None:
    """A large entry comes back whole and leaves the others alone; one that is too large for the store is refused with
    an error of Axon's, and nothing of it is there.

    If this fails, check for limits of columns, keys, messages and statements, which must not cut or fail in silence.
    """
    if "embedding" in values and not bench.has(Capability.VECTOR_SEARCH):
        raise NotApplicable("vector_search not declared")
    if "embedding" in values and bench.subject.dimension:
        raise NotApplicable("the store takes vectors of one dimension alone")
    store = bench.open()
    small, large = bench.entry("small", tags=["t"]), bench.entry("large", **values)
    await store.save(small)
    try:
        await store.save(large)
    except AxonError:
        await bench.nowhere(store, bench.entry("large", tags=["tag0001"]))
    else:
        bench.equal(await store.get("large") == large, True, "whether get gives it whole")
        for tag in sorted(large.tags)[::333]:
            bench.equal(await bench.ids(store, filter=Filter(tags=[tag])), ["large"], f"query by its tag {tag!r}")
        bench.equal((await bench.scanned(store)).keys(), {"small", "large"}, "scan")
        bench.equal(await store.delete("large"), True, "delete")
    bench.equal(await store.get("small"), small, "get of the other one")
    bench.equal(await bench.ids(store, filter=Filter(tags=["t"])), ["small"], "query")


@check()
async def of_long_names(bench: Bench) -> None:
    """Ids, tags, users and sessions of 1024 characters are told apart to the last one, whatever their bytes.

    If this fails, check for a limit of keys in bytes: 1024 characters may be 4096 bytes.
    """
    store = bench.open()
    names = [sign * 1023 + end for sign in ("x", "é", "日", "🦊") for end in "ab"]
    for name in names:
        await store.save(bench.entry(name, tags=[name], user_id=name, session_id=name))
    for name in names:
        for where in (Filter(tags=[name]), Filter(user_id=name), Filter(session_id=name), Filter(ids=[name])):
            bench.equal(await bench.ids(store, filter=where) == [name], True, f"whether {name[0]}... is found alone")
    bench.equal(await store.delete_many(names), len(names), "delete_many")


@check(Capability.TEXT_SEARCH)
async def of_texts_are_searched_to_the_end(bench: Bench) -> None:
    """Of a text 2,000 different words find it at the least, the last like the first.

    If this fails, check for a limit of an index: of words, of bytes or of positions.
    """
    store = bench.open()
    words = " ".join(f"word{n}" for n in range(1990))
    await store.save_many([bench.entry("long", f"zebra {words} giraffe"), bench.entry("short", "red fox")])
    for word in ("zebra", "word1200", "giraffe"):
        bench.equal(await bench.ids(store, text=word), ["long"], f"by {word!r}")


@check()
async def of_filters(bench: Bench) -> None:
    """A filter with many ids, and a query with many words, are answered.

    If this fails, check for a limit of parameters in one statement, and send them in pieces.
    """
    store = bench.open()
    await store.save_many([bench.entry(f"n{n}", tags=["t"]) for n in range(0, 1500, 150)])
    where = Filter(ids=[f"n{n}" for n in range(1500)])
    bench.equal(await store.count(where), 10, "count of 1,500 ids")
    bench.equal(len(await bench.ids(store, filter=where)), 10, "query of 1,500 ids")
    bench.equal(len(await store.get_many([f"n{n}" for n in range(1500)])), 1500, "get_many of 1,500 ids")
    bench.equal(await store.delete_where(where), 10, "delete_where of 1,500 ids")
